import * as z from 'zod/mini';
import type { About, Answer, Endpoint } from './endpoint.ts';
import { MOST_BODY_BYTES } from './endpoint.ts';

type Json = Record<string, unknown>;

const PROBLEM = { $ref: '#/components/schemas/Problem' };

/** What any endpoint may answer besides its own. */
const ALWAYS: Record<number, string> = {
  400: 'A field is missing, unknown or wrong; each is named',
  401: 'No token, or none that is known',
  403: 'The token’s role is not enough, or a session’s request came from another site',
  404: 'There is no such thing, or none that this token may know of',
  429: 'The token has made too many requests; `Retry-After` says when to go on',
  503: 'Redis, SQS or S3 can’t be reached; nothing was done. Try again after `Retry-After`',
};

/** The OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.0) of these endpoints: what each takes and gives is from the schemas that check it. */
export function openApi(endpoints: readonly Endpoint[]) {
  const paths: Record<string, Json> = {};
  for (const { about } of endpoints) {
    const path = (paths[about.path] ??= {});
    path[about.method.toLowerCase()] = operationOf(about);
  }
  const tags = [...new Set(endpoints.map(({ about }) => about.tag))].map(name => ({ name }));
  return {
    openapi: '3.1.0',
    info: {
      title: 'Huntaze',
      version: '1',
      description:
        'Rate-limited, ordered, side-effecting work in a browser: never above the site’s limit, in order for each creator, nothing lost, nothing done twice. Every answer that is a failure is a problem of RFC 9457; every answer says what is left of the token’s own limit.',
    },
    servers: [{ url: '/' }],
    tags,
    security: [{ bearer: [] }, { session: [] }],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'A token; `npm run token` makes one' },
        session: { type: 'apiKey', in: 'cookie', name: 'huntaze-session', description: 'The console’s' },
      },
      schemas: { Problem: schemaOf(problem, 'output') },
    },
  };
}

const problem = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  errors: z.optional(z.array(z.strictObject({ field: z.string(), message: z.string() }))),
});

function operationOf(about: About<unknown, unknown, unknown>): Json {
  const { method, path, tag, summary, description, role, body, mostBytes = MOST_BODY_BYTES } = about;
  return {
    operationId: `${method.toLowerCase()}${path
      .replace('/api/', '/')
      .replaceAll(/[/{}-]+(\w?)/g, (_, letter: string) => letter.toUpperCase())}`,
    tags: [tag],
    summary,
    description: [description, `Needs a token of the role ${role}, or one that includes it.`]
      .filter(Boolean)
      .join(' '),
    parameters: [
      ...parametersOf(about.params, 'path'),
      ...parametersOf(about.query, 'query'),
      ...Object.entries(about.headers ?? {}).map(([name, said]) => ({
        name,
        in: 'header',
        required: false,
        description: said,
        schema: { type: 'string' },
      })),
    ],
    ...(body && {
      requestBody: {
        required: true,
        description: `At most ${mostBytes / 1_024} KB`,
        content: { 'application/json': { schema: schemaOf(body, 'input') } },
      },
    }),
    responses: Object.fromEntries([
      ...Object.entries(about.answers).map(([status, answer]) => [status, answerOf(Number(status), answer)]),
      ...Object.entries(ALWAYS)
        .filter(([status]) => !(status in about.answers))
        .map(([status, said]) => [status, answerOf(Number(status), { description: said })]),
    ]),
  };
}

function parametersOf(schema: z.ZodMiniType | undefined, place: 'path' | 'query'): Json[] {
  if (schema === undefined) return [];
  const { required = [] } = schemaOf(schema, 'input') as { required?: string[] };
  // All of it arrives as text; what is meant is what that is read as.
  const { properties = {} } = schemaOf(schema, 'output') as { properties?: Record<string, Json> };
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: required.includes(name),
    ...(description !== undefined && { description }),
    schema: rest,
  }));
}

function answerOf(status: number, { description, schema, contentType, headers = {} }: Answer): Json {
  const isProblem = status >= 400;
  const content = isProblem
    ? { 'application/problem+json': { schema: PROBLEM } }
    : schema
      ? { [contentType ?? 'application/json']: { schema: schemaOf(schema, 'output') } }
      : contentType && { [contentType]: {} };
  const named = Object.entries(headers).map(([name, said]) => [
    name,
    { description: said, schema: { type: 'string' } },
  ]);
  return {
    description,
    ...(named.length > 0 && { headers: Object.fromEntries(named) as Json }),
    ...(content && { content }),
  };
}

/** @param io `input`: what is sent, `output`: what comes back */
function schemaOf(schema: z.ZodMiniType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}
