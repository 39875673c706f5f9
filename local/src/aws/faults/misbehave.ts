import { AwsError } from '../aws-error.ts';
import type { SqsEngine } from '../sqs/engine.ts';
import type { Queue } from '../sqs/queue.ts';
import { failedEntry } from './aws-words.ts';
import { sqsCall } from './call.ts';
import type { Strike, Strikes } from './faults.ts';

/** A call of an SQS action that is struck. */
interface StruckCall {
  engine: SqsEngine;
  action: string;
  /** The request, unchecked. */
  body: unknown;
  /** Milliseconds since the epoch. */
  now: number;
}

/** Carries out the action with this body; its work is done before it first awaits. */
type Perform = (body: unknown) => object | Promise<object>;

/**
 * Carries out an action on a queue that misbehaves as SQS's do. Like the action itself it does all its work
 * before it first awaits.
 * @throws AwsError as the action
 */
export async function misbehave(strikes: Strikes, call: StruckCall, perform: Perform): Promise<object> {
  const queue = queueOf(call);
  if (queue === undefined) return perform(call.body);
  const undo: (() => void)[] = [];
  let through = perform;
  for (const strike of strikes.mischief)
    switch (strike.kind) {
      case 'duplicate':
        if (strike.rule.of === 'deleted') through = deletingInVain(strike, call, queue, through);
        else undo.push(deliverAgain(strike, queue));
        break;
      case 'reorder':
        undo.push(passOver(strike, queue));
        break;
      case 'delay-visibility':
        undo.push(comeLate(strike, queue));
        break;
      case 'empty-receive':
        undo.push(findNothing(strike, queue, call));
    }
  if (strikes.answer?.kind === 'partial') through = failingInPart(strikes.answer, through);
  let pending: object | Promise<object>;
  try {
    pending = through(call.body);
  } finally {
    for (const step of undo) step();
  }
  return pending;
}

function queueOf({ engine, action, body }: StruckCall): Queue | undefined {
  const { queue } = sqsCall(action, body);
  try {
    return queue === undefined ? undefined : engine.queue(queue);
  } catch (error) {
    if (error instanceof AwsError) return undefined; // The action will say that there is no such queue.
    throw error;
  }
}

/** This receive gets one of the messages in flight as well. Of several such rules the first has its way. */
function deliverAgain({ random, happened }: Strike<'duplicate'>, queue: Queue): () => void {
  queue.mischief.again ??= { draw: below => random.integer(0, below), happened };
  return () => delete queue.mischief.again;
}

/** This receive passes messages over. Of several such rules the first has its way. */
function passOver({ rule, random, happened }: Strike<'reorder'>, queue: Queue): () => void {
  const { within } = rule;
  queue.mischief.outOfTurn ??= { within, draw: () => random.integer(0, within + 1), happened };
  return () => delete queue.mischief.outOfTurn;
}

/** Each message that is sent gets a delay of its own. */
function comeLate({ rule, random, happened }: Strike<'delay-visibility'>, queue: Queue): () => void {
  queue.mischief.lateByMs = () => {
    happened();
    return random.integer(1, rule.upToMs + 1);
  };
  return () => delete queue.mischief.lateByMs;
}

/** As if the servers that a short poll asks had nothing; a long poll asks all of them. */
function findNothing({ happened }: Strike<'empty-receive'>, queue: Queue, call: StruckCall): () => void {
  const { WaitTimeSeconds: wait = queue.settings.waitMs } = call.body as { WaitTimeSeconds?: unknown };
  if (wait !== 0 || queue.counts(call.now).available === 0) return () => {};
  happened();
  queue.mischief.findsNothing = true;
  return () => delete queue.mischief.findsNothing;
}

/** A batch as far as it is needed here, if its entries can be told apart. */
function entriesOf(body: unknown): { Id: string }[] | undefined {
  const { Entries: entries } = body as { Entries?: unknown };
  if (!Array.isArray(entries) || entries.length === 0 || entries.length > 10) return undefined;
  const ids = entries.map((entry: unknown) => (entry as { Id?: unknown } | null)?.Id);
  const isSound = ids.every(id => typeof id === 'string') && new Set(ids).size === ids.length;
  return isSound ? (entries as { Id: string }[]) : undefined;
}

interface BatchAnswer {
  Successful: { Id: string }[];
  Failed: object[];
}

/** Lets entries fail: what remains is carried out, or all of it where the failed ones take effect too. */
function failingInPart({ rule, random, happened }: Strike<'partial'>, perform: Perform): Perform {
  return async body => {
    const entries = entriesOf(body);
    if (entries === undefined) return perform(body);
    const unlucky = new Set(entries.filter(() => random.next() < rule.entryProbability).map(({ Id }) => Id));
    if (unlucky.size === 0) unlucky.add(entries[random.integer(0, entries.length)]!.Id);
    happened();
    const failed = [...unlucky].map(failedEntry);
    const rest = rule.takesEffect ? entries : entries.filter(({ Id }) => !unlucky.has(Id));
    if (rest.length === 0) return { Successful: [], Failed: failed } satisfies BatchAnswer;
    const answer = (await perform({ ...(body as object), Entries: rest })) as BatchAnswer;
    const own = answer.Failed.filter(entry => !unlucky.has((entry as { Id: string }).Id));
    return {
      Successful: answer.Successful.filter(({ Id }) => !unlucky.has(Id)),
      Failed: [...own, ...failed],
    } satisfies BatchAnswer;
  };
}

/**
 * Says of one message that it is deleted, and makes it available again instead; unless it would go to the
 * dead-letter queue from there, for then nobody would see it twice.
 */
function deletingInVain(
  { random, happened }: Strike<'duplicate'>,
  call: StruckCall,
  queue: Queue,
  perform: Perform,
): Perform {
  const comesBack = (handle: unknown): boolean => {
    if (typeof handle !== 'string') return false;
    try {
      if (queue.isSpent(handle)) return false;
      queue.changeVisibility(handle, 0, call.now);
    } catch (error) {
      if (error instanceof AwsError) return false; // It isn't in flight: there is nothing to come back.
      throw error;
    }
    happened();
    return true;
  };
  if (call.action === 'DeleteMessage')
    return body => (comesBack((body as { ReceiptHandle?: unknown }).ReceiptHandle) ? {} : perform(body));
  return async body => {
    const entries = entriesOf(body);
    if (entries === undefined) return perform(body);
    const chosen = entries[random.integer(0, entries.length)] as { Id: string; ReceiptHandle?: unknown };
    if (!comesBack(chosen.ReceiptHandle)) return perform(body);
    const rest = entries.filter(entry => entry !== chosen);
    const deleted = { Id: chosen.Id };
    if (rest.length === 0) return { Successful: [deleted], Failed: [] } satisfies BatchAnswer;
    const answer = (await perform({ ...(body as object), Entries: rest })) as BatchAnswer;
    return { Successful: [...answer.Successful, deleted], Failed: answer.Failed } satisfies BatchAnswer;
  };
}
