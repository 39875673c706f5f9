import type { Change } from '@huntaze/core/lua';
import * as z from 'zod/mini';
import type { Api } from '../compose.ts';
import { endpoint, type Endpoint } from '../http/endpoint.ts';
import { Refusal, unavailable } from '../http/problem.ts';
import { isBoundTo, type Identity } from '../identity/roles.ts';
import { describe } from '../operations/describe.ts';
import type { News } from './feed.ts';

/** So many streams in one process. */
const MOST_STREAMS = 500;
/** Whoever takes nothing for so long is left (bytes): it comes again, and goes on where it was. */
const MOST_UNREAD_BYTES = 1_024 * 1_024;
/** A word now and then, so that nobody on the way takes the stream for dead (ms): load balancers wait for a minute. */
const HEARTBEAT_MS = 15_000;
/** A stream ends after so long (ms), and its client comes again: a token that was revoked meanwhile doesn't. */
const LONGEST_MS = 300_000;
/** When a client that was cut off comes again (ms). */
const RETRY_MS = 1_000;

const PLACE = /^\d{1,20}-\d{1,20}@\d{1,15}$/;

const query = z.strictObject({
  after: z.optional(z.string().check(z.regex(PLACE, 'must be the id of an event'))),
});

/** GET /api/onlyfans/changes: everything that changes, while it changes. */
export function changeEndpoints(api: () => Api) {
  const stream = endpoint(
    api,
    {
      method: 'GET',
      path: '/api/onlyfans/changes',
      tag: 'Changes',
      summary: 'A live stream of everything that changes',
      description: [
        'Server-sent events. `operation`: an operation as it is now (as `GET …/operations/{id}` shows it, without its place in the line);',
        '`creator`: what is said of the creator `creator_id` has changed; `line`: what holds for all has changed (the site, the limits, the tasks);',
        '`reset`: some changes are gone, load everything anew; `ready`: from here on.',
        'Go on after a break with `Last-Event-ID`, as EventSource does by itself, or with `after`. Nothing is told less than once; an operation is told as it is, not as it was.',
        'It ends after 5 minutes: come again.',
      ].join(' '),
      role: 'viewer',
      query,
      answers: { 200: { description: 'The events', contentType: 'text/event-stream' } },
    },
    async ({ request, identity, query: { after } }) => {
      const { feed } = api();
      if (feed.size >= MOST_STREAMS)
        throw new Refusal({
          status: 503,
          title: 'Service Unavailable',
          detail: `${MOST_STREAMS} streams are open here already; ask for the list instead`,
          headers: { 'retry-after': '60' },
        });
      const resumed = request.headers.get('last-event-id') ?? '';
      const from = PLACE.test(resumed) ? resumed : after;
      let place: string;
      try {
        place = from ?? (await feed.position());
      } catch (error) {
        throw unavailable('the line can not be reached; try again', error);
      }
      return new Response(eventsFrom(api(), identity, place, request.signal), {
        headers: {
          'content-type': 'text/event-stream; charset=utf-8',
          'cache-control': 'no-store, no-transform',
          'x-accel-buffering': 'no',
        },
      });
    },
  );
  return { stream } satisfies Record<string, Endpoint>;
}

function eventsFrom(
  { feed, log }: Pick<Api, 'feed' | 'log'>,
  identity: Identity,
  place: string,
  gone: AbortSignal,
): ReadableStream<Uint8Array> {
  const text = new TextEncoder();
  const ending = new AbortController();
  const end = AbortSignal.any([ending.signal, gone]);
  return new ReadableStream<Uint8Array>(
    {
      async start(controller) {
        const say = (words: string) => {
          if (end.aborted) return;
          controller.enqueue(text.encode(words));
          if ((controller.desiredSize ?? 0) < 0) ending.abort();
        };
        const heartbeat = setInterval(() => say(': here\n\n'), HEARTBEAT_MS);
        const last = setTimeout(() => ending.abort(), LONGEST_MS);
        let leave: (() => void) | undefined;
        end.addEventListener(
          'abort',
          () => {
            clearInterval(heartbeat);
            clearTimeout(last);
            leave?.();
            try {
              controller.close();
            } catch {
              // Whoever went has closed it already.
            }
          },
          { once: true },
        );
        say(`retry: ${RETRY_MS}\nid: ${place}\nevent: ready\ndata: {}\n\n`);
        try {
          leave = await feed.follow(place, news => say(events(news, identity)));
          if (end.aborted) leave();
        } catch (error) {
          log({ message: 'changes can not be read', error: String(error) });
          ending.abort();
        }
      },
      cancel: () => ending.abort(),
    },
    { highWaterMark: MOST_UNREAD_BYTES, size: chunk => chunk.byteLength },
  );
}

/** What somebody is told of some news. The last event alone carries the place: what was cut off before it comes again. */
function events({ last, isReset, changes }: News, identity: Identity): string {
  const told = isReset ? ['event: reset\ndata: {}\n'] : changes.flatMap(change => eventOf(change, identity));
  const [final = 'event: ready\ndata: {}\n', ...before] = told.toReversed();
  return [...before.toReversed(), `id: ${last}\n${final}`].map(event => `${event}\n`).join('');
}

function eventOf(change: Change, identity: Identity): string[] {
  const event = (name: string, data: unknown) => [`event: ${name}\ndata: ${JSON.stringify(data)}\n`];
  switch (change.what) {
    case 'operation':
      return isBoundTo(identity, change.operation.creator)
        ? event('operation', describe(change.operation))
        : [];
    case 'creator':
      return isBoundTo(identity, change.creatorId) ? event('creator', { creator_id: change.creatorId }) : [];
    case 'line':
      return event('line', {});
  }
}
