import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { isSafeId, madeAt } from '@huntaze/core/ids';
import { missingOf, restoreOperations, type EndedOperation } from '@huntaze/core/lua';
import { PREFIXES, TRACE } from '@huntaze/core/names';
import { KINDS } from '@huntaze/core/operations';
import * as z from 'zod/mini';
import type { Api } from '../compose.ts';
import { fromLine } from '../http/from-line.ts';
import { unavailable } from '../http/problem.ts';

/** The results of so many days are looked through. */
export const REBUILT_DAYS = 7;
/** So many objects at a time, and no more than so many bytes of them, unless one alone has more. */
const PAGE = { objects: 300, bytes: 64 * 1_024 * 1_024 };
/** So many are read at once. */
const READERS = 8;
/** How long S3 may take for one call (ms). */
const DEADLINE_MS = 10_000;
const DAY_MS = 86_400_000;

/** What of a result the records in Redis have, too. */
const ending = z.object({
  operation_id: z.string(),
  creator_id: z.string(),
  kind: z.enum(KINDS),
  status: z.enum(['succeeded', 'failed', 'dead', 'outcome_unknown']),
  started_at: z.iso.datetime(),
  finished_at: z.iso.datetime(),
  attempts: z.int().check(z.gte(0)),
  error: z.optional(z.string()),
});

/** What rebuilding needs. */
export type RebuildPorts = Pick<Api, 's3' | 'redis' | 'limit' | 'log' | 'lineNow'> & {
  env: Pick<Api['env'], 'RESULTS_BUCKET'>;
};

/** What became of one page of the results. */
export interface Rebuilt {
  /** Results of the last days. */
  seen: number;
  /** Of operations of which Redis knew nothing. */
  restored: number;
  /** Results that can't be read as such; the log names them. */
  unreadable: number;
  /** Where the next page begins; undefined: that was all. */
  next: string | undefined;
}

interface Found {
  key: string;
  creatorId: string;
  operationId: string;
  bytes: number;
}

/**
 * Looks through a page of the results, and makes known again what Redis has lost of them. Twice is once.
 * @param cursor `next` of the page before
 * @param now ms since the epoch
 * @throws Refusal 503
 */
export async function rebuildPage(
  api: RebuildPorts,
  cursor: string | undefined,
  now: number,
  { dryRun }: { dryRun: boolean },
): Promise<Rebuilt> {
  const { found, end, isLast } = await listed(api, cursor, now - REBUILT_DAYS * DAY_MS);
  const missing = await fromLine(
    missingOf(
      api.redis,
      found.map(({ operationId }) => operationId),
    ),
  );
  const wanted = found.filter(({ operationId }) => missing.has(operationId));
  const page = upTo(PAGE.bytes, wanted);
  const cut = page.length < wanted.length ? page.at(-1)?.key : undefined;
  const read = await readAll(api, page);
  const operations = read.filter(one => one !== undefined);
  const restored =
    dryRun || operations.length === 0
      ? operations.length
      : await fromLine(restoreOperations(api.redis, api.limit.scope, operations, api.lineNow?.()));
  return {
    seen: cut === undefined ? found.length : found.findIndex(({ key }) => key === cut) + 1,
    restored,
    unreadable: read.length - operations.length,
    next: cut ?? (isLast ? undefined : end),
  };
}

async function listed({ s3, env }: RebuildPorts, cursor: string | undefined, since: number) {
  const page = await fromStore(
    s3.send(
      new ListObjectsV2Command({
        Bucket: env.RESULTS_BUCKET,
        Prefix: `${PREFIXES.results}/`,
        StartAfter: cursor,
        MaxKeys: PAGE.objects,
      }),
      { abortSignal: AbortSignal.timeout(DEADLINE_MS) },
    ),
  );
  const contents = page.Contents ?? [];
  const found = contents.flatMap(({ Key = '', LastModified, Size = 0 }): Found[] => {
    const [, creatorId, operationId] = /^[^/]+\/([^/]+)\/([^/]+)\.json$/.exec(Key) ?? [];
    const isResult = isSafeId(creatorId) && isSafeId(operationId) && !Key.endsWith(TRACE);
    if (!isResult || (LastModified?.getTime() ?? 0) < since) return [];
    return [{ key: Key, creatorId, operationId, bytes: Size }];
  });
  return { found, end: contents.at(-1)?.Key, isLast: page.IsTruncated !== true };
}

/** The first of them, at least one. */
function upTo(mostBytes: number, all: Found[]): Found[] {
  let bytes = 0;
  const end = all.findIndex(one => (bytes += one.bytes) > mostBytes);
  return end < 0 ? all : all.slice(0, Math.max(1, end));
}

/** In their order; undefined for what can't be read as a result. */
async function readAll(api: RebuildPorts, all: Found[]): Promise<(EndedOperation | undefined)[]> {
  const read: (EndedOperation | undefined)[] = [];
  for (let from = 0; from < all.length; from += READERS)
    read.push(...(await Promise.all(all.slice(from, from + READERS).map(one => readOne(api, one)))));
  return read;
}

async function readOne({ s3, env, log }: RebuildPorts, found: Found): Promise<EndedOperation | undefined> {
  const text = await fromStore(
    s3
      .send(new GetObjectCommand({ Bucket: env.RESULTS_BUCKET, Key: found.key }), {
        abortSignal: AbortSignal.timeout(DEADLINE_MS),
      })
      .then(({ Body }) => Body?.transformToString()),
  );
  const { success, data: result } = z.safeParse(ending, parsed(text ?? ''));
  const isIts = success && result.operation_id === found.operationId && result.creator_id === found.creatorId;
  if (!isIts) {
    log({ message: 'not a result', key: found.key });
    return undefined;
  }
  const begunAt = Date.parse(result.started_at);
  const acceptedAt = madeAt(found.operationId);
  return {
    operationId: found.operationId,
    creatorId: found.creatorId,
    kind: result.kind,
    state: result.status,
    // Whoever makes ids like ours for something else is not believed.
    acceptedAt: acceptedAt !== undefined && acceptedAt <= begunAt ? acceptedAt : undefined,
    begunAt,
    endedAt: Date.parse(result.finished_at),
    attempts: result.attempts,
    error: result.error,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // not JSON
  }
}

/** @throws Refusal 503 */
async function fromStore<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    throw unavailable('the results can not be reached; try again', error);
  }
}
