import { changeRules, type RuleChanges, type Rules } from '@huntaze/core/lua';
import { KINDS } from '@huntaze/core/operations';
import { spanOf } from '@huntaze/core/times';
import * as z from 'zod/mini';
import { recorded } from '../audit/audit.ts';
import type { Api } from '../compose.ts';
import { creators } from '../creators/endpoints.ts';
import { actAnswer, counted, dryRun, reason, wouldDo } from '../http/acts.ts';
import { endpoint, forAll, type Endpoint } from '../http/endpoint.ts';
import { fromLine } from '../http/from-line.ts';
import type { Identity } from '../identity/roles.ts';
import { describeRules, limits, shownLimits, type ShownLimits } from './limits.ts';

const TAG = 'Limits';
/** Nobody means more than this; and none of it overflows anything. */
const MOST = 1_000_000;

const whole = z.optional(z.nullable(z.int().check(z.gte(1), z.lte(MOST))));
const changes = z.strictObject({
  limit: z.optional(z.nullable(z.int().check(z.gte(1), z.lte(10_000)))),
  window_s: z.optional(z.nullable(z.number().check(z.gte(1), z.lte(86_400)))),
  most_unfinished: whole,
  most_waiting: whole,
  most_waiting_of_creator: whole,
  weights: z.optional(z.partialRecord(z.enum(KINDS), z.nullable(z.int().check(z.gte(1), z.lte(100))))),
  reason,
  dry_run: dryRun,
});
type Changes = z.infer<typeof changes>;

/** GET and PUT /api/onlyfans/limits. */
export function limitEndpoints(api: () => Api) {
  const read = endpoint(
    api,
    {
      method: 'GET',
      path: '/api/onlyfans/limits',
      tag: TAG,
      summary:
        'The limits in force, what is used of them, the next slot, and the worst window of the last 24 hours',
      role: 'viewer',
      answers: { 200: { description: 'The limits', schema: shownLimits } },
    },
    async ({ identity, now }) => Response.json(await limitsFor(api(), identity, now)),
  );

  const change = endpoint(
    api,
    {
      method: 'PUT',
      path: '/api/onlyfans/limits',
      tag: TAG,
      summary: 'Change limits while everything runs',
      description:
        'What isn’t named stays; `null` is as the environment has it. A change never lets anything go that was spent before: tokens and slots come back by age only.',
      role: 'operator',
      body: changes,
      answers: { 200: actAnswer('The limits as they are now', shownLimits) },
    },
    async ({ identity, body, now }) => {
      forAll(identity);
      const { redis, limit } = api();
      const asked = ruleChanges(body);
      const before = await fromLine(changeRules(redis, limit));
      if (body.dry_run) {
        const would = await fromLine(changeRules(redis, limit, asked, true));
        const known = await limitsFor(api(), identity, now);
        const waiting = (await creators(api(), identity)).reduce(
          (sum, one) => sum + one.pending + one.waiting,
          0,
        );
        return wouldDo(effectsOf(before, would, waiting, known));
      }
      const about = {
        token_id: identity.tokenId,
        action: 'limits.change',
        on: body.reason === undefined ? 'limits' : `limits (${body.reason})`,
        before: describeRules(before),
      };
      await recorded(api(), about, now, async () =>
        describeRules(await fromLine(changeRules(redis, limit, asked))),
      );
      return Response.json(await limitsFor(api(), identity, now));
    },
  );
  return { read, change } satisfies Record<string, Endpoint>;
}

/** The limits, with the lines of the creators that somebody may see. @throws Refusal 503 */
async function limitsFor(api: Api, identity: Identity, now: number): Promise<ShownLimits> {
  if (api.limit.scope === 'platform') return limits(api, [], now);
  return limits(
    api,
    (await creators(api, identity)).map(({ creator_id }) => creator_id),
    now,
  );
}

function ruleChanges({
  limit,
  window_s,
  most_unfinished,
  most_waiting,
  most_waiting_of_creator,
  weights,
}: Changes): RuleChanges {
  const named = {
    limit,
    windowMs: typeof window_s === 'number' ? Math.round(window_s * 1_000) : window_s,
    mostUnfinished: most_unfinished,
    mostWaiting: most_waiting,
    mostWaitingOfCreator: most_waiting_of_creator,
    weights,
  };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
}

/** What a change would do, for whoever is about to make it. */
export function effectsOf(
  before: Rules,
  after: Rules,
  waiting: number,
  { scope, lines }: ShownLimits,
): string[] {
  const inWords = ({ limit, windowMs }: Rules) => `${counted(limit, 'operation')} in any ${spanOf(windowMs)}`;
  const isSamePace = before.limit === after.limit && before.windowMs === after.windowMs;
  const effects: string[] = [];
  if (!isSamePace) {
    effects.push(
      `at most ${inWords(after)}${scope === 'creator' ? ' for each creator' : ''}, until now ${inWords(before)}`,
    );
    effects.push('what is spent of the window stays spent: nothing goes earlier for it');
    const over = lines.filter(({ used }) => used > after.limit).length;
    if (over > 0) effects.push('more than that is taken just now: nothing goes until it has come back');
    if (after.windowMs > before.windowMs)
      effects.push(
        `nothing goes for ${spanOf(after.windowMs - before.windowMs)}: what is older than the shorter window was forgotten`,
      );
    if (waiting > 0 && scope === 'platform')
      effects.push(
        `${counted(waiting, 'operation')} that ${waiting === 1 ? 'waits' : 'wait'} would have gone in ${clearedIn(waiting, after)}, before in ${clearedIn(waiting, before)}`,
      );
  }
  const others = [
    ['operations let through and not ended', before.mostUnfinished, after.mostUnfinished],
    ['operations waiting in all', before.mostWaiting, after.mostWaiting],
    ['operations waiting of one creator', before.mostWaitingOfCreator, after.mostWaitingOfCreator],
  ] as const;
  for (const [what, old, now] of others)
    if (old !== now)
      effects.push(`at most ${now.toLocaleString('en')} ${what}, until now ${old.toLocaleString('en')}`);
  if (after.mostWaiting < waiting)
    effects.push('more than that wait already: nothing new is accepted until they are fewer');
  for (const kind of new Set([...Object.keys(before.weights), ...Object.keys(after.weights)])) {
    const [old, now] = [before.weights[kind] ?? 1, after.weights[kind] ?? 1];
    if (old !== now)
      effects.push(
        `${kind} takes ${counted(now, 'token')}, until now ${old}; what waits already keeps its own`,
      );
  }
  return effects.length > 0 ? effects : ['nothing changes'];
}

/** Whole windows, the last one not counted to its end. */
function clearedIn(waiting: number, { limit, windowMs }: Rules): string {
  return spanOf(Math.floor((waiting - 1) / limit) * windowMs);
}
