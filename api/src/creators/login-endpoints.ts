import { putCode, readLogin, resume, type LoginState } from '@huntaze/core/lua';
import { CODE_KEPT_MS, isAboutCode, ONE_TIME_CODE, ONE_TIME_CODE_RULE } from '@huntaze/core/one-time-code';
import { safeId } from '@huntaze/core/operations';
import * as z from 'zod/mini';
import { recorded } from '../audit/audit.ts';
import type { Api } from '../compose.ts';
import { bound, endpoint, type Endpoint } from '../http/endpoint.ts';
import { fromLine } from '../http/from-line.ts';
import { iso } from '../operations/describe.ts';
import { findCredentials, putCredentials, rotateCredentials } from './credentials.ts';

const TAG = 'Logins of creators';
/** Longer ones no site has, and no form takes. */
const LONGEST_EMAIL = 254;
const LONGEST_PASSWORD = 256;

const inPath = z.strictObject({ id: safeId });
/** What every act of an operator takes. */
const act = {
  dry_run: z.optional(z.boolean()),
  reason: z.optional(z.string().check(z.minLength(1), z.maxLength(200))),
};
const credentials = z.strictObject({
  email: z.string().check(
    z.maxLength(LONGEST_EMAIL),
    // As little as tells an address from a slip of the hand: what is one, the site says.
    z.regex(/^[^\s@\p{Cc}]+@[^\s@\p{Cc}]+$/u, 'must be an e-mail address'),
  ),
  password: z
    .string()
    .check(
      z.minLength(1),
      z.maxLength(LONGEST_PASSWORD),
      z.regex(/^\P{Cc}*$/u, 'must have no line breaks or other control characters'),
    ),
  ...act,
});
const code = z.strictObject({
  code: z.string().check(z.regex(ONE_TIME_CODE, `must be ${ONE_TIME_CODE_RULE}`)),
  ...act,
});

const effect = z.array(z.string());
const foreseen = z.strictObject({ effect });
/** What was done, or with `dry_run` what would be: sentences for people. */
const done = { creator_id: z.string(), effect };

/** The endpoints under /api/onlyfans/creators/{id} for a creator that the site doesn't let in. */
export function loginEndpoints(api: () => Api) {
  const state = (creatorId: string) => fromLine(readLogin(api().redis, creatorId));
  const letTry = (creatorId: string) => {
    const { redis, limit } = api();
    return fromLine(resume(redis, { who: { creatorId }, scope: limit.scope }, undefined, 'login'));
  };

  const replace = endpoint(
    api,
    {
      method: 'PUT',
      path: '/api/onlyfans/creators/{id}/credentials',
      tag: TAG,
      summary: 'Set what a creator logs in with',
      description:
        'Goes straight to Secrets Manager, as `AWSCURRENT`, and can’t be read here: the answer and the record of actions say that it was set, not what it is. A creator without a secret gets one, rotated every 90 days. A creator that needed a login goes on. A session that is open stays open: to give a creator another account, erase it first.',
      role: 'operator',
      params: inPath,
      body: credentials,
      mostBytes: 4 * 1_024,
      answers: {
        200: {
          description: 'They are in place; or, with `dry_run`, what would be done',
          schema: z.union([z.strictObject({ ...done, secret: z.enum(['created', 'replaced']) }), foreseen]),
        },
        409: { description: 'The creator’s secret waits for its deletion: nothing was changed' },
      },
    },
    async ({ identity, params: { id }, body, now }) => {
      bound(identity, id, 'creator');
      const [found, login] = await Promise.all([findCredentials(api(), id), state(id)]);
      const isNew = found.is === 'absent';
      const isToBeRotated = isNew || !found.isRotated;
      const { ROTATE_CREDENTIALS_ARN: rotates } = api().env;
      const said = [
        isNew
          ? `${id} gets a secret with this e-mail address and password`
          : `the e-mail address and password of ${id} are replaced, for every login from now on`,
        ...(isToBeRotated && rotates !== undefined
          ? ['the password is changed every 90 days from now on, by the pipeline itself']
          : []),
        login.halted
          ? `${id} goes on, and logs in with them: ${login.halted.why}, since ${iso(login.halted.sinceMs)}`
          : `${id} needs no login just now: they are used for the next one`,
      ];
      if (body.dry_run === true) return Response.json({ effect: said });
      const secret = isNew ? ('created' as const) : ('replaced' as const);
      await recorded(
        api(),
        {
          token_id: identity.tokenId,
          action: 'creator.credentials',
          on: `creator ${id}`,
          before: { secret: found.is, ...shown(login) },
        },
        now,
        async () => {
          await putCredentials(api(), id, body, found);
          await letTry(id);
          if (isToBeRotated) await rotateCredentials(api(), id);
          return { secret, ...shown(await state(id)), ...because(body.reason) };
        },
      );
      return Response.json({ creator_id: id, secret, effect: said });
    },
  );

  const enter = endpoint(
    api,
    {
      method: 'POST',
      path: '/api/onlyfans/creators/{id}/code',
      tag: TAG,
      summary: 'Enter the one-time code that the site asks for',
      description: `A login that waits for it types it within seconds. Where none waits, it is kept for ${CODE_KEPT_MS / 60_000} minutes, and typed if a login asks for one by then; a creator that was halted because of a code goes on. It is used once, and can’t be read here.`,
      role: 'operator',
      params: inPath,
      body: code,
      mostBytes: 4 * 1_024,
      answers: {
        202: {
          description: 'It is kept until it is typed',
          schema: z.strictObject({ ...done, is_awaited: z.boolean(), kept_until: z.iso.datetime() }),
        },
        200: { description: 'With `dry_run`: what would be done', schema: foreseen },
      },
    },
    async ({ identity, params: { id }, body, now }) => {
      bound(identity, id, 'creator');
      const login = await state(id);
      const isAwaited = login.codeAwaitedUntilMs !== undefined;
      const isHaltedForIt = login.halted !== undefined && isAboutCode(login.halted.why);
      const said = (keptUntilMs: number) =>
        isAwaited
          ? [`the login of ${id} waits for it, and types it at once`]
          : [
              `no login of ${id} asks for a code just now: it is kept until ${iso(keptUntilMs)}, for one that asks by then`,
              ...(isHaltedForIt ? [`${id} goes on, and logs in again`] : []),
              ...(login.halted && !isHaltedForIt ? [`${id} stays halted: ${login.halted.why}`] : []),
            ];
      if (body.dry_run === true) return Response.json({ effect: said(now + CODE_KEPT_MS) });
      let keptUntilMs = 0;
      await recorded(
        api(),
        {
          token_id: identity.tokenId,
          action: 'creator.code',
          on: `creator ${id}`,
          before: shown(login),
        },
        now,
        async () => {
          const given = { creatorId: id, code: body.code, keptMs: CODE_KEPT_MS };
          keptUntilMs = await fromLine(putCode(api().redis, given));
          // What a person had to do is done. A login that waits asks again if the site doesn't take it.
          if (isHaltedForIt) await letTry(id);
          return { code: 'entered', is_awaited: isAwaited, ...because(body.reason) };
        },
      );
      return Response.json(
        {
          creator_id: id,
          is_awaited: isAwaited,
          kept_until: iso(keptUntilMs),
          effect: said(keptUntilMs),
        },
        { status: 202 },
      );
    },
  );

  const clear = endpoint(
    api,
    {
      method: 'POST',
      path: '/api/onlyfans/creators/{id}/clear-login',
      tag: TAG,
      summary: 'Let a creator try its login again',
      description:
        'For a creator that the site didn’t let in, once a person has seen to it. If the site still doesn’t, it is halted again.',
      role: 'operator',
      params: inPath,
      body: z.strictObject(act),
      answers: {
        200: {
          description: 'It goes on; or, with `dry_run`, what would be done',
          schema: z.union([z.strictObject({ ...done, is_cleared: z.boolean() }), foreseen]),
        },
      },
    },
    async ({ identity, params: { id }, body, now }) => {
      bound(identity, id, 'creator');
      const login = await state(id);
      const said = [
        login.halted
          ? `${id} goes on, and logs in again: ${login.halted.why}, since ${iso(login.halted.sinceMs)}`
          : `${id} needs no login: nothing changes`,
      ];
      if (body.dry_run === true) return Response.json({ effect: said });
      const after = await recorded(
        api(),
        {
          token_id: identity.tokenId,
          action: 'creator.clear_login',
          on: `creator ${id}`,
          before: shown(login),
        },
        now,
        async () => ({ is_cleared: await letTry(id), ...because(body.reason) }),
      );
      return Response.json({ creator_id: id, is_cleared: after.is_cleared, effect: said });
    },
  );

  return { replace, enter, clear } satisfies Record<string, Endpoint>;
}

/** What is known of a login, for the record. */
function shown({ halted, codeAwaitedUntilMs }: LoginState) {
  return {
    needs_login: halted === undefined ? false : { since: iso(halted.sinceMs), why: halted.why },
    ...(codeAwaitedUntilMs !== undefined && { code_awaited_until: iso(codeAwaitedUntilMs) }),
  };
}

function because(reason: string | undefined) {
  return reason === undefined ? {} : { reason };
}
