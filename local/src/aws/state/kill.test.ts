import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
  type Message,
} from '@aws-sdk/client-sqs';
import { afterAll, expect, test } from 'vitest';
import { SeededRandom } from '../../seeded-random.ts';
import { clientConfig, killAll, ready, start } from '../test-process.ts';

const seed = Number(process.env['KILL_SEED'] ?? Date.now() % 1_000_000);
const KILLS = 4;
const GROUPS = 5;
/** Longer than the test: what is in flight stays there. */
const VisibilityTimeout = 600;

const directory = await mkdtemp(join(tmpdir(), 'aws-kill-'));
afterAll(async () => {
  killAll();
  await rm(directory, { recursive: true });
});

const random = new SeededRandom(seed);

interface Held {
  handle: string;
  count: number;
  firstReceivedAt: string;
}

/** What a client knows of a queue by the answers it got. */
class Ledger {
  readonly name: string;
  readonly sent = new Map<string, { id: string; sequence: string }>();
  readonly deleted = new Set<string>();
  readonly held = new Map<string, Held>();
  /** Whether these were sent or deleted the kill has left open. */
  readonly maybeSent = new Set<string>();
  readonly maybeDeleted = new Set<string>();
  /** Receives that got no answer: they may have taken up to 10 messages each. */
  lostReceives = 0;
  /** The attempt id of a FIFO receive that got no answer. */
  lostAttempt: string | undefined;

  constructor(name: string) {
    this.name = name;
  }

  get fifo(): boolean {
    return this.name.endsWith('.fifo');
  }

  hold(messages: Message[]): void {
    for (const { Body = '', ReceiptHandle = '', Attributes = {} } of messages) {
      expect([Body, this.deleted.has(Body), this.held.has(Body)]).toEqual([Body, false, false]);
      this.held.set(Body, {
        handle: ReceiptHandle,
        count: Number(Attributes['ApproximateReceiveCount']),
        firstReceivedAt: Attributes['ApproximateFirstReceiveTimestamp'] ?? '',
      });
    }
  }
}

/** One life of the server: the requests that are made to it, until it is killed at one of its answers. */
class Life {
  readonly sqs: SQSClient;
  readonly #port: number;
  readonly #kill: () => void;
  #answersLeft: number;

  constructor(port: number, kill: () => void, answersLeft: number) {
    this.#port = port;
    this.sqs = new SQSClient(clientConfig(port));
    this.#kill = kill;
    this.#answersLeft = answersLeft;
  }

  url(ledger: Ledger): string {
    return `http://127.0.0.1:${this.#port}/000000000000/${ledger.name}`;
  }

  answered(): void {
    this.#answersLeft -= 1;
    if (this.#answersLeft === 0) this.#kill();
  }

  async sendUntilKilled(ledger: Ledger): Promise<void> {
    for (;;) {
      const first = ledger.sent.size + ledger.maybeSent.size;
      const bodies = Array.from({ length: 10 }, (_, n) => `${ledger.name} ${first + n}`);
      for (const body of bodies) ledger.maybeSent.add(body);
      const Entries = bodies.map((body, n) => ({
        Id: String(n),
        ...messageOf(ledger, body),
      }));
      const command = new SendMessageBatchCommand({ QueueUrl: this.url(ledger), Entries });
      const answer = await this.sqs.send(command).catch(() => undefined);
      if (answer === undefined) return;
      this.answered();
      for (const { Id, MessageId = '', SequenceNumber = '' } of answer.Successful ?? []) {
        const body = bodies[Number(Id)] ?? '';
        ledger.sent.set(body, { id: MessageId, sequence: SequenceNumber });
        ledger.maybeSent.delete(body);
      }
    }
  }

  async consumeUntilKilled(ledger: Ledger): Promise<void> {
    for (let receives = 0; ; receives += 1) {
      const attempt = ledger.fifo ? `${this.#port}-${receives}` : undefined;
      const messages = await this.receive(ledger, attempt).catch(() => undefined);
      if (messages === undefined) {
        ledger.lostReceives += 1;
        ledger.lostAttempt = attempt;
        return;
      }
      this.answered();
      ledger.hold(messages);
      const deletable = [...ledger.held].filter(() => random.integer(0, 3) > 0).slice(0, 10);
      if (deletable.length === 0) continue;
      for (const [body] of deletable) ledger.maybeDeleted.add(body);
      if (!(await this.delete(ledger, deletable).catch(() => false))) return;
      this.answered();
      for (const [body] of deletable) ledger.maybeDeleted.delete(body);
    }
  }

  async receive(ledger: Ledger, ReceiveRequestAttemptId?: string): Promise<Message[]> {
    const { Messages = [] } = await this.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: this.url(ledger),
        MaxNumberOfMessages: 10,
        VisibilityTimeout,
        MessageSystemAttributeNames: ['All'],
        ReceiveRequestAttemptId,
      }),
    );
    return Messages;
  }

  async delete(ledger: Ledger, held: [body: string, held: Held][]): Promise<boolean> {
    const Entries = held.map(([, { handle }], n) => ({ Id: String(n), ReceiptHandle: handle }));
    const command = new DeleteMessageBatchCommand({ QueueUrl: this.url(ledger), Entries });
    expect((await this.sqs.send(command)).Successful).toHaveLength(held.length);
    for (const [body] of held) {
      ledger.held.delete(body);
      ledger.deleted.add(body);
    }
    return true;
  }

  /** Sets the visibility timeout of everything that is held; the handles of what surely exists must be good for it. */
  async changeHeld(ledger: Ledger, seconds: number): Promise<void> {
    const held = [...ledger.held];
    for (let at = 0; at < held.length; at += 10) {
      const Entries = held.slice(at, at + 10).map(([, { handle }], n) => ({
        Id: String(at + n),
        ReceiptHandle: handle,
        VisibilityTimeout: seconds,
      }));
      const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: this.url(ledger), Entries });
      for (const { Id } of (await this.sqs.send(command)).Failed ?? [])
        expect([...ledger.maybeDeleted]).toContain(held[Number(Id)]?.[0]);
    }
  }
}

function messageOf(ledger: Ledger, body: string) {
  const group = `group-${Number(body.split(' ')[1]) % GROUPS}`;
  return {
    MessageBody: body,
    ...(ledger.fifo && { MessageGroupId: group, MessageDeduplicationId: body.replace(' ', '-') }),
  };
}

/** What must hold as soon as the server is back. */
async function checkAfterKill(life: Life, ledger: Ledger): Promise<void> {
  await life.changeHeld(ledger, VisibilityTimeout);
  if (!ledger.fifo) return;
  // The retry of a receive whose answer was lost takes what that one took.
  if (ledger.lostAttempt !== undefined) ledger.hold(await life.receive(ledger, ledger.lostAttempt));
  ledger.lostAttempt = undefined;
  const known = [...ledger.sent];
  for (const [body, { id, sequence }] of known.slice(-5)) {
    const again = new SendMessageCommand({ QueueUrl: life.url(ledger), ...messageOf(ledger, body) });
    expect(await life.sqs.send(again)).toMatchObject({ MessageId: id, SequenceNumber: sequence });
  }
  // A number that was given once isn't given again.
  const body = `${ledger.name} ${known.length + ledger.maybeSent.size}`;
  const fresh = await life.sqs.send(
    new SendMessageCommand({ QueueUrl: life.url(ledger), ...messageOf(ledger, body) }),
  );
  const sequence = fresh.SequenceNumber ?? '';
  for (const [, { sequence: earlier }] of known) expect(sequence > earlier).toBe(true);
  ledger.sent.set(body, { id: fresh.MessageId ?? '', sequence });
}

/** Gives everything back, takes everything out, and compares it with what was answered. */
async function checkAtTheEnd(life: Life, ledger: Ledger): Promise<void> {
  const held = new Map(ledger.held);
  await life.changeHeld(ledger, 0);
  ledger.held.clear();
  const drained: string[] = [];
  for (;;) {
    const messages = await life.receive(ledger);
    if (messages.length === 0) break;
    ledger.hold(messages);
    for (const { Body = '', MessageId, Attributes = {} } of messages) {
      const before = held.get(Body);
      if (before !== undefined) {
        expect(Number(Attributes['ApproximateReceiveCount'])).toBe(before.count + 1);
        expect(Attributes['ApproximateFirstReceiveTimestamp']).toBe(before.firstReceivedAt);
      }
      if (ledger.sent.has(Body)) expect(MessageId).toBe(ledger.sent.get(Body)?.id);
      else expect([Body, ledger.maybeSent.has(Body)]).toEqual([Body, true]);
      drained.push(Body);
    }
    await life.delete(ledger, [...ledger.held]);
  }
  expect(new Set(drained).size).toBe(drained.length);
  const { Attributes = {} } = await life.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: life.url(ledger), AttributeNames: ['All'] }),
  );
  const stillHidden = Number(Attributes['ApproximateNumberOfMessagesNotVisible']);
  const missing = [...ledger.sent.keys()].filter(
    body => !ledger.deleted.has(body) && !ledger.maybeDeleted.has(body),
  );
  // Only what an unanswered receive on the standard queue took is still hidden.
  expect(missing.length).toBeLessThanOrEqual(stillHidden);
  expect(stillHidden).toBeLessThanOrEqual(ledger.fifo ? 0 : 10 * ledger.lostReceives);
  if (!ledger.fifo) return;
  for (let group = 0; group < GROUPS; group += 1) {
    const numbers = drained.map(body => Number(body.split(' ')[1])).filter(n => n % GROUPS === group);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  }
}

test(`whatever was acknowledged survives kill -9, ${KILLS} times (KILL_SEED=${seed})`, async () => {
  const resources = JSON.stringify({
    queues: [{ name: 'plain' }, { name: 'ordered.fifo', attributes: { FifoQueue: 'true' } }],
  });
  const ledgers = [new Ledger('plain'), new Ledger('ordered.fifo')];
  for (let kills = 0; ; kills += 1) {
    const env = { PORT: '0', RESOURCES_FILE: '-', STATE_FILE: join(directory, 'state.db') };
    const child = start(env, resources);
    const { port } = await ready(child);
    const life = new Life(port, () => child.kill('SIGKILL'), 30 + random.integer(0, 150));
    for (const ledger of ledgers) await checkAfterKill(life, ledger);
    if (kills === KILLS) {
      for (const ledger of ledgers) await checkAtTheEnd(life, ledger);
      const [plain, ordered] = ledgers;
      expect(Math.min(plain?.deleted.size ?? 0, ordered?.deleted.size ?? 0)).toBeGreaterThan(50);
      child.kill('SIGKILL');
      return;
    }
    const closed = once(child, 'close');
    await Promise.all(
      ledgers.flatMap(ledger => [life.sendUntilKilled(ledger), life.consumeUntilKilled(ledger)]),
    );
    expect((await closed)[1]).toBe('SIGKILL');
    life.sqs.destroy();
  }
}, 10_000);
