import { MAX_TRIES, type JournalEntry } from '../journal.ts';
import { paramsOf } from '../operation.ts';
import { ClientFault, firstLine, Interrupted, OutcomeUnknown } from '../outcome.ts';
import { throttled } from './answers.ts';
import {
  hasSince,
  look,
  newestId,
  readConversation,
  readSent,
  type Conversation,
  type Draft,
  type Message,
} from './conversation.ts';
import { chatPage, type DataPage } from './labels.ts';
import { ANSWER_TIMEOUT_MS, fillIn, postOnce, type Answer } from './post.ts';
import { openDataPage, type Visit } from './visit.ts';

/** From the journal's entry until the message has left, at most. */
const LEAVE_WITHIN_MS = 10_000;
/** For what the site may still do with a message after we have stopped waiting for its answer. */
const GRACE_MS = 15_000;
/** A message whose answer didn't come is looked for after so long: by then it is mostly there. */
const LOOK_AFTER_MS = 5_000;
/** How far the site's clock may be behind that of whoever accepted the operation. */
const CLOCK_SLACK_MS = 10_000;

/** What `message.send` results in. */
interface Sent {
  fan_id: string;
  message_id: number;
  sent_at: string;
  confirmed: 'answered by the site' | 'seen in the conversation';
}

/**
 * `message.send`: one message to a fan, never two. Before "Send" the try is noted in the journal; after it every
 * error leads to a look at the conversation, by the operation's next attempt: one attempt, one navigation.
 * Only what isn't there once the try can have no effect any more is tried again.
 * @throws OutcomeUnknown when that can't be told, and the errors of outcome.ts
 */
export async function sendMessage(visit: Visit): Promise<Sent> {
  const { operation, journal } = visit;
  const { effect, clock, signal } = operation;
  const draft = paramsOf(operation, 'message.send');
  const target = chatPage(draft.fan_id);

  let earlier = await journal.last(operation);
  effect.undecided = earlier !== undefined;
  const conversation = readConversation(await openDataPage(visit, target), target.data);
  const readAtMs = operation.navigations.at(-1)?.answered_at_ms ?? 0;
  if (!earlier && effect.presumed) refuseToGuess(visit, conversation, draft);

  for (;;) {
    if (earlier) {
      const seen = findEarlier(visit, conversation, draft, earlier, readAtMs);
      if (seen) return sent(draft, seen, 'seen in the conversation');
    }
    await fillIn(visit, target, draft);
    const leaveByMs = clock.now() + LEAVE_WITHIN_MS;
    const entry = {
      n: (earlier?.n ?? 0) + 1,
      newestId: newestId(conversation),
      deadlineMs: leaveByMs + ANSWER_TIMEOUT_MS + GRACE_MS,
    };
    effect.undecided = true;
    const there = await journal.note(operation, entry);
    signal.throwIfAborted();
    if (!there) {
      const message = await deliver(visit, target, entry, leaveByMs);
      return sent(draft, message, 'answered by the site');
    }
    earlier = there;
  }
}

/** A message that an earlier attempt sent; undefined if it is surely not there, and may be sent again. */
function findEarlier(
  { operation }: Visit,
  conversation: Conversation,
  draft: Draft,
  earlier: JournalEntry,
  readAtMs: number,
): Message | undefined {
  const { effect, clock } = operation;
  const found = look(conversation, draft, earlier);
  if (found === 'unclear')
    throw new OutcomeUnknown('tried before, and the conversation no longer reaches back to it');
  if (found !== 'absent') return found;
  const { answered = 0 } = earlier;
  if (!isRefusal(answered) && readAtMs < earlier.deadlineMs)
    throw new Interrupted(
      'tried before, not in the conversation yet',
      Math.max(0, earlier.deadlineMs - clock.now()),
    );
  if (isTaken(answered))
    throw new OutcomeUnknown(`the site answered ${answered}, and the message isn't in the conversation`);
  effect.undecided = false;
  const path = chatPage(draft.fan_id).data;
  if (isRefusal(answered)) throw new ClientFault(`${path} answered ${answered}`, path, answered);
  if (earlier.n >= MAX_TRIES)
    throw new ClientFault(`tried ${earlier.n} times, and not in the conversation`, path);
  return undefined;
}

/**
 * An attempt began of which nothing else is known. A message like this one that came since the operation was
 * asked for may be its own, or another operation's.
 */
function refuseToGuess({ operation }: Visit, conversation: Conversation, draft: Draft): void {
  const since = Date.parse(operation.body.requested_at) - CLOCK_SLACK_MS;
  if (hasSince(conversation, draft, since))
    throw new OutcomeUnknown('begun before without a trace, and a message like it is in the conversation');
}

/**
 * Sends what is filled in and noted.
 * @throws Interrupted for everything but a message that the site has confirmed: it is to be looked for
 */
async function deliver(
  visit: Visit,
  target: DataPage,
  entry: JournalEntry,
  leaveByMs: number,
): Promise<Message> {
  const { operation, journal } = visit;
  let answer: Answer;
  try {
    answer = await postOnce(visit, target, leaveByMs);
  } catch (error) {
    operation.signal.throwIfAborted();
    throw new Interrupted(`sent, but not confirmed: ${firstLine(error)}`, LOOK_AFTER_MS, { cause: error });
  }
  const message = isTaken(answer.status) ? readSent(parse(answer.body)) : undefined;
  if (message) return message;
  const what = `${target.data} answered ${answer.status}`;
  operation.log.warn('site error', {
    error: 'sent, but not confirmed',
    status: answer.status,
    url: target.data,
    attempt: operation.attempt,
    correlation_id: operation.correlationId,
  });
  if (answer.status === 429) throw throttled(answer, target.data, operation.clock);
  const refused = isRefusal(answer.status);
  if (refused || isTaken(answer.status)) await journal.answered(operation, entry, answer.status);
  if (refused) throw new Interrupted(what, 0);
  throw new Interrupted(`sent, but not confirmed: ${what}`, LOOK_AFTER_MS);
}

/** The site says that it has the message. */
function isTaken(status: number): boolean {
  return status >= 200 && status < 300;
}

/** The site has read the message and doesn't want it: 4xx, but for those that speak of the connection or the session. */
function isRefusal(status: number): boolean {
  return status >= 400 && status < 500 && ![401, 408, 425, 429].includes(status);
}

function sent(draft: Draft, message: Message, confirmed: Sent['confirmed']): Sent {
  return { fan_id: draft.fan_id, message_id: message.id, sent_at: message.createdAt, confirmed };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
