import { GetObjectCommand, NoSuchKey, type S3Client } from '@aws-sdk/client-s3';
import { resultKey } from '@huntaze/core/names';
import type { Kind, OperationRequest, State } from '@huntaze/core/operations';
import type { SiteLogEntry } from '../site/log.ts';
import type { Outcome } from './audit.ts';

/** How long one request may take (ms); the API itself gives up sending after 10 s. */
const REQUEST_MS = 15_000;

/** The pipeline was asked for something it will never do: asking again is no use. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

/** One operation as the API shows it; what a job needs of it. */
export interface Seen {
  state: State;
  position?: number;
  expected_at?: string;
  retry_at?: string;
  receives: number;
  attempts: number;
  error?: string;
}

/** One operation of the API's list; what tells it from a job's own. */
interface Listed {
  operation_id: string;
  creator_id: string;
  kind: Kind;
  attempts: number;
  at: Partial<Record<State, string>>;
}

/** The API's list gives at most so many at a time. */
const PAGE = 100;

/** The pipeline as a job sees it from outside. */
export interface Client {
  /** Asks for one operation; returns its id. Asked again under the same key, it is the same one. */
  submit(request: OperationRequest, key: string): Promise<string>;
  /** Undefined if the pipeline doesn't know it. */
  see(operationId: string): Promise<Seen | undefined>;
  /** Every operation that was noted since `since` (ms), whoever asked for it. */
  noted(since: number): Promise<Listed[]>;
  result(creatorId: string, operationId: string): Promise<Outcome['result']>;
  siteLog(): Promise<SiteLogEntry[]>;
}

/** What the API didn't do: for now, or at all. */
function failure(status: number, detail = ''): Error {
  const message = `the API answered ${status}: ${detail}`;
  return status >= 500 || status === 429 ? new Error(message) : new Refused(message);
}

/** A client over HTTP and S3, the ways that are open to everybody. */
export function httpClient(at: {
  apiUrl: string;
  token: string;
  siteUrl: string;
  s3: S3Client;
  bucket: string;
}): Client {
  const operations = `${at.apiUrl}/api/onlyfans/operations`;
  const authorization = `Bearer ${at.token}`;
  const signal = () => AbortSignal.timeout(REQUEST_MS);
  return {
    async submit(request, key) {
      const answer = await fetch(operations, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify(request),
        signal: signal(),
      });
      const body = (await answer.json()) as { operation_id: string; detail?: string };
      if (answer.status !== 202) throw failure(answer.status, body.detail);
      return body.operation_id;
    },
    async see(operationId) {
      const answer = await fetch(`${operations}/${operationId}`, {
        headers: { authorization },
        signal: signal(),
      });
      if (answer.status === 404) return undefined;
      if (!answer.ok) throw failure(answer.status);
      return (await answer.json()) as Seen;
    },
    async noted(since) {
      const found: Listed[] = [];
      let cursor = '';
      // Ends: what is listed is bounded, and each page begins below the one before.
      for (;;) {
        const answer = await fetch(`${operations}?limit=${PAGE}${cursor}`, {
          headers: { authorization },
          signal: signal(),
        });
        if (!answer.ok) throw failure(answer.status);
        const { operations: page, next } = (await answer.json()) as { operations: Listed[]; next?: string };
        found.push(...page);
        const oldest = page.at(-1);
        // The newest come first; where the list ends, or is older than what is asked for, all has been seen.
        if (!oldest || next === undefined || Date.parse(Object.values(oldest.at)[0] ?? '') < since)
          return found;
        cursor = `&cursor=${next}`;
      }
    },
    async result(creatorId, operationId) {
      try {
        const object = await at.s3.send(
          new GetObjectCommand({ Bucket: at.bucket, Key: resultKey(creatorId, operationId) }),
        );
        return JSON.parse((await object.Body?.transformToString()) ?? 'null') as Outcome['result'];
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        throw error;
      }
    },
    async siteLog() {
      const answer = await fetch(`${at.siteUrl}/__site/log`, { signal: signal() });
      if (!answer.ok) throw new Error(`the site's log answered ${answer.status}`);
      const text = await answer.text();
      return text
        .split('\n')
        .filter(line => line.trim() !== '')
        .map(line => JSON.parse(line) as SiteLogEntry);
    },
  };
}
