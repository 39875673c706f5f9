import type { FieldFault } from '@huntaze/core/operations';

/** What went wrong, in the terms of RFC 9457. */
export interface Problem {
  status: number;
  title: string;
  detail: string;
  /** The fields that are wrong, each with what it should be. */
  errors?: FieldFault[];
  headers?: Record<string, string>;
}

/** The problem as a response (RFC 9457). */
export function problem({ status, title, detail, errors, headers }: Problem): Response {
  return new Response(
    JSON.stringify({ type: 'about:blank', title, status, detail, ...(errors ? { errors } : {}) }),
    {
      status,
      headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers },
    },
  );
}

/** A request with fields that are wrong; each is named. */
export function badRequest(faults: FieldFault[]): Response {
  return problem({
    status: 400,
    title: 'Bad Request',
    detail: faults.map(fault => `${fault.field} ${fault.message}`).join('; '),
    errors: faults,
  });
}

/** For failures that are ours: said without their insides. */
export function unavailable(detail: string): Response {
  return problem({ status: 503, title: 'Service Unavailable', detail, headers: { 'retry-after': '10' } });
}
