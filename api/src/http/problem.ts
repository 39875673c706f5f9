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

/** Ends a request with a problem. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly problem: Problem;

  constructor(problem: Problem, options?: ErrorOptions) {
    super(problem.detail, options);
    this.problem = problem;
  }
}

/** The problem as a response (RFC 9457). */
export function problemResponse({ status, title, detail, errors, headers }: Problem): Response {
  return new Response(
    JSON.stringify({ type: 'about:blank', title, status, detail, ...(errors ? { errors } : {}) }),
    {
      status,
      headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers },
    },
  );
}

/** A request with fields that are wrong; each is named. */
export function badRequest(faults: FieldFault[]): Refusal {
  return new Refusal({
    status: 400,
    title: 'Bad Request',
    detail: faults.map(fault => `${fault.field} ${fault.message}`).join('; '),
    errors: faults,
  });
}

/** There is no such thing, or none that this token may know of: the two look alike. */
export function notFound(what: string): Refusal {
  return new Refusal({ status: 404, title: 'Not Found', detail: `there is no such ${what}` });
}

/** It can't be done as things stand; the detail says what stands in the way. */
export function conflict(detail: string): Refusal {
  return new Refusal({ status: 409, title: 'Conflict', detail });
}

/** For failures that are ours: said without their insides. */
export function unavailable(detail: string, cause?: unknown): Refusal {
  const headers = { 'retry-after': '10' };
  return new Refusal({ status: 503, title: 'Service Unavailable', detail, headers }, { cause });
}
