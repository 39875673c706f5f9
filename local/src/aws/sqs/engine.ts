import { invalidValue, queueDeletedRecently, queueDoesNotExist, queueNameExists } from './errors.ts';
import { NO_JOURNAL, type Journal, type SavedAccount } from './journal.ts';
import { MoveTasks } from './move-tasks.ts';
import { Queue, type QueueSurroundings } from './queue.ts';
import { checkAttributes, defaultAttributes, readSettings, withChanges } from './queue-attributes.ts';
import { withTags } from './tags.ts';

/** The account that every queue of this machine belongs to. */
export const ACCOUNT_ID = '000000000000';

/** How long the name of a deleted queue can't be taken. */
const NAME_REST_MS = 60_000;

/** The ARN of a queue. */
export function queueArn(region: string, name: string): string {
  return `arn:aws:sqs:${region}:${ACCOUNT_ID}:${name}`;
}

/** All queues of one account. Like {@link Queue} it knows neither clock nor wire. */
export class SqsEngine {
  readonly #region: string;
  readonly #queues = new Map<string, Queue>();
  /** When the queues of these names were deleted; older ones can be taken again. */
  readonly #deleted: Map<string, number>;
  readonly #around: QueueSurroundings;
  /** The tasks that move messages out of dead-letter queues. */
  readonly moves: MoveTasks;
  #touched = new Set<Queue>();

  /**
   * @param options.newMessageId makes the message ids; a test that wants them seeded brings its own
   * @param options.saved what the journal was told of in an earlier life
   */
  constructor(options: {
    region: string;
    newMessageId?: () => string;
    journal?: Journal;
    saved?: SavedAccount;
  }) {
    this.#region = options.region;
    const { journal = NO_JOURNAL, saved } = options;
    let order = saved?.lastOrder ?? 0;
    this.#around = {
      newMessageId: options.newMessageId ?? (() => crypto.randomUUID()),
      nextOrder: () => {
        journal.order(++order);
        return order;
      },
      findByArn: arn => this.#findByArn(arn),
      touched: queue => this.#touched.add(queue),
      journal,
    };
    for (const queue of saved?.queues ?? [])
      this.#queues.set(
        queue.name,
        new Queue({ ...queue, arn: queueArn(this.#region, queue.name) }, this.#around, queue),
      );
    this.#deleted = new Map(saved?.deleted);
    this.moves = new MoveTasks(
      {
        findByArn: arn => this.#findByArn(arn),
        isDeadLetterQueue: arn => this.sourcesOf(arn).length > 0,
        changed: queue => journal.queue(queue),
      },
      this.#around.newMessageId,
      this.#queues.values(),
    );
  }

  /**
   * Creates a queue, or returns the one of that name if it has no other value for any given attribute; that
   * one keeps its tags.
   * @throws InvalidParameterValue for the name or the tags, QueueNameExists, QueueDeletedRecently, and what
   * {@link checkAttributes} throws
   */
  createQueue(
    name: string,
    wanted: ReadonlyMap<string, string>,
    now: number,
    tags: ReadonlyMap<string, string> = new Map(),
  ): Queue {
    const deletedAt = this.#deleted.get(name) ?? -Infinity;
    const existing = this.#queues.get(name);
    if (existing === undefined) {
      if (now - deletedAt < NAME_REST_MS) throw queueDeletedRecently();
      return this.#create(name, wanted, now, withTags(new Map(), tags));
    }
    checkAttributes(wanted, { fifo: existing.fifo, creating: true });
    for (const [attribute, value] of wanted)
      if ((existing.attributes.get(attribute) ?? '') !== value) throw queueNameExists(attribute);
    return existing;
  }

  #create(
    name: string,
    wanted: ReadonlyMap<string, string>,
    now: number,
    tags: ReadonlyMap<string, string> = new Map(),
  ): Queue {
    const fifo = wanted.get('FifoQueue') === 'true';
    checkAttributes(wanted, { fifo, creating: true });
    checkName(name, fifo);
    const arn = queueArn(this.#region, name);
    this.#checkDeadLetters(wanted, { arn, fifo });
    const attributes = withChanges(defaultAttributes(fifo), wanted);
    const queue = new Queue({ name, arn, attributes, tags, createdAt: now }, this.#around);
    this.#queues.set(name, queue);
    if (this.#deleted.delete(name)) this.#around.journal.nameFreed(name);
    this.#around.journal.queue(queue);
    return queue;
  }

  /** Deletes `queue` with all that is in it. Its name can't be taken for 60 s. */
  deleteQueue(queue: Queue, now: number): void {
    queue.purge(now);
    this.#queues.delete(queue.name);
    this.moves.forget(queue);
    for (const [name, deletedAt] of this.#deleted)
      if (now - deletedAt >= NAME_REST_MS) {
        this.#deleted.delete(name);
        this.#around.journal.nameFreed(name);
      }
    this.#deleted.set(queue.name, now);
    this.#around.journal.queueDeleted(queue, now);
  }

  /**
   * Creates a queue, even if one of that name was deleted just now, or gives the one of that name those of the
   * attributes that it has otherwise.
   */
  ensureQueue(name: string, wanted: ReadonlyMap<string, string>, now: number): void {
    const existing = this.#queues.get(name);
    const differs = ([attribute, value]: [string, string]) =>
      (existing?.attributes.get(attribute) ?? '') !== value;
    const changes = new Map([...wanted].filter(differs));
    if (existing === undefined) this.#create(name, wanted, now);
    else if (changes.size > 0) this.setAttributes(existing, changes, now);
  }

  /** Sets attributes of `queue`, after checking them. */
  setAttributes(queue: Queue, wanted: ReadonlyMap<string, string>, now: number): void {
    checkAttributes(wanted, { fifo: queue.fifo, creating: false });
    this.#checkDeadLetters(wanted, queue);
    queue.setAttributes(wanted, now);
  }

  /** @throws QueueDoesNotExist */
  queue(name: string): Queue {
    const queue = this.#queues.get(name);
    if (queue === undefined) throw queueDoesNotExist();
    return queue;
  }

  /** Every queue whose name begins with `prefix`, sorted by name. */
  queues(prefix = ''): Queue[] {
    const names = [...this.#queues.keys()].filter(name => name.startsWith(prefix));
    return names.sort().map(name => this.queue(name));
  }

  /** Every queue that names `arn` as its dead-letter queue, sorted by name. */
  sourcesOf(arn: string): Queue[] {
    return this.queues().filter(({ settings }) => settings.redrive?.deadLetterArn === arn);
  }

  /** The queues that something happened to since this was last asked. */
  takeTouched(): Iterable<Queue> {
    const touched = this.#touched;
    if (touched.size > 0) this.#touched = new Set();
    return touched;
  }

  #findByArn(arn: string): Queue | undefined {
    const queue = this.#queues.get(arn.slice(arn.lastIndexOf(':') + 1));
    return queue?.arn === arn ? queue : undefined;
  }

  #checkDeadLetters(wanted: ReadonlyMap<string, string>, source: { arn: string; fifo: boolean }): void {
    const value = wanted.get('RedrivePolicy') ?? '';
    const { redrive } = readSettings(new Map([['RedrivePolicy', value]]));
    if (redrive === undefined) return;
    const target = this.#findByArn(redrive.deadLetterArn);
    if (redrive.deadLetterArn === source.arn)
      throw invalidValue(value, 'RedrivePolicy', 'A queue can not be its own dead letter target.');
    if (target === undefined)
      throw invalidValue(value, 'RedrivePolicy', 'Dead letter target does not exist.');
    if (target.fifo !== source.fifo)
      throw invalidValue(
        value,
        'RedrivePolicy',
        'Dead-letter queue must be same type of queue as the source.',
      );
    const allowed = target.settings.redriveAllowed;
    if (allowed !== 'all' && !allowed.includes(source.arn))
      throw invalidValue(
        value,
        'RedrivePolicy',
        "The dead-letter queue's RedriveAllowPolicy doesn't allow this queue to use it.",
      );
  }
}

function checkName(name: string, fifo: boolean): void {
  const stem = fifo ? name.replace(/\.fifo$/, '') : name;
  const isGood = /^[A-Za-z0-9_-]+$/.test(stem) && name.length <= 80 && (!fifo || name.endsWith('.fifo'));
  if (isGood) return;
  throw invalidValue(
    name,
    'QueueName',
    fifo
      ? 'The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.'
      : 'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.',
  );
}
