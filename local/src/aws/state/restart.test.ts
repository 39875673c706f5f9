import { hash } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { SqsEngine } from '../sqs/engine.ts';
import { receiptHandle, type Message } from '../sqs/message.ts';
import { withTags } from '../sqs/tags.ts';
import { QueueJournal } from './queue-journal.ts';
import { loadAccount } from './saved-account.ts';
import { StateFile, StateFileError } from './state-file.ts';

const START = Date.UTC(2026, 0, 1);
const ROLES = ['plain', 'ordered.fifo', 'plain-dead', 'dead.fifo'] as const;

/** An account with every kind of queue, and a way to set it up again from what its journal has written. */
class Account {
  readonly file = new StateFile(undefined);
  readonly journal = new QueueJournal(this.file);
  #made = 0;
  readonly #newMessageId = () => `id-${++this.#made}`;
  engine = this.#open();

  constructor() {
    const fifo = { FifoQueue: 'true', DelaySeconds: '2' };
    const redrive = (name: string, maxReceiveCount: number) => ({
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: `arn:aws:sqs:us-east-1:000000000000:${name}`,
        maxReceiveCount,
      }),
      MessageRetentionPeriod: '600',
    });
    this.#create('plain-dead', {});
    this.#create('dead.fifo', fifo);
    this.#create('plain', redrive('plain-dead', 5));
    this.#create('ordered.fifo', { ...fifo, ...redrive('dead.fifo', 2) });
    this.journal.commit();
  }

  restart(): void {
    this.engine = this.#open();
  }

  #open(): SqsEngine {
    const { journal } = this;
    return new SqsEngine({
      region: 'us-east-1',
      journal,
      saved: loadAccount(this.file),
      newMessageId: this.#newMessageId,
    });
  }

  #create(name: string, attributes: Record<string, string>): void {
    this.engine.createQueue(name, new Map(Object.entries(attributes)), START);
  }

  /** Does one step and tells everything that can be seen of it. */
  run(step: Step, now: number, handles: string[]): unknown {
    this.engine.moves.advance(now);
    const queue = this.engine.queue(step.queue);
    const handle = handles[step.n % Math.max(1, handles.length)] ?? '';
    const show = ({ state, attributes, ...rest }: Message) => ({
      ...rest,
      entries: undefined,
      state: { ...state },
      attributes: [...attributes],
      handle: receiptHandle(queue.name, rest as Message),
    });
    const outcome = () => {
      switch (step.do) {
        case 'send':
          return queue.send(draft(step, queue.fifo), now);
        case 'receive':
          return queue.receive((step.n % 10) + 1, 20_000, now, step.attempt).map(show);
        case 'delete':
          return queue.delete(handle, now);
        case 'change':
          return queue.changeVisibility(handle, step.n % 3, now);
        case 'purge':
          return queue.purge(now);
        case 'tag':
          return (queue.tags = withTags(queue.tags, new Map([[step.text, step.text]])));
        case 'move': {
          const task = { sourceArn: queue.arn, destinationArn: undefined };
          return this.engine.moves.start({ ...task, perSecond: step.n % 2 === 0 ? undefined : 1 }, now);
        }
        case 'remake': {
          const attributes = new Map(queue.fifo ? [['FifoQueue', 'true']] : []);
          this.engine.deleteQueue(queue, now);
          return this.engine.ensureQueue(queue.name, attributes, now);
        }
        case 'set':
          return this.engine.setAttributes(queue, new Map([['DelaySeconds', String(step.n % 4)]]), now);
      }
    };
    const attempt = (): unknown => {
      try {
        return outcome();
      } catch (error) {
        return (error as Error).message;
      }
    };
    const result = attempt();
    const counts = queue.counts(now);
    this.journal.commit();
    const dates = [queue.createdAt, queue.modifiedAt, queue.purgedAt];
    const tasks = structuredClone(queue.moveTasks);
    return {
      result,
      counts,
      dates,
      attributes: [...queue.attributes],
      tags: [...queue.tags],
      tasks,
    };
  }
}

function draft({ n, text }: Step, fifo: boolean) {
  const value = { dataType: 'Binary', binaryValue: Buffer.from([n]) };
  return {
    body: text,
    md5OfBody: hash('md5', text),
    attributes: new Map(n % 2 === 0 ? [['__proto__', value]] : []),
    systemAttributes: new Map(),
    delayMs: fifo || n % 3 > 0 ? undefined : 5_000,
    groupId: fifo ? `g${n % 3}` : undefined,
    deduplicationId: fifo ? `d${n}` : undefined,
  };
}

const steps = fc.array(
  fc.record({
    do: fc.oneof(
      { weight: 20, arbitrary: fc.constantFrom('send' as const, 'receive' as const, 'delete' as const) },
      { weight: 8, arbitrary: fc.constant('change' as const) },
      { weight: 2, arbitrary: fc.constantFrom('purge' as const, 'set' as const, 'tag' as const) },
      { weight: 3, arbitrary: fc.constantFrom('move' as const, 'remake' as const) },
    ),
    queue: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom('plain' as const, 'ordered.fifo' as const) },
      { weight: 1, arbitrary: fc.constantFrom(...ROLES) },
    ),
    n: fc.nat(40),
    text: fc.string({ unit: 'grapheme', minLength: 1 }),
    attempt: fc.constantFrom(undefined, undefined, 'again'),
    passes: fc.oneof(fc.constant(0), fc.nat(9), fc.nat(150)),
    restarts: fc.boolean(),
  }),
  { maxLength: 100 },
);
type Step = typeof steps extends fc.Arbitrary<(infer T)[]> ? T : never;

test('an account that is set up again and again does what one that lives on does', () => {
  fc.assert(
    fc.property(steps, list => {
      const living = new Account();
      const restarting = new Account();
      let now = START;
      const handles = new Map<string, string[]>(ROLES.map(role => [role, []]));
      for (const step of list) {
        now += step.passes * 1_000;
        if (step.restarts) restarting.restart();
        const ofQueue = handles.get(step.queue) ?? [];
        const expected = living.run(step, now, ofQueue) as { result: unknown };
        expect(restarting.run(step, now, ofQueue)).toEqual(expected);
        if (step.do === 'receive' && Array.isArray(expected.result))
          for (const { handle } of expected.result as { handle: string }[]) ofQueue.unshift(handle);
      }
      expect(rowsOf(restarting.file)).toEqual(rowsOf(living.file));
    }),
    { numRuns: 300 },
  );
});

test('a deleted queue is gone from the file, and its name rests on after a restart', () => {
  const account = new Account();
  const queue = account.engine.queue('ordered.fifo');
  for (const n of [0, 1]) queue.send(draft({ n, text: 'a' } as Step, true), START);
  queue.receive(1, 1_000, START + 3_000, 'again');
  account.journal.commit();
  account.engine.deleteQueue(queue, START + 3_000);
  account.journal.commit();
  expect(rowsOf(account.file).slice(0, 3)).toEqual([[], [], []]);
  expect(rowsOf(account.file)[4]).toEqual([]);
  account.restart();
  const create = (now: number) =>
    account.engine.createQueue('ordered.fifo', new Map([['FifoQueue', 'true']]), now);
  expect(() => create(START + 62_999)).toThrow('You must wait 60 seconds');
  create(START + 63_000);
  account.journal.commit();
  expect(account.file.prepare('SELECT * FROM deleted_queue').all()).toEqual([]);
});

test('a move task that was running goes on', () => {
  const account = new Account();
  const dead = account.engine.queue('plain-dead');
  for (const n of [1, 2, 4]) dead.send(draft({ n, text: String(n) } as Step, false), START);
  const wanted = { sourceArn: dead.arn, destinationArn: account.engine.queue('plain').arn, perSecond: 1 };
  account.engine.moves.start(wanted, START);
  account.journal.commit();
  account.restart();
  const { moves } = account.engine;
  expect(moves.nextMoveAt).toBe(START + 1_000);
  moves.advance(START + 1_000);
  expect(moves.list(dead.arn)).toMatchObject([{ task: { status: 'RUNNING', moved: 2 } }]);
  account.journal.commit();
  account.restart();
  account.engine.moves.advance(START + 9_000);
  expect(account.engine.moves.list(dead.arn)).toMatchObject([{ task: { status: 'COMPLETED', moved: 3 } }]);
  const bodies = account.engine
    .queue('plain')
    .receive(10, 1_000, START + 9_000)
    .map(({ body }) => body);
  expect(bodies).toEqual(['1', '2', '4']);
});

test('a noisy group is one after a restart too', () => {
  const account = new Account();
  const send = (groupId: string | undefined, text: string) =>
    account.engine.queue('plain').send({ ...draft({ n: 1, text } as Step, false), groupId }, START);
  for (let n = 0; n < 40; n += 1) send('a', `a${n}`);
  account.engine.queue('plain').receive(30, 60_000, START);
  for (const groupId of ['b', undefined]) send(groupId, groupId ?? '-');
  account.journal.commit();
  account.restart();
  const received = account.engine.queue('plain').receive(4, 60_000, START);
  expect(received.map(({ body }) => body)).toEqual(['b', '-', 'a30', 'a31']);
});

test("groups' turns, places at the back and moves to dead letters are as they were", () => {
  const account = new Account();
  const later = START + 3_000; // past the FIFO queue's delay
  const receive = (name: string, now = later) => account.engine.queue(name).receive(1, 1_000, now)[0];
  const give = (name: string, group: number, text: string) =>
    account.engine.queue(name).send(draft({ n: group, text } as Step, name === 'ordered.fifo'), START);
  for (const text of ['often', 'new']) give('plain', 1, text);
  give('ordered.fifo', 0, 'a1');
  give('ordered.fifo', 3, 'a2'); // of the same group
  give('ordered.fifo', 1, 'b1');
  const a1 = receive('ordered.fifo') as Message;
  account.engine.queue('ordered.fifo').delete(receiptHandle('ordered.fifo', a1), later);
  for (let receives = 0; receives < 3; receives += 1) {
    const often = receive('plain') as Message;
    expect(often.body).toBe('often');
    account.engine.queue('plain').changeVisibility(receiptHandle('plain', often), 0, later);
  }
  account.journal.commit();
  account.restart();
  expect([receive('plain')?.body, receive('plain')?.body]).toEqual(['new', 'often']);
  expect([receive('ordered.fifo')?.body, receive('ordered.fifo')?.body]).toEqual(['b1', 'a2']);
  for (const seconds of [2, 4]) receive('ordered.fifo', later + seconds * 1_000);
  expect(account.engine.queue('dead.fifo').counts(later + 6_000)).toMatchObject({ available: 0 });
  receive('ordered.fifo', later + 6_000);
  account.journal.commit();
  account.restart();
  const source = account.engine.queue('ordered.fifo').arn;
  expect(receive('dead.fifo', later + 9_000)).toMatchObject({ deadLetterSource: source, queue: 'dead.fifo' });
});

function rowsOf(file: StateFile): unknown[] {
  return [
    'message_state',
    'message_content',
    'memory',
    'last_order',
    'fifo_turn',
    'queue',
    'deleted_queue',
  ].map(table => file.prepare(`SELECT * FROM ${table}`).all());
}

test("a receive doesn't write a body again, and nothing is left of what is deleted", () => {
  const { engine, file, journal } = new Account();
  const queue = engine.queue('plain');
  const step = { n: 1, text: 'a' } as Step;
  queue.send(draft(step, false), START);
  journal.commit();
  file.prepare("UPDATE message_content SET body = 'as it was'").run();
  const [message] = queue.receive(1, 1_000, START);
  journal.commit();
  expect(file.prepare('SELECT body, receive_count FROM message_content JOIN message_state').all()).toEqual([
    { body: 'as it was', receive_count: 1 },
  ]);
  queue.delete(receiptHandle('plain', message as Message), START);
  journal.commit();
  expect(rowsOf(file).slice(0, 3)).toEqual([[], [], []]);
});

test('what could not be written is written by the next commit that can', () => {
  const { engine, file, journal } = new Account();
  const queue = engine.queue('ordered.fifo');
  const send = (n: number) => queue.send(draft({ n, text: `body ${n}` } as Step, true), START);
  const rows = () => file.prepare('SELECT count(*) AS rows FROM message_content').get();
  send(1);
  file.prepare('PRAGMA query_only = ON').get();
  expect(() => journal.commit()).toThrow(StateFileError);
  expect(() => journal.commit()).toThrow("in memory can't be written: attempt to write a readonly database");
  file.prepare('PRAGMA query_only = OFF').get();
  send(2);
  expect(rows()).toEqual({ rows: 0 });
  journal.commit();
  expect(rows()).toEqual({ rows: 2 });
});
