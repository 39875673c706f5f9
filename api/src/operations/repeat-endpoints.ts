import { RESOLUTIONS, type Resolution } from '@huntaze/core/lua';
import * as z from 'zod/mini';
import { recorded } from '../audit/audit.ts';
import type { Api } from '../compose.ts';
import { endpoint, type Endpoint } from '../http/endpoint.ts';
import { effects } from '../http/acts.ts';
import { describe, iso, shownOperation } from './describe.ts';
import { accepted, find, type Accepted } from './endpoints.ts';
import type { Repeated } from './again.ts';
import { mayResolve, resolve } from './resolve.ts';
import { requestOf, retry } from './retry.ts';

const TAG = 'Operations';
const inPath = z.strictObject({ id: z.string() });
const text = z.optional(z.string().check(z.minLength(1), z.maxLength(200)));

/** What a person does with an operation that has ended badly: under /api/onlyfans/operations/{id}. */
export function repeatEndpoints(api: () => Api) {
  const again = endpoint(
    api,
    {
      method: 'POST',
      path: '/api/onlyfans/operations/{id}/retry',
      tag: TAG,
      summary: 'Ask again for an operation that has failed or is dead',
      description: 'As a new one that names it. Asked twice, it is one.',
      role: 'creator',
      params: inPath,
      body: z.strictObject({ reason: text, dry_run: z.optional(z.boolean()) }),
      answers: {
        200: { description: 'Only asked: what would happen', schema: effects },
        202: {
          description: 'Accepted, or accepted before; `Location` tells what it waits for',
          schema: accepted,
          headers: { Location: 'Where the new operation is read' },
        },
        409: { description: 'It is not one that can be asked for again; the detail says why' },
      },
    },
    async ({ identity, params, body, now }) => {
      const record = await find(api(), identity, params.id);
      const request = await requestOf(api(), record, now);
      if (body.dry_run)
        return Response.json({
          effect: [
            `${record.kind} of ${record.creator} is asked for again, as a new operation` +
              (record.state === 'dead' ? ', and its dead letter deleted' : ''),
          ],
        });
      const { state, error } = record;
      const about = {
        token_id: identity.tokenId,
        action: 'operation.retry',
        on: `operation ${record.id} of creator ${record.creator}`,
        before: { state, error, ...(body.reason && { reason: body.reason }) },
      };
      const shown = await recorded(api(), about, now, async () =>
        shownOf(await retry(api(), record, request, now)),
      );
      const headers = { location: `/api/onlyfans/operations/${shown.operation_id}` };
      return Response.json(shown, { status: 202, headers });
    },
  );

  const resolveOne = endpoint(
    api,
    {
      method: 'POST',
      path: '/api/onlyfans/operations/{id}/resolve',
      tag: TAG,
      summary: 'Say what is to be held of an operation of which nobody knows whether it took effect',
      description:
        '`confirmed`: it did, and has succeeded. `sent_again`: it is done once more, as a new operation that names it, and has failed itself. `given_up`: it has failed. The first word stays.',
      role: 'operator',
      params: inPath,
      body: z.strictObject({ as: z.enum(RESOLUTIONS), note: text, dry_run: z.optional(z.boolean()) }),
      answers: {
        200: {
          description: 'It is settled',
          schema: z.union([
            z.strictObject({ ...shownOperation.shape, sent_again_as: z.optional(z.string()) }),
            effects,
          ]),
        },
        409: { description: 'There is nothing to settle, or somebody has said something else before' },
      },
    },
    async ({ identity, params, body, now }) => {
      const { as, note, dry_run } = body;
      const record = await find(api(), identity, params.id);
      const { result } = await mayResolve(api(), record, as, now);
      if (dry_run)
        return Response.json({
          effect:
            result.resolved === undefined
              ? [`${record.kind} of ${record.creator} ${EFFECTS[as]}`]
              : ['nothing: this was said before'],
        });
      const { state, error } = record;
      const about = {
        token_id: identity.tokenId,
        action: 'operation.resolve',
        on: `operation ${record.id} of creator ${record.creator}`,
        before: { state, error },
      };
      const { again: repeat } = await recorded(api(), about, now, async () => {
        const { again: id } = await resolve(api(), record, { as, note, by: identity.tokenId }, now);
        return { as, ...(note !== undefined && { note }), ...(id !== undefined && { again: id }) };
      });
      const settled = describe(await find(api(), identity, params.id));
      return Response.json({ ...settled, ...(repeat !== undefined && { sent_again_as: repeat }) });
    },
  );

  return { again, resolveOne } satisfies Record<string, Endpoint>;
}

const EFFECTS: Record<Resolution, string> = {
  confirmed: 'has succeeded: it took effect',
  sent_again: 'is sent again, as a new operation: if it took effect after all, it does so twice',
  given_up: 'has failed, and is not sent again',
};

function shownOf({ operationId, state, position, expectedAt }: Repeated): Accepted {
  return {
    operation_id: operationId,
    state,
    ...(state === 'pending' && expectedAt !== undefined && { position, expected_at: iso(expectedAt) }),
  };
}
