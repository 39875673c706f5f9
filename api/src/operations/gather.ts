import { SendMessageBatchCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Intake } from './accept.ts';

/** What SQS takes in one call: so many messages, and of them so many bytes, with room for what isn't counted here. */
const MOST = { messages: 10, bytes: 192 * 1_024 };

type Input = SendMessageCommand['input'];

/** One message on its way into a call, and whoever waits for it. */
interface Waiting {
  input: Input;
  bytes: number;
  signal: AbortSignal | undefined;
  sent: PromiseWithResolvers<unknown>;
}

/**
 * Sends what is asked for in the same turn of the event loop in one call: a call costs about as much processor time as all else
 * that accepting takes, and nobody waits for another for it. Each is answered for itself; one alone is sent alone, and so
 * is, once more, what SQS didn't take of several.
 */
export function gatheredSends(sqs: Pick<SQSClient, 'send'>): Intake['sqs'] {
  let gathered: Waiting[] = [];

  const alone = ({ input, signal, sent }: Waiting) =>
    sqs
      .send(new SendMessageCommand(input), { ...(signal && { abortSignal: signal }) })
      .then(sent.resolve, sent.reject);

  async function together(all: Waiting[]): Promise<void> {
    const [first] = all;
    if (first === undefined) return;
    if (all.length === 1) return alone(first);
    try {
      const { Successful = [], Failed = [] } = await sqs.send(
        new SendMessageBatchCommand({
          QueueUrl: first.input.QueueUrl,
          Entries: all.map(({ input: { MessageBody, MessageAttributes } }, i) => ({
            Id: String(i),
            MessageBody,
            MessageAttributes,
          })),
        }),
        // They were asked for at once, so that their deadlines are one.
        { ...(first.signal && { abortSignal: first.signal }) },
      );
      for (const { Id } of Successful) all[Number(Id)]?.sent.resolve(undefined);
      for (const { Id } of Failed) {
        const one = all[Number(Id)];
        if (one) void alone(one);
      }
      // Nobody waits for ever for what SQS says nothing of.
      for (const { sent } of all)
        if (Successful.length + Failed.length < all.length) sent.reject(new Error('no answer'));
    } catch (error) {
      for (const { sent } of all) sent.reject(error);
    }
  }

  function flush(): void {
    const all = gathered;
    gathered = [];
    let [batch, bytes]: [Waiting[], number] = [[], 0];
    for (const one of all) {
      if (batch.length === MOST.messages || (batch.length > 0 && bytes + one.bytes > MOST.bytes)) {
        void together(batch);
        [batch, bytes] = [[], 0];
      }
      batch.push(one);
      bytes += one.bytes;
    }
    void together(batch);
  }

  const send = ({ input }: SendMessageCommand, { abortSignal }: { abortSignal?: AbortSignal } = {}) => {
    if (gathered.length === 0) setImmediate(flush);
    const sent = Promise.withResolvers<unknown>();
    const bytes = Buffer.byteLength(input.MessageBody ?? '') + 1_024;
    gathered.push({ input, bytes, signal: abortSignal, sent });
    return sent.promise;
  };
  return { send: send as Intake['sqs']['send'] };
}
