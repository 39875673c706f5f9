import type { Endpoint, Method } from './endpoint.ts';

/** As Next.js calls a route handler. */
type Handler = (request: Request, context: { params: Promise<Record<string, string>> }) => Promise<Response>;

/** The route handlers of one path: what a `route.ts` exports. */
export function routes<const E extends Partial<Record<Method, Endpoint>>>(
  endpoints: E,
): { [M in keyof E]: Handler } {
  const handlers = Object.entries(endpoints).map(([method, endpoint]) => {
    const handler: Handler = async (request, { params }) => endpoint.handle(request, await params);
    return [method, handler] as const;
  });
  return Object.fromEntries(handlers) as { [M in keyof E]: Handler };
}
