import {
  DescribeSecretCommand,
  DeleteSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
} from '@aws-sdk/client-secrets-manager';
import type { Api } from '@huntaze/api/compose';
import { loginEndpoints } from '@huntaze/api/creators/login-endpoints';
import { readAudit } from '@huntaze/api/audit/audit';
import type { Endpoint } from '@huntaze/api/http/endpoint';
import type { Identity } from '@huntaze/api/identity/roles';
import { CODE_ASKED } from '@huntaze/core/one-time-code';
import { pause, readLogin, takeCode } from '@huntaze/core/lua';
import { startTestAws, type TestAws } from '@huntaze/local/aws/test-clients';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { useRedis } from '../support/redis.ts';

// The endpoints for a creator that can't log in, with a real Redis, and AWS at the wire.

const PREFIX = 'creators';
const NAME = `${PREFIX}/ada`;
const KEY = 'arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const ROTATES = 'arn:aws:lambda:us-east-1:000000000000:function:rotate';
const CREDENTIALS = { email: 'ada@example.com', password: 'Xk-new-secret-9 "\\' };
const CODE = '493817';
const NOW = Date.parse('2026-12-01T12:00:00Z');

const redis = useRedis();
let aws: TestAws;
let logged: unknown[];
let answers: unknown[];
let api: Api;

const whoever = (role: Identity['role'], creators: Identity['creators']): Identity => ({
  tokenId: `tok-${role}`,
  tokenSha256: 'x',
  role,
  creators,
});
const PEOPLE: Record<string, Identity> = {
  hz_all: whoever('operator', 'all'),
  hz_ada: whoever('operator', ['ada']),
  hz_bea: whoever('operator', ['bea']),
  hz_creator: whoever('creator', ['ada']),
};

beforeEach(async () => {
  aws = await startTestAws({ buckets: ['results'] });
  logged = [];
  answers = [];
  api = {
    env: { RESULTS_BUCKET: 'results', CREDENTIALS_SECRET_PREFIX: PREFIX, CREDENTIALS_KMS_KEY_ID: KEY },
    redis: redis.client,
    s3: aws.s3,
    secrets: aws.secrets,
    limit: { scope: 'platform', limit: 10, windowMs: 60_000 },
    authenticate: (token: string) => Promise.resolve(PEOPLE[token]),
    allow: () => ({ isAllowed: true, limit: 600, windowSeconds: 60, remaining: 1, resetSeconds: 1 }),
    now: () => NOW,
    log: (line: unknown) => void logged.push(line),
  } as unknown as Api;
});
afterEach(() => aws.close());

const { replace, enter, clear } = loginEndpoints(() => api);

async function ask(it: Endpoint, body: unknown, { as = 'hz_ada', id = 'ada' } = {}) {
  const request = new Request('https://api.example/api/onlyfans/creators/x', {
    method: it.about.method,
    headers: { authorization: `Bearer ${as}`, host: 'api.example' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const response = await it.handle(request, { id });
  const answer = (await response.json()) as Record<string, unknown> & { effect: string[]; detail: string };
  answers.push(answer);
  return { status: response.status, answer };
}

const put = (body: unknown = CREDENTIALS, who?: { as?: string; id?: string }) => ask(replace, body, who);
const give = (body: unknown = { code: CODE }, who?: { as?: string; id?: string }) => ask(enter, body, who);

const halt = (why: string) =>
  pause(redis.client, { who: { creatorId: 'ada' }, scope: 'platform', why }, undefined, 'login');
const halted = async () => (await readLogin(redis.client, 'ada')).halted;
const secret = async (stage = 'AWSCURRENT') =>
  JSON.parse(
    (await aws.secrets.send(new GetSecretValueCommand({ SecretId: NAME, VersionStage: stage })))
      .SecretString ?? '',
  ) as unknown;
const audit = () => readAudit(api, '2026-12-01');

/** Neither is anywhere that anybody reads. */
async function expectNothingSecret(): Promise<void> {
  const told = JSON.stringify([logged, answers, await audit()]);
  for (const one of [CREDENTIALS.password.slice(0, 12), CREDENTIALS.email, CODE])
    expect(told).not.toContain(one);
}

describe('credentials', () => {
  test('a creator without a secret gets one, under the key that it is told', async () => {
    expect(await put()).toMatchObject({
      status: 200,
      answer: { creator_id: 'ada', secret: 'created' },
    });
    expect(await secret()).toEqual(CREDENTIALS);
    const about = await aws.secrets.send(new DescribeSecretCommand({ SecretId: NAME }));
    expect(about).toMatchObject({ KmsKeyId: KEY });
    expect(about.RotationEnabled ?? false).toBe(false);
    await expectNothingSecret();
  });

  test('of one that there is they are the current version, and those before the previous one', async () => {
    await put({ ...CREDENTIALS, password: 'the old one' });
    expect(await put()).toMatchObject({ status: 200, answer: { secret: 'replaced' } });
    expect(await secret()).toEqual(CREDENTIALS);
    expect(await secret('AWSPREVIOUS')).toEqual({ ...CREDENTIALS, password: 'the old one' });
  });

  test('a rotation that is under way keeps its own version', async () => {
    await put({ ...CREDENTIALS, password: 'the old one' });
    const pending = { ...CREDENTIALS, password: 'the next one' };
    await aws.secrets.send(
      new PutSecretValueCommand({
        SecretId: NAME,
        SecretString: JSON.stringify(pending),
        VersionStages: ['AWSPENDING'],
      }),
    );
    await put();
    expect([await secret(), await secret('AWSPENDING')]).toEqual([CREDENTIALS, pending]);
  });

  test('what rotates the others rotates a new one, too; where that can’t be said, it is said so', async () => {
    api = { ...api, env: { ...api.env, ROTATE_CREDENTIALS_ARN: ROTATES } };
    expect((await put({ ...CREDENTIALS, dry_run: true })).answer.effect[1]).toContain('every 90 days');
    // There is no such function here: what is answered then is what is answered without the right to it.
    expect(await put()).toMatchObject({
      status: 503,
      answer: { detail: expect.stringContaining('nothing rotates') as string },
    });
    expect(await secret()).toEqual(CREDENTIALS);
    expect((await audit())[0]).toMatchObject({ outcome: 'failed' });
    await expectNothingSecret();
  });

  test('a creator that needed a login goes on, and the record says how it was and is', async () => {
    await halt('the site refused email or password');
    const { answer } = await put({ ...CREDENTIALS, reason: 'ada has sent new ones' });
    expect(answer.effect.join()).toContain(
      'ada goes on, and logs in with them: the site refused email or password',
    );
    expect(await halted()).toBeUndefined();
    expect(await audit()).toMatchObject([
      {
        token_id: 'tok-operator',
        action: 'creator.credentials',
        on: 'creator ada',
        outcome: 'done',
        before: { secret: 'absent', needs_login: { why: 'the site refused email or password' } },
        after: { secret: 'created', needs_login: false, reason: 'ada has sent new ones' },
      },
    ]);
    await expectNothingSecret();
  });

  test('a dry run says what would be, and changes nothing', async () => {
    await halt('the site refused email or password');
    const { status, answer } = await put({ ...CREDENTIALS, dry_run: true });
    expect([status, Object.keys(answer)]).toEqual([200, ['effect']]);
    expect(answer.effect[0]).toBe('ada gets a secret with this e-mail address and password');
    await expect(secret()).rejects.toThrow();
    expect(await halted()).toBeDefined();
    expect(await audit()).toEqual([]);
    await expectNothingSecret();
  });

  test('a secret that waits for its deletion stays as it is: 409', async () => {
    await put();
    await aws.secrets.send(new DeleteSecretCommand({ SecretId: NAME }));
    expect(await put()).toMatchObject({
      status: 409,
      answer: { detail: expect.stringContaining('restore') as string },
    });
  });

  test.each(['DescribeSecret', 'CreateSecret'])(
    '%s fails: 503, nothing changed, nothing told',
    async action => {
      await halt('the site refused email or password');
      aws.aws.faults.set({ seed: 1, rules: [{ kind: 'error', service: 'secretsmanager', action }] });
      expect((await put()).status).toBe(503);
      expect(await halted()).toBeDefined();
      aws.aws.faults.clear();
      await expectNothingSecret();
    },
  );

  test.each([
    ['no password', { email: 'ada@example.com' }, 'password is missing'],
    ['an empty password', { ...CREDENTIALS, password: '' }, 'password must be at least 1'],
    ['a password that is too long', { ...CREDENTIALS, password: 'x'.repeat(257) }, 'at most 256 characters'],
    ['a password of two lines', { ...CREDENTIALS, password: 'one-secret\ntwo' }, 'no line breaks'],
    ['no address', { ...CREDENTIALS, email: 'ada-lovelace' }, 'email must be an e-mail address'],
    ['an address that is too long', { ...CREDENTIALS, email: `${'a'.repeat(250)}@b.com` }, 'at most 254'],
    ['something else', { ...CREDENTIALS, pasword: 'typo-secret' }, 'pasword is not a known field'],
    ['no JSON', `{"password": "half-secret`, 'is not JSON'],
  ])('%s: 400, said without showing any of it', async (_, body, why) => {
    const { status, answer } = await put(body);
    expect([status, answer.detail]).toEqual([400, expect.stringContaining(why)]);
    expect(JSON.stringify([answer, logged])).not.toMatch(/-secret|xxx|lovelace|aaa/);
    await expect(secret()).rejects.toThrow();
  });
});

describe('a one-time code', () => {
  test('where a login waits for it, it is taken by it', async () => {
    await halt(CODE_ASKED);
    await takeCode(redis.client, 'ada', NOW + 180_000);
    const { status, answer } = await give();
    expect([status, answer]).toMatchObject([
      202,
      { is_awaited: true, effect: ['the login of ada waits for it, and types it at once'] },
    ]);
    expect(await takeCode(redis.client, 'ada', undefined)).toBe(CODE);
    expect((await audit())[0]).toMatchObject({
      action: 'creator.code',
      before: { needs_login: { why: CODE_ASKED }, code_awaited_until: '2026-12-01T12:03:00.000Z' },
      after: { code: 'entered', is_awaited: true },
    });
    await expectNothingSecret();
  });

  test('where none waits any more, it is kept, said so, and the creator goes on', async () => {
    await halt(`${CODE_ASKED}: none was entered within 180 s`);
    const { status, answer } = await give();
    expect([status, answer['is_awaited']]).toEqual([202, false]);
    expect(answer.effect).toEqual([
      `no login of ada asks for a code just now: it is kept until ${String(answer['kept_until'])}, for one that asks by then`,
      'ada goes on, and logs in again',
    ]);
    const keptMs = Date.parse(answer['kept_until'] as string) - Date.now();
    expect(keptMs).toBeGreaterThan(290_000);
    expect(keptMs).toBeLessThanOrEqual(300_000);
    expect(await halted()).toBeUndefined();
    expect(await takeCode(redis.client, 'ada', undefined)).toBe(CODE);
  });

  test('a creator that is halted for something else stays so', async () => {
    await halt('the site refused email or password');
    expect((await give()).answer.effect[1]).toBe('ada stays halted: the site refused email or password');
    expect(await halted()).toBeDefined();
  });

  test('a dry run keeps nothing', async () => {
    await halt(CODE_ASKED);
    expect(await give({ code: CODE, dry_run: true })).toMatchObject({ status: 200 });
    expect(await takeCode(redis.client, 'ada', undefined)).toBeUndefined();
    expect(await halted()).toBeDefined();
    await expectNothingSecret();
  });

  test.each([['493'], ['4938174938174'], ['49 38 17'], ['49381\u0667'], ['{"x":1}'], ['493817\n']])(
    '%j is none: 400, and it isn’t shown',
    async code => {
      const { status, answer } = await give({ code });
      expect([status, answer.detail]).toEqual([400, 'code must be 4 to 12 letters or digits']);
      expect(JSON.stringify(logged)).not.toContain('49');
    },
  );
});

describe('the login is cleared', () => {
  test('the creator goes on, once; its operator’s own pause stays', async () => {
    await halt('the site wants to see a person');
    const paused = { who: { creatorId: 'ada' }, scope: 'platform', why: 'a holiday' } as const;
    await pause(redis.client, paused);
    expect(await ask(clear, { reason: 'seen to' })).toMatchObject({
      status: 200,
      answer: { is_cleared: true },
    });
    expect(await halted()).toBeUndefined();
    expect(await redis.client.hexists('huntaze:2:halts', 'ada')).toBe(1);
    expect((await audit())[0]).toMatchObject({
      action: 'creator.clear_login',
      before: { needs_login: { why: 'the site wants to see a person' } },
      after: { is_cleared: true, reason: 'seen to' },
    });
    expect(await ask(clear, '')).toMatchObject({
      status: 200,
      answer: { is_cleared: false, effect: ['ada needs no login: nothing changes'] },
    });
  });

  test('a dry run says what would be', async () => {
    await halt('the site wants to see a person');
    const { answer } = await ask(clear, { dry_run: true });
    expect(answer.effect[0]).toMatch(
      /^ada goes on, and logs in again: the site wants to see a person, since 20/,
    );
    expect(await halted()).toBeDefined();
  });
});

describe.each([
  ['credentials', replace, CREDENTIALS],
  ['code', enter, { code: CODE }],
  ['clear-login', clear, {}],
] as const)('%s', (_, it, body) => {
  test('another’s creator, and an id that is none, are not there; a creator’s own token may not', async () => {
    expect(await ask(it, body, { as: 'hz_bea' })).toMatchObject({
      status: 404,
      answer: { detail: 'there is no such creator' },
    });
    expect((await ask(it, body, { as: 'hz_all', id: '../ada' })).status).toBe(404);
    expect((await ask(it, body, { as: 'hz_creator' })).status).toBe(403);
    expect((await ask(it, body, { as: 'hz_nobody' })).status).toBe(401);
    expect(await readLogin(redis.client, 'ada')).toMatchObject({ codeKeptUntilMs: undefined });
    expect(await audit()).toEqual([]);
    await expectNothingSecret();
  });

  test('what can’t be recorded isn’t done', async () => {
    aws.aws.faults.set({ seed: 1, rules: [{ kind: 'error', service: 's3', action: 'PutObject' }] });
    await halt(CODE_ASKED);
    expect((await ask(it, body)).status).toBe(503);
    expect(await halted()).toBeDefined();
    expect(await takeCode(redis.client, 'ada', undefined)).toBeUndefined();
    await expect(secret()).rejects.toThrow();
  });
});
