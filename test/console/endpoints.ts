import * as z from 'zod/mini';
import { endpoint, type About, type Door, type Endpoint, type Method } from '../../api/src/http/endpoint.ts';
import { notFound, unavailable } from '../../api/src/http/problem.ts';
import { sessionEndpoints } from '../../api/src/identity/endpoints.ts';
import { hashOf } from '../../api/src/identity/tokens.ts';
import { isBoundTo, type Identity, type Role } from '../../api/src/identity/roles.ts';
import type { Api } from '../../api/src/compose.ts';
import type { Operation, Token } from '../../api/src/console/types.ts';
import { overviewOf, worldAt, type World } from './world.ts';

/** The API before a made-up world: what the console is built and tested with where the pipeline would have to be in trouble. */
const { world, outOfReach, followers } = theOne();
const TOKENS: Record<string, { role: Role; creators: Identity['creators'] }> = {
  operator: { role: 'operator', creators: 'all' },
  viewer: { role: 'viewer', creators: 'all' },
  adas: { role: 'operator', creators: ['ada-quinn'] },
};
const door: Door = {
  authenticate: token => {
    const found = TOKENS[token];
    return Promise.resolve(found && { tokenId: `tok-${token}`, tokenSha256: hashOf(token), ...found });
  },
  allow: () => ({ isAllowed: true, limit: 600, windowSeconds: 60, remaining: 600, resetSeconds: 60 }),
  now: Date.now,
  log: line => console.error(JSON.stringify(line)),
};

let told = 0;
/** Tells everybody who follows. */
function tell(event: string, data: unknown): void {
  told += 1;
  for (const follower of followers)
    follower(`id: ${told}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}

type Asked = Parameters<
  Parameters<typeof endpoint<Record<string, string>, Record<string, string>, Record<string, unknown>>>[2]
>[0];
const anything = z.record(z.string(), z.unknown());
const words = z.record(z.string(), z.string());

function one(
  method: Method,
  path: About<unknown, unknown, unknown>['path'],
  role: Role,
  answer: (asked: Asked) => unknown,
): Endpoint {
  const about = {
    method,
    path,
    role,
    tag: 'Story',
    summary: '',
    params: words,
    query: words,
    answers: {},
    ...(method !== 'GET' && { body: anything }),
  };
  return endpoint<Record<string, string>, Record<string, string>, Record<string, unknown>>(
    () => door,
    about,
    asked => {
      if (outOfReach.has(path)) throw unavailable('the line can not be reached; try again');
      const answered = answer(asked);
      return Promise.resolve(answered instanceof Response ? answered : Response.json(answered));
    },
  );
}

/** An act: tried, it says what it would do; done, it does it. */
function act(
  method: Method,
  path: About<unknown, unknown, unknown>['path'],
  effect: (asked: Asked) => string[],
  perform: (asked: Asked) => unknown,
): Endpoint {
  return one(method, path, 'operator', asked => {
    const found = effect(asked);
    return asked.body['dry_run'] === true ? { effect: found } : (perform(asked) ?? {});
  });
}

const creatorOf = ({ params, identity }: Asked) => {
  const found = world.creators.find(({ creator_id }) => creator_id === params['id']);
  if (!found || !isBoundTo(identity, found.creator_id)) throw notFound('creator');
  return found;
};
const mine = (identity: Identity) => ({
  ...world,
  creators: world.creators.filter(({ creator_id }) => isBoundTo(identity, creator_id)),
});
const operationOf = ({ params, identity }: Asked) => {
  const found = world.operations.find(({ operation_id }) => operation_id === params['id']);
  if (!found || !isBoundTo(identity, found.creator_id)) throw notFound('operation');
  return found;
};
const change = (asked: Asked, state: 'paused' | 'ready' | 'draining') => {
  const creator = creatorOf(asked);
  creator.state = state;
  const { reason } = asked.body;
  if (state === 'paused') creator.why = typeof reason === 'string' ? reason : 'paused by tok-operator';
  else delete creator.why;
  tell('creator', { creator_id: creator.creator_id });
  return creator;
};
const lettersOf = (asked: Record<string, unknown>) =>
  world.letters.filter(
    letter =>
      (!Array.isArray(asked['ids']) || asked['ids'].includes(letter.id)) &&
      (['cause', 'creator_id', 'queue'] as const).every(name => {
        const wanted = asked[name === 'creator_id' ? 'creator' : name];
        return wanted === undefined || letter[name] === wanted;
      }),
  );
/** What is readable goes; what isn't can't be asked for again. */
const settle = (asked: Asked, isAgain: boolean) => {
  const meant = lettersOf(asked.body);
  const done = meant.filter(({ kind }) => !isAgain || kind !== undefined);
  world.letters = world.letters.filter(letter => !done.includes(letter));
  tell('line', {});
  return {
    done: done.map(({ id, operation_id }) => ({
      id,
      ...(isAgain && { operation_id: asksAgain(operation_id ?? id) }),
    })),
    failed: meant
      .filter(letter => !done.includes(letter))
      .map(({ id }) => ({ id, why: 'its body can’t be read: it can only be discarded' })),
    is_complete: true,
  };
};
/** A new operation that repeats another. */
const asksAgain = (id: string): string => {
  const again = `op-again-${id}`;
  const { creator_id, kind } = world.operations.find(({ operation_id }) => operation_id === id)!;
  const operation: Operation = {
    operation_id: again,
    creator_id,
    kind,
    state: 'pending',
    of: id,
    receives: 0,
    attempts: 0,
    failures: 0,
    position: 400,
    at: { pending: new Date().toISOString() },
  };
  world.operations.unshift(operation);
  tell('operation', operation);
  return again;
};
/** Something happens to an operation, or there is a new one. */
const becomes = (operation: Operation) => {
  const i = world.operations.findIndex(({ operation_id }) => operation_id === operation.operation_id);
  if (i < 0) world.operations.unshift(operation);
  else world.operations[i] = operation;
  tell('operation', operation);
  return operation;
};
/** A page of the site, as it was when something failed. */
const PICTURE = `<svg xmlns="http://www.w3.org/2000/svg" width="960" height="540"><rect width="960" height="540" fill="#f3f5f9"/><rect width="960" height="64" fill="#0091ea"/><rect x="40" y="104" width="880" height="300" rx="12" fill="#fff"/><text x="64" y="160" font-family="sans-serif" font-size="28" fill="#333">Something went wrong</text></svg>`;

const all: Endpoint[] = [
  ...Object.values<Endpoint>(sessionEndpoints(() => door as Api)),
  one('GET', '/api/onlyfans/overview', 'viewer', ({ identity, now }) => overviewOf(mine(identity), now)),
  one('GET', '/api/onlyfans/history', 'viewer', () => ({ minutes: world.minutes })),
  one('GET', '/api/onlyfans/limits', 'viewer', () => world.limits),
  one('GET', '/api/onlyfans/creators', 'viewer', ({ identity }) => ({ creators: mine(identity).creators })),
  one('GET', '/api/onlyfans/creators/{id}', 'viewer', creatorOf),
  one('GET', '/api/onlyfans/operations', 'viewer', ({ query, identity }) => {
    const from = Number(query['cursor'] ?? 0);
    const most = Number(query['limit'] ?? 50);
    const found = world.operations.filter(
      ({ creator_id, state, kind }) =>
        isBoundTo(identity, creator_id) &&
        [query['creator'] ?? creator_id].includes(creator_id) &&
        (query['state'] ?? state).split(',').includes(state) &&
        (query['kind'] ?? kind) === kind,
    );
    const end = from + most;
    return { operations: found.slice(from, end), ...(end < found.length && { next: String(end) }) };
  }),
  one('GET', '/api/onlyfans/operations/{id}', 'viewer', operationOf),
  one('GET', '/api/onlyfans/operations/{id}/result', 'viewer', asked => {
    const { operation_id, state, error } = operationOf(asked);
    const posts = Array.from({ length: 120 }, (_, id) => ({ id, text: `Post ${id}`, likes: id * 3 }));
    return {
      operation_id,
      status: state,
      ...(error === undefined ? { data: { name: 'Ada Quinn', fans: 1_204, posts } } : { error }),
    };
  }),
  // Of every other failure there was a page.
  one('GET', '/api/onlyfans/operations/{id}/screenshot', 'viewer', asked => {
    if (Number(operationOf(asked).operation_id.slice(-1)) % 2 === 1) throw notFound('screenshot');
    return new Response(PICTURE, { headers: { 'content-type': 'image/svg+xml' } });
  }),
  one('GET', '/api/onlyfans/operations/{id}/trace', 'viewer', asked => {
    if (Number(operationOf(asked).operation_id.slice(-1)) % 2 === 1) throw notFound('trace');
    return { events: [] };
  }),
  one('GET', '/api/onlyfans/changes', 'viewer', ({ request }) => {
    const encoder = new TextEncoder();
    let follower: (text: string) => void;
    const body = new ReadableStream<Uint8Array>({
      start(stream) {
        follower = text => stream.enqueue(encoder.encode(text));
        followers.add(follower);
        follower(': here\n\n');
        request.signal.addEventListener('abort', () => followers.delete(follower));
      },
      cancel: () => void followers.delete(follower),
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  }),
  one('GET', '/api/onlyfans/dead-letters', 'operator', ({ query }) => {
    const letters = lettersOf(query);
    return {
      letters,
      total: letters.length,
      is_complete: true,
      causes: overviewOf(world, Date.now()).dead_letters?.causes,
    };
  }),
  one('GET', '/api/audit', 'operator', ({ query, now }) => {
    const day = query['day'] ?? new Date(now).toISOString().slice(0, 10);
    return { actions: world.actions.filter(({ at }) => at.startsWith(day)) };
  }),
  act(
    'POST',
    '/api/onlyfans/dead-letters/redrive',
    ({ body }) => [`${lettersOf(body).length} operations are asked for again, behind what waits.`],
    asked => settle(asked, true),
  ),
  act(
    'POST',
    '/api/onlyfans/dead-letters/discard',
    ({ body }) => [`${lettersOf(body).length} letters are deleted for good.`],
    asked => settle(asked, false),
  ),
  act(
    'POST',
    '/api/onlyfans/operations/{id}/cancel',
    ({ params }) => [`${params['id']} never begins.`],
    asked =>
      becomes({
        ...operationOf(asked),
        state: 'cancelled',
        error: (asked.body['reason'] as string | undefined) ?? 'cancelled by tok-operator',
        at: { ...operationOf(asked).at, cancelled: new Date().toISOString() },
      }),
  ),
  act(
    'POST',
    '/api/onlyfans/operations/{id}/retry',
    ({ params }) => [`A new operation repeats ${params['id']}.`],
    asked => ({ operation_id: asksAgain(operationOf(asked).operation_id), state: 'pending' }),
  ),
  act(
    'POST',
    '/api/onlyfans/operations/{id}/resolve',
    ({ params, body }) => [`${params['id']} is ${String(body['as'])}.`],
    asked => {
      const { operation_id, at } = operationOf(asked);
      const state = asked.body['as'] === 'confirmed' ? 'succeeded' : 'failed';
      const settled = becomes({
        ...operationOf(asked),
        state,
        at: { ...at, [state]: new Date().toISOString() },
      });
      if (asked.body['as'] !== 'sent_again') return settled;
      return { ...settled, sent_again_as: asksAgain(operation_id) };
    },
  ),
  act(
    'POST',
    '/api/onlyfans/creators/{id}/pause',
    asked => [
      `${creatorOf(asked).waiting} operations of ${asked.params['id']} wait until it is resumed.`,
      'What is at the site just now comes to its end.',
    ],
    asked => change(asked, 'paused'),
  ),
  act(
    'POST',
    '/api/onlyfans/creators/{id}/resume',
    asked => [`${creatorOf(asked).waiting} operations of ${asked.params['id']} take their turns again.`],
    asked => change(asked, 'ready'),
  ),
  act(
    'POST',
    '/api/onlyfans/creators/{id}/drain',
    asked => [`Nothing new of ${creatorOf(asked).creator_id} is taken on.`],
    asked => change(asked, 'draining'),
  ),
  act(
    'POST',
    '/api/onlyfans/creators/{id}/skip',
    asked => [`${creatorOf(asked).head?.kind} never begins; the next one takes its turn.`],
    creatorOf,
  ),
  act(
    'POST',
    '/api/onlyfans/creators/{id}/code',
    () => ['The code is typed in at the site, once.'],
    creatorOf,
  ),
  act(
    'POST',
    '/api/onlyfans/creators/{id}/clear-login',
    () => ['The session is forgotten; the next operation signs in.'],
    creatorOf,
  ),
  act(
    'PUT',
    '/api/onlyfans/creators/{id}/credentials',
    () => ['The credentials are replaced; the next login takes them.'],
    creatorOf,
  ),
  ...(['pause', 'resume', 'drain'] as const).map(name =>
    act(
      'POST',
      `/api/onlyfans/${name}`,
      () => [`Concerns ${world.creators.length} creators.`],
      () => ({}),
    ),
  ),
  act(
    'PUT',
    '/api/onlyfans/limits',
    ({ body }) =>
      Object.keys(body)
        .filter(name => name !== 'dry_run')
        .map(name => `${name} becomes ${JSON.stringify(body[name])}.`),
    ({ body }) => {
      for (const [name, value] of Object.entries(body)) {
        Object.assign(world.limits.set, { [name]: value });
        if (value !== null) Object.assign(world.limits.in_force, { [name]: value });
      }
      tell('line', {});
      return world.limits;
    },
  ),
  act(
    'POST',
    '/api/onlyfans/kinds/{kind}/resume',
    ({ params }) => [`${params['kind']} is tried again.`],
    () => ({}),
  ),
  one('GET', '/api/tokens', 'operator', () => ({ tokens: world.tokens })),
  one('POST', '/api/tokens', 'operator', ({ body }) => {
    const token: Token = {
      id: `tok-${world.tokens.length}`,
      created_at: new Date().toISOString(),
      ...(body as Pick<Token, 'name' | 'role' | 'creators'>),
    };
    world.tokens.push(token);
    return { ...token, token: `hz_made-up-${token.id}` };
  }),
  one('DELETE', '/api/tokens/{id}', 'operator', ({ params }) => {
    world.tokens = world.tokens.filter(({ id }) => id !== params['id']);
    return {};
  }),
  one('GET', '/api/webhook', 'creator', () => {
    if (world.webhook === undefined) throw notFound('webhook');
    return world.webhook;
  }),
  act(
    'PUT',
    '/api/webhook',
    ({ body }) => [`What this token asks for is told to ${String(body['url'])}.`],
    ({ body }) => {
      world.webhook = { url: String(body['url']), since: new Date().toISOString() };
      return { ...world.webhook, secret: 'whsec_made-up' };
    },
  ),
  act(
    'DELETE',
    '/api/webhook',
    () => ['Nothing more is told.'],
    () => {
      delete world.webhook;
    },
  ),
  one('GET', '/api/webhook/deliveries', 'creator', () => ({ deliveries: world.deliveries })),
  ...(['redeliver', 'discard'] as const).map(name =>
    act(
      'POST',
      `/api/webhook/deliveries/{id}/${name}`,
      ({ params }) => [
        `That ${params['id']} has ended is ${name === 'discard' ? 'never told' : 'told now'}.`,
      ],
      ({ params }) => {
        world.deliveries = world.deliveries.filter(({ operation_id }) => operation_id !== params['id']);
      },
    ),
  ),
  // What a test lets happen.
  one('POST', '/api/story/tell', 'operator', ({ body }) => tell(String(body['event']), body['data']) ?? {}),
  one('POST', '/api/story/operations', 'operator', ({ body }) => {
    for (const operation of body['operations'] as Operation[]) becomes(operation);
    return {};
  }),
  one('POST', '/api/story/away', 'operator', ({ body }) => {
    if (body['is_away'] === true) outOfReach.add(body['path']);
    else outOfReach.delete(body['path']);
    return {};
  }),
  one('POST', '/api/story/creator/{id}', 'operator', asked => Object.assign(creatorOf(asked), asked.body)),
];

/** What the copy has instead of the API's own: all in one, since its routes are one. */
export const endpoints: readonly Endpoint[] = all;

interface Held {
  world: World;
  /** What is answered as if Redis were away. */
  outOfReach: Set<unknown>;
  /** Who follows the changes. */
  followers: Set<(text: string) => void>;
}

/** One for the process: Next.js makes this module once for the pages and once for the routes. */
function theOne(): Held {
  const place = globalThis as { huntazeStory?: Held };
  place.huntazeStory ??= { world: worldAt(Date.now()), outOfReach: new Set(), followers: new Set() };
  return place.huntazeStory;
}
