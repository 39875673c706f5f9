import { DeleteMessageBatchCommand, GetQueueAttributesCommand, type Message } from '@aws-sdk/client-sqs';
import { BATCH, putBack, walk } from '@huntaze/api/dead-letters/walk';
import { readEnvelope, UnreadableMessage } from '@huntaze/core/envelope';
import { inTime } from '@huntaze/core/times';
import { counted, NotErased, type Place, type Queue } from './place.ts';

/** A queue that is looked through, and whether the creator's messages are deleted. */
interface Look extends Pick<Queue, 'name' | 'url'> {
  creatorId: string;
  removes: boolean;
}

/** What there is of a creator in a queue. */
export interface Letters {
  count: number;
  /** There may be more behind them, which SQS shows only once these are gone. */
  isMore: boolean;
}

/** So long is what was received hidden (s), should this process die; and so long is received at most (ms). */
const HIDDEN_S = 120;
const LOOK_MS = 90_000;
/** How long dead letters that somebody else holds are awaited, and how often looked for (ms). */
const AWAITED_MS = 2 * HIDDEN_S * 1_000;
const AGAIN_MS = 5_000;

/**
 * Looks through a queue whose messages nobody takes. The creator's messages are deleted, or counted; all others are held
 * until everything was seen, for what is given back earlier would only come again, and then are visible at once.
 *
 * Of a FIFO queue at most ten messages of each group are taken: none behind those is given while they are held, so that
 * their order can't change. A group is one creator's (the limiter names it so), and of the creator's own all are seen.
 * @throws NotErased when there are more than can be seen in 90 s; everything is visible again by then
 */
export async function lookThrough(place: Place, look: Look): Promise<Letters> {
  const held: Message[] = [];
  const isFifo = look.name.endsWith('.fifo');
  let count = 0;
  let most = 0;
  const keep = async (messages: Message[]) => {
    const mine = messages.filter(message => isOf(look.creatorId, message));
    if (look.removes) await remove(place, look, mine);
    count += mine.length;
    most = Math.max(most, mine.length);
    return look.removes ? messages.filter(message => !mine.includes(message)) : messages;
  };
  const way = {
    url: look.url,
    hiddenSeconds: HIDDEN_S,
    endsAtMs: place.clock.now() + LOOK_MS,
    system: ['MessageGroupId' as const],
  };
  try {
    if ((await walk(place, way, held, keep)) === 'late')
      throw new NotErased(
        `${look.name} has more messages than can be looked through in ${LOOK_MS / 1_000} s: ` +
          'redrive or delete what is not needed there, and give the same command again',
      );
  } finally {
    await putBack(place, look, held);
  }
  return { count, isMore: isFifo && !look.removes && most === BATCH };
}

/**
 * Deletes a creator's messages from a queue. Dead letters that are hidden are awaited: an erasure that was cut off has
 * left them so for two minutes, or somebody looks at them.
 * @returns how many there were
 * @throws NotErased when some stay hidden
 */
export async function eraseLetters(
  place: Place,
  queue: Queue,
  creatorId: string,
  { say, signal }: { say: (line: string) => void; signal?: AbortSignal | undefined },
): Promise<number> {
  const endsAt = place.clock.now() + AWAITED_MS;
  let count = 0;
  for (let isFirst = true; ; isFirst = false) {
    count += (await lookThrough(place, { ...queue, creatorId, removes: true })).count;
    const hidden = queue.isDead ? await hiddenIn(place, queue) : 0;
    if (hidden === 0) return count;
    const what = `${queue.name}: ${counted(hidden, 'message')} hidden, as it is while somebody looks`;
    if (place.clock.now() > endsAt)
      throw new NotErased(`${what}: give the same command again when nobody does any more`);
    if (isFirst) say(`${what}, and awaited; given up ${inTime(AWAITED_MS)}`);
    await place.clock.sleep(AGAIN_MS, signal);
  }
}

async function hiddenIn({ sqs }: Place, { url }: Queue): Promise<number> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: url,
      AttributeNames: ['ApproximateNumberOfMessagesNotVisible'],
    }),
  );
  return Number(Attributes?.['ApproximateNumberOfMessagesNotVisible'] ?? 0);
}

function isOf(creatorId: string, { Body = '', Attributes }: Message): boolean {
  if (Attributes?.MessageGroupId === creatorId) return true;
  try {
    return readEnvelope(Body).creatorId === creatorId;
  } catch (error) {
    if (error instanceof UnreadableMessage) return false; // nobody can say whose it is
    throw error;
  }
}

async function remove({ sqs }: Place, { name, url }: Look, messages: Message[]): Promise<void> {
  if (messages.length === 0) return;
  const Entries = messages.map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle }));
  const { Failed = [] } = await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries }));
  if (Failed.length > 0)
    throw new NotErased(
      `${counted(Failed.length, 'message')} of ${name} could not be deleted (${Failed[0]?.Code}): give the same command again`,
    );
}
