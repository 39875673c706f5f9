import { notFound, problemResponse } from '../../../src/http/problem.ts';

/** Whatever isn't there is a problem like any other: a client that has mistyped a path reads JSON, not a page. */
const nothing = () => Promise.resolve(problemResponse(notFound('path; /docs describes this API').problem));

export { nothing as GET, nothing as POST, nothing as PUT, nothing as PATCH, nothing as DELETE };
