import { safeId } from '@huntaze/core/operations';
import * as z from 'zod/mini';
import { recorded } from '../audit/audit.ts';
import type { Api } from '../compose.ts';
import { bound, endpoint, type Asked, type Endpoint } from '../http/endpoint.ts';
import { effects } from '../http/acts.ts';
import { actOn, discarding, isChosen, pick, redriving, type Choice } from './acts.ts';
import { MOST_HELD } from './box.ts';
import { describeLetter, QUEUE_NAMES, shownLetter, type Letter } from './letter.ts';
import { judge } from './redrive.ts';

const TAG = 'Dead letters';
const cause = z.optional(z.string().check(z.minLength(1), z.maxLength(200)));
const filter = { cause, creator: z.optional(safeId), queue: z.optional(z.enum(QUEUE_NAMES)) };

const counted = z.array(z.strictObject({ cause: z.string(), count: z.int() }));
const listed = z.strictObject({
  letters: z.array(shownLetter),
  /** How many of those that were seen these are. */
  total: z.int(),
  /** Every letter that there is was seen. */
  is_complete: z.boolean(),
  /** Of all that were seen, whatever their cause; the most frequent first. */
  causes: counted,
});

/** Which letters; an empty choice is none, so that nobody means all by mistake. */
const choice = z
  .strictObject({
    ids: z.optional(
      z
        .array(z.string().check(z.regex(/^dl-[0-9a-f]{24}$/, 'must be the id of a dead letter')))
        .check(z.minLength(1), z.maxLength(MOST_HELD)),
    ),
    ...filter,
    reason: z.optional(z.string().check(z.minLength(1), z.maxLength(200))),
    dry_run: z.optional(z.boolean()),
  })
  .check(
    z.refine(
      ({ ids, cause: one, creator, queue }) => [ids, one, creator, queue].some(part => part !== undefined),
      'must say which letters: ids, cause, creator or queue',
    ),
  );
type Asking = z.infer<typeof choice>;

const acted = z.strictObject({
  done: z.array(z.strictObject({ id: z.string(), operation_id: z.optional(z.string()) })),
  failed: z.array(z.strictObject({ id: z.string(), why: z.string() })),
  /** There are no others that were meant. */
  is_complete: z.boolean(),
});

/** The endpoints under /api/onlyfans/dead-letters. */
export function deadLetterEndpoints(api: () => Api) {
  const list = endpoint(
    api,
    {
      method: 'GET',
      path: '/api/onlyfans/dead-letters',
      tag: TAG,
      summary: 'What could not be done, by its cause, the newest first',
      description:
        `Both dead-letter queues are looked through, at most ${MOST_HELD} letters of each. Of one creator the scraper’s shows ` +
        'the first ten only, until they are gone: then `is_complete` is false.',
      role: 'viewer',
      query: z.strictObject(filter),
      answers: { 200: { description: 'The letters', schema: listed } },
    },
    async ({ identity, query }) => {
      if (query.creator !== undefined) bound(identity, query.creator, 'creator');
      const { letters, hasMore } = await api().deadLetters.look();
      const known = pick(letters, isChosen({ ...query, cause: undefined }, identity));
      const shown = known.filter(isChosen(query, identity)).toReversed();
      return Response.json({
        letters: shown.map(describeLetter),
        total: shown.length,
        is_complete: query.queue === undefined ? hasMore.length === 0 : !hasMore.includes(query.queue),
        causes: countCauses(known),
      } satisfies z.infer<typeof listed>);
    },
  );

  const redrive = endpoint(
    api,
    {
      method: 'POST',
      path: '/api/onlyfans/dead-letters/redrive',
      tag: TAG,
      summary: 'Ask again for what could not be done',
      description:
        'Each letter’s operation is asked for again as a new one that names it, in the order in which the letters came, and its letter is deleted then. Asked twice, it is one.',
      role: 'operator',
      body: choice,
      answers: { 200: { description: 'What became of each', schema: z.union([acted, effects]) } },
    },
    asked =>
      act(api(), asked, 'redrive', {
        each: redriving(api(), asked.now),
        foresee: letters => redriveEffect(api(), letters, asked.now),
      }),
  );

  const discard = endpoint(
    api,
    {
      method: 'POST',
      path: '/api/onlyfans/dead-letters/discard',
      tag: TAG,
      summary: 'Delete dead letters',
      description: 'What they ask for is not done any more. It can’t be undone.',
      role: 'operator',
      body: choice,
      answers: { 200: { description: 'What became of each', schema: z.union([acted, effects]) } },
    },
    asked =>
      act(api(), asked, 'discard', {
        each: discarding,
        foresee: letters =>
          Promise.resolve(
            byCreator(letters).map(
              ([of, { length }]) => `${count(length, 'letter')} ${of} ${are(length)} deleted for good`,
            ),
          ),
      }),
  );

  return { list, redrive, discard } satisfies Record<string, Endpoint>;
}

/** How many letters died of what, the most frequent first. */
export function countCauses(letters: readonly Letter[]): z.infer<typeof counted> {
  const causes = Map.groupBy(letters, letter => letter.cause);
  return [...causes]
    .map(([name, { length }]) => ({ cause: name, count: length }))
    .sort((a, b) => b.count - a.count || (a.cause < b.cause ? -1 : 1));
}

async function act(
  api: Api,
  { identity, body, now }: Asked<unknown, unknown, Asking>,
  action: 'redrive' | 'discard',
  { each, foresee }: { each: Parameters<typeof actOn>[3]; foresee: (letters: Letter[]) => Promise<string[]> },
): Promise<Response> {
  const { dry_run, reason, ...asked } = body;
  if (asked.creator !== undefined) bound(identity, asked.creator, 'creator');
  const isMeant = isChosen(asked, identity);
  return api.deadLetters.hold(
    async hands => {
      const first = await hands.more();
      const letters = pick(first.fresh, isMeant);
      if (dry_run)
        return Response.json({
          effect: [...(await foresee(letters)), ...unseen(first.hasMore.length > 0, letters)],
        });
      const about = {
        token_id: identity.tokenId,
        action: `dead-letters.${action}`,
        on: inWords(asked),
        before: { letters: letters.length, causes: countCauses(letters), ...(reason && { reason }) },
      };
      const ended = await recorded(api, about, now, async () => {
        const { done, failed, isComplete } = await actOn(hands, first, isMeant, each);
        const missing = asked.ids?.filter(id => ![...done, ...failed].some(one => one.id === id)) ?? [];
        return {
          done,
          failed: [...failed, ...missing.map(id => ({ id, why: NOT_THERE }))],
          is_complete: isComplete,
        } satisfies z.infer<typeof acted>;
      });
      return Response.json(ended);
    },
    asked.queue && [asked.queue],
  );
}

const NOT_THERE =
  'there is no such letter, or none that can be seen now: others are before it, or somebody looks at it';

/** What the record of actions says of a choice. */
function inWords({ ids, cause: one, creator, queue }: Choice): string {
  const parts = [
    ...(ids ? [count(ids.length, 'dead letter')] : ['dead letters']),
    ...(creator === undefined ? [] : [`of creator ${creator}`]),
    ...(queue === undefined ? [] : [`of the ${queue}`]),
    ...(one === undefined ? [] : [`with cause "${one}"`]),
  ];
  return parts.join(' ');
}

async function redriveEffect(api: Api, letters: Letter[], now: number): Promise<string[]> {
  const ready: Letter[] = [];
  const refused = new Map<string, number>();
  for (const letter of letters) {
    const verdict = await judge(api, letter, now);
    if (verdict.is === 'no') refused.set(verdict.why, (refused.get(verdict.why) ?? 0) + 1);
    else ready.push(letter);
  }
  return [
    ...byCreator(ready).map(
      ([of, { length }]) =>
        `${count(length, 'operation')} ${of} ${are(length)} asked for again, as ${length === 1 ? 'a new one, and its letter' : 'new ones, and their letters'} deleted`,
    ),
    ...[...refused].map(
      ([why, length]) => `${count(length, 'letter')} ${length === 1 ? 'stays' : 'stay'}: ${why}`,
    ),
  ];
}

function unseen(isMore: boolean, letters: Letter[]): string[] {
  if (isMore) return ['others that can’t be seen yet may follow'];
  return letters.length === 0 ? ['nothing: there is no such letter'] : [];
}

/** Letters by whose they are, in words. */
function byCreator(letters: Letter[]): [of: string, letters: Letter[]][] {
  return [
    ...Map.groupBy(letters, ({ creatorId }) =>
      creatorId === undefined ? 'of nobody knows whom' : `of ${creatorId}`,
    ),
  ];
}

const count = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`;
const are = (n: number) => (n === 1 ? 'is' : 'are');
