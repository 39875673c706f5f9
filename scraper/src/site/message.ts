import { paramsOf } from '../operation.ts';
import { OutcomeUnknown, SiteFailure } from '../outcome.ts';
import {
  hasSince,
  look,
  newestId,
  plain,
  readConversation,
  readSent,
  type Conversation,
  type Draft,
  type Message,
} from './conversation.ts';
import { chatPage, MESSAGE_FORM, type DataPage } from './labels.ts';
import { once } from './once.ts';
import { FILL_TIMEOUT_MS, fillIn } from './post.ts';
import { openDataPage, type Visit } from './visit.ts';

/** How far the site's clock may be behind ours. */
const CLOCK_SLACK_MS = 10_000;

/** What `message.send` results in. */
interface Sent {
  fan_id: string;
  message_id: number;
  sent_at: string;
  confirmed: 'answered by the site' | 'seen in the conversation';
}

/**
 * `message.send`: one message to a fan, never two. What was tried is looked for in the conversation, which is open
 * already: one attempt, one navigation.
 * @throws OutcomeUnknown when it can't be told whether it was sent, and the errors of outcome.ts
 */
export async function sendMessage(visit: Visit): Promise<Sent> {
  const { operation, journal } = visit;
  const { effect } = operation;
  const draft = paramsOf(operation, 'message.send');
  const page = chatPage(draft.fan_id);

  const last = await journal.last(operation);
  effect.undecided = last !== undefined;
  const conversation = readConversation(visit, await openDataPage(visit, page), page);
  const readAtMs = operation.navigations.at(-1)?.answered_at_ms ?? 0;
  if (!last && effect.presumed) refuseToGuess(visit, conversation, draft, effect.presumed.sinceMs);

  const deed = {
    data: page.data,
    submit: MESSAGE_FORM.submit,
    absent: 'not in the conversation',
    newestId: newestId(conversation),
    async look(earlier: Parameters<typeof look>[2]) {
      const found = look(conversation, draft, earlier);
      if (found === 'unclear')
        throw new OutcomeUnknown('tried before, and the conversation no longer reaches back to it');
      return found === 'absent'
        ? { absentAtMs: readAtMs }
        : { done: sent(draft, found, 'seen in the conversation') };
    },
    prepare: () => write(visit, page, draft),
    confirmed(answer: unknown) {
      const message = readSent(answer);
      return message && sent(draft, message, 'answered by the site');
    },
  };
  return once(visit, deed, last);
}

/** Writes it into the form of the open conversation. */
async function write(visit: Visit, page: DataPage, draft: Draft): Promise<void> {
  const box = (name: string) => visit.session.page.getByRole('textbox', { name, exact: true });
  const text = box(MESSAGE_FORM.text);
  const filled = (name: string, value: string) => ({ name, box: box(name), text: value });
  const { price, media_ids: media = [] } = draft;
  const boxes = [
    filled(MESSAGE_FORM.text, draft.text),
    ...(price === undefined ? [] : [filled(MESSAGE_FORM.price, String(price))]),
    ...(media.length === 0 ? [] : [filled(MESSAGE_FORM.media, media.join(', '))]),
  ];
  await fillIn(visit, page, { boxes, submit: MESSAGE_FORM.submit });
  const taken = await text
    .inputValue({ timeout: FILL_TIMEOUT_MS, signal: visit.operation.signal })
    .catch(() => undefined);
  visit.operation.signal.throwIfAborted();
  if (taken === undefined || plain(taken) !== plain(draft.text))
    throw new SiteFailure(`${page.path} doesn't take this text as it is`, page.path);
}

/**
 * An attempt began of which nothing else is known. A message like this one that came since then may be its own, or
 * another's. Where nobody knows when it began, it was not before the operation was asked for.
 */
function refuseToGuess(
  { operation }: Visit,
  conversation: Conversation,
  draft: Draft,
  begunAtMs = Date.parse(operation.body.requested_at),
): void {
  if (hasSince(conversation, draft, begunAtMs - CLOCK_SLACK_MS))
    throw new OutcomeUnknown('begun before without a trace, and a message like it is in the conversation');
}

function sent(draft: Draft, message: Message, confirmed: Sent['confirmed']): Sent {
  return { fan_id: draft.fan_id, message_id: message.id, sent_at: message.createdAt, confirmed };
}
