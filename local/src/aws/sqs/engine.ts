import { invalidValue, queueDoesNotExist, queueNameExists } from './errors.ts';
import { NO_JOURNAL, type Journal, type SavedAccount } from './journal.ts';
import { Queue, type QueueSurroundings } from './queue.ts';
import { checkAttributes, defaultAttributes, readSettings } from './queue-attributes.ts';

/** The account that every queue of this machine belongs to. */
export const ACCOUNT_ID = '000000000000';

/** The ARN of a queue. */
export function queueArn(region: string, name: string): string {
  return `arn:aws:sqs:${region}:${ACCOUNT_ID}:${name}`;
}

/** All queues of one account. Like {@link Queue} it knows neither clock nor wire. */
export class SqsEngine {
  readonly #region: string;
  readonly #queues = new Map<string, Queue>();
  readonly #around: QueueSurroundings;
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
  }

  /**
   * Creates a queue, or returns the one of that name if it has no other value for any given attribute.
   * @throws InvalidParameterValue for the name, QueueNameExists, and what {@link checkAttributes} throws
   */
  createQueue(name: string, wanted: ReadonlyMap<string, string>, now: number): Queue {
    const fifo = wanted.get('FifoQueue') === 'true';
    checkAttributes(wanted, { fifo, creating: true });
    checkName(name, fifo);
    const existing = this.#queues.get(name);
    if (existing !== undefined) {
      for (const [attribute, value] of wanted)
        if ((existing.attributes.get(attribute) ?? '') !== value) throw queueNameExists(attribute);
      return existing;
    }
    const arn = queueArn(this.#region, name);
    this.#checkDeadLetters(wanted, { arn, fifo });
    const attributes = new Map([...defaultAttributes(fifo), ...wanted]);
    const queue = new Queue({ name, arn, attributes, createdAt: now }, this.#around);
    this.#queues.set(name, queue);
    this.#around.journal.queue(queue);
    return queue;
  }

  /** Creates a queue, or gives the one of that name those of the attributes that it has otherwise. */
  ensureQueue(name: string, wanted: ReadonlyMap<string, string>, now: number): void {
    const existing = this.#queues.get(name);
    const differs = ([attribute, value]: [string, string]) =>
      (existing?.attributes.get(attribute) ?? '') !== value;
    const changes = new Map([...wanted].filter(differs));
    if (existing === undefined) this.createQueue(name, wanted, now);
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

  /** The queues that something happened to since this was last asked. */
  takeTouched(): Iterable<Queue> {
    const touched = this.#touched;
    if (touched.size > 0) this.#touched = new Set();
    return touched;
  }

  #findByArn(arn: string): Queue | undefined {
    return [...this.#queues.values()].find(queue => queue.arn === arn);
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
