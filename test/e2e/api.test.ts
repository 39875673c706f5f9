import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { QUEUES } from '@huntaze/core/names';
import { LOCAL_AWS_CREDENTIALS, LOCAL_AWS_REGION, queueUrl } from '@huntaze/local/supervisor/parts';
import { Validator } from '@seriousme/openapi-schema-validator';
import { PIPELINE_ALARMS } from '@huntaze/local/aws/cloudwatch/pipeline-alarms';
import { startPipeline, type Pipeline } from '@huntaze/local/supervisor/pipeline';
import { PROJECT_ROOT } from '@huntaze/local/supervisor/tools';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { judgeOf, type Description } from '../support/described.ts';

/** The API over HTTP, before a line that lets one operation an hour through: all others wait for as long as the tests take. */
let folder: string;
let pipeline: Pipeline;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'huntaze-api-'));
  pipeline = await startPipeline({
    dataDir: folder,
    port: 0,
    limit: 1,
    windowSeconds: 3_600,
    creators: ['ada', 'bea'],
  });
});
afterAll(async () => {
  await pipeline.stop();
  rmSync(folder, { recursive: true });
});

interface Answer {
  status: number;
  headers: Headers;
  json: Record<string, unknown>;
}

/** Says what an answer has that isn't described, if anything. */
let judge: ReturnType<typeof judgeOf> | undefined;

/** Every answer is held to the API's description. */
async function ask(
  method: string,
  path: string,
  {
    token = pipeline.token,
    body,
    headers = {},
  }: { token?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const answer = await fetch(`${pipeline.apiUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  const json = (text === '' ? {} : JSON.parse(text)) as Answer['json'];
  judge ??= judgeOf((await (await fetch(`${pipeline.apiUrl}/api/openapi.json`)).json()) as Description);
  const { status } = answer;
  const contentType = answer.headers.get('content-type');
  if (text !== '') expect(judge({ method, path, status, contentType, json })).toBeUndefined();
  return { status, headers: answer.headers, json };
}

const OPERATIONS = '/api/onlyfans/operations';
const scrape = (creator_id: string) => ({ kind: 'profile.scrape', creator_id, params: {} });

/** `npm run token -- …`, asking this pipeline's API. */
function tokenCommand(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, ['local/src/cli/token.ts', ...args, '--api', pipeline.apiUrl], {
    cwd: PROJECT_ROOT,
    env: { ...process.env, HUNTAZE_TOKEN: pipeline.token },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', chunk => (out += String(chunk)));
  child.stderr.on('data', chunk => (err += String(chunk)));
  return new Promise(resolve =>
    child.once('close', code => resolve({ code, out: out.trim(), err: err.trim() })),
  );
}

describe('tokens', () => {
  test('a command makes one, and lists and revokes it; what it was is nowhere', async () => {
    const made = await tokenCommand('create', '--name', 'Ada’s app', '--creators', 'ada');
    expect(made.code).toBe(0);
    expect(made.out).toMatch(/^hz_\S{43}$/);
    const [id = ''] = made.err.split(' ');
    expect((await ask('GET', '/api/session', { token: made.out })).json).toEqual({
      token_id: id,
      role: 'creator',
      creators: ['ada'],
    });
    const listed = await tokenCommand('list');
    expect(listed.out).toContain(`${id}  creator  ada  since `);
    expect(listed.out).not.toContain(made.out);
    expect((await tokenCommand('revoke', id)).out).toContain('revoked');
    expect(await tokenCommand('revoke', id)).toMatchObject({
      code: 1,
      err: 'the API answered 404: there is no such token',
    });
  });

  test('only an operator of everything makes tokens', async () => {
    for (const order of [
      ['--role', 'creator', '--creators', 'all'],
      ['--role', 'operator', '--creators', 'ada'],
    ]) {
      const { out } = await tokenCommand('create', '--name', 'less', ...order);
      const body = { name: 'more', role: 'operator', creators: 'all' };
      expect((await ask('POST', '/api/tokens', { token: out, body })).status).toBe(403);
    }
  });
});

describe('a token for one creator', () => {
  let adas: string;
  beforeAll(async () => {
    adas = (await tokenCommand('create', '--name', 'Ada', '--creators', 'ada')).out;
  });

  test('asks for, sees and cancels that creator’s operations', async () => {
    const { status, json, headers } = await ask('POST', OPERATIONS, { token: adas, body: scrape('ada') });
    expect(status).toBe(202);
    const location = headers.get('location')!;
    expect((await ask('GET', location, { token: adas })).json['operation_id']).toBe(json['operation_id']);
    const listed = await ask('GET', OPERATIONS, { token: adas });
    expect(
      (listed.json['operations'] as { creator_id: string }[]).every(one => one.creator_id === 'ada'),
    ).toBe(true);
  });

  test('of another’s it learns nothing: not that there are any, nor that there is such a creator', async () => {
    const { json } = await ask('POST', OPERATIONS, { body: scrape('bea') });
    const beas = `${OPERATIONS}/${String(json['operation_id'])}`;
    const nobody = await ask('GET', `${OPERATIONS}/op-nobody`, { token: adas });
    const seen = await ask('GET', beas, { token: adas });
    expect([seen.status, seen.json]).toEqual([404, nobody.json]);
    expect((await ask('POST', `${beas}/cancel`, { token: adas })).status).toBe(404);
    expect((await ask('POST', OPERATIONS, { token: adas, body: scrape('bea') })).status).toBe(404);
    expect((await ask('GET', beas)).json['state']).not.toBe('cancelled');
    const batch = await ask('POST', `${OPERATIONS}/batch`, {
      token: adas,
      body: { operations: [scrape('bea'), scrape('ada')] },
    });
    expect((batch.json['operations'] as { status: number }[]).map(one => one.status)).toEqual([404, 202]);
  });
});

describe('operations', () => {
  test('a batch: each by itself, in the order of the list; repeated under its key, the same', async () => {
    const body = { operations: [scrape('ada'), { kind: 'profile.scrape' }, scrape('ada')] };
    const headers = { 'idempotency-key': crypto.randomUUID() };
    const first = await ask('POST', `${OPERATIONS}/batch`, { body, headers });
    expect(first.status).toBe(207);
    const [one, wrong, other] = first.json['operations'] as Record<string, unknown>[];
    expect(wrong).toEqual({
      status: 400,
      title: 'Bad Request',
      detail: 'operations.1.creator_id is missing; operations.1.params is missing',
    });
    const [newest, before] = (await ask('GET', `${OPERATIONS}?limit=2`)).json['operations'] as Record<
      string,
      unknown
    >[];
    expect([newest?.['operation_id'], before?.['operation_id']]).toEqual([
      other?.['operation_id'],
      one?.['operation_id'],
    ]);
    const again = await ask('POST', `${OPERATIONS}/batch`, { body, headers });
    const ids = (answer: Answer) =>
      (answer.json['operations'] as Record<string, unknown>[]).map(item => item['operation_id']);
    expect(ids(again)).toEqual(ids(first));
  });

  test('a batch has 1 to 100 requests', async () => {
    for (const operations of [[], Array.from({ length: 101 }, () => scrape('ada'))])
      expect((await ask('POST', `${OPERATIONS}/batch`, { body: { operations } })).status).toBe(400);
  });

  test('one that waits is cancelled, with the reason; cancelled again, it is the same', async () => {
    const { json } = await ask('POST', OPERATIONS, { body: scrape('bea') });
    const path = `${OPERATIONS}/${String(json['operation_id'])}`;
    const cancelled = await ask('POST', `${path}/cancel`, { body: { reason: 'asked for twice' } });
    expect([cancelled.status, cancelled.json['state'], cancelled.json['error']]).toEqual([
      200,
      'cancelled',
      'asked for twice',
    ]);
    expect((await ask('POST', `${path}/cancel`)).json).toEqual(cancelled.json);
  });

  test('one that has ended can’t be cancelled; its result can be read, and what only failures have isn’t there', async () => {
    // The first of all goes through at once.
    const succeeded = async () => {
      const { json } = await ask('GET', `${OPERATIONS}?limit=100`);
      const all = json['operations'] as { operation_id: string; state: string }[];
      return all.find(({ state }) => state === 'succeeded');
    };
    const ended = await vi.waitUntil(succeeded, { timeout: 20_000, interval: 200 });
    const { status, json: refused } = await ask('POST', `${OPERATIONS}/${ended.operation_id}/cancel`);
    expect([status, refused['detail']]).toEqual([
      409,
      'the operation is succeeded: it can’t be cancelled any more',
    ]);
    const { json: shown } = await ask('GET', `${OPERATIONS}/${ended.operation_id}`);
    const result = await ask('GET', String(shown['result']));
    expect(result.json).toMatchObject({ operation_id: ended.operation_id, status: 'succeeded' });
    expect(result.headers.get('content-security-policy')).toContain('sandbox');
    for (const part of ['screenshot', 'trace'])
      expect((await ask('GET', `${OPERATIONS}/${ended.operation_id}/${part}`)).status).toBe(404);
  });
});

test('the alarms are there, as local CloudWatch has them', async () => {
  const { status, json } = await ask('GET', '/api/alarms');
  expect(status).toBe(200);
  const alarms = json['alarms'] as { name: string; state: string }[];
  expect(alarms.map(({ name }) => name)).toEqual(PIPELINE_ALARMS.map(({ name }) => name));
  expect(alarms.filter(({ state }) => state === 'ALARM')).toEqual([]);
});

test('a kind that is paused is said, waited for, and resumed', async () => {
  const path = '/api/onlyfans/kinds';
  const paused = await ask('POST', `${path}/posts.scrape/pause`, { body: { reason: 'a test' } });
  expect(paused).toMatchObject({ status: 200, json: { paused: { why: 'a test', by: 'operator' } } });
  const posts = { ...scrape('bea'), kind: 'posts.scrape' };
  const { json } = await ask('POST', OPERATIONS, { body: posts });
  const id = String(json['operation_id']);
  await vi.waitFor(
    async () =>
      expect((await ask('GET', `${OPERATIONS}/${id}`)).json).toMatchObject({ waits_for: 'kind_paused' }),
    { timeout: 20_000, interval: 500 },
  );
  const dry = await ask('POST', `${path}/posts.scrape/resume`, { body: { dry_run: true } });
  expect(dry.json['effect']).toEqual(['1 operation of 1 creator can begin, each creator’s in order.']);
  expect((await ask('POST', `${path}/posts.scrape/resume`, { body: {} })).json).toEqual({
    kind: 'posts.scrape',
  });
  expect((await ask('GET', `${OPERATIONS}/${id}`)).json['waits_for']).not.toBe('kind_paused');
});

test('a session begins with a token, is believed from the console’s pages, and ends', async () => {
  const begun = await ask('POST', '/api/session');
  const [cookie = ''] = (begun.headers.get('set-cookie') ?? '').split(';');
  const read = await fetch(`${pipeline.apiUrl}/api/session`, { headers: { cookie } });
  expect(await read.json()).toMatchObject({ token_id: 'first', role: 'operator', creators: 'all' });
  const post = (headers: Record<string, string>) =>
    fetch(`${pipeline.apiUrl}${OPERATIONS}`, {
      method: 'POST',
      headers: { cookie, ...headers },
      body: JSON.stringify(scrape('ada')),
    });
  expect((await post({ 'sec-fetch-site': 'cross-site' })).status).toBe(403);
  expect((await post({ origin: 'https://evil.example' })).status).toBe(403);
  expect((await post({ 'sec-fetch-site': 'same-origin' })).status).toBe(202);
  const ended = await fetch(`${pipeline.apiUrl}/api/session`, {
    method: 'DELETE',
    headers: { cookie, 'sec-fetch-site': 'same-origin' },
  });
  expect([ended.status, ended.headers.get('set-cookie')]).toEqual([
    204,
    expect.stringContaining('Max-Age=0'),
  ]);
});

test('what can’t be done is listed as a dead letter, asked for again or discarded', async () => {
  const sqs = new SQSClient({
    endpoint: pipeline.awsUrl,
    region: LOCAL_AWS_REGION,
    credentials: LOCAL_AWS_CREDENTIALS,
  });
  const send = (name: string, MessageBody: string, more = {}) =>
    sqs.send(
      new SendMessageCommand({
        QueueUrl: queueUrl({ ports: { aws: Number(new URL(pipeline.awsUrl).port) } }, name),
        MessageBody,
        ...more,
      }),
    );
  await send(QUEUES.rateLimiter, 'not JSON');
  await send(QUEUES.workflowsDeadLetters, JSON.stringify({ operation_id: 'op-dead', ...scrape('ada') }), {
    MessageGroupId: 'ada',
    MessageDeduplicationId: '1',
  });
  sqs.destroy();
  const LETTERS = '/api/onlyfans/dead-letters';
  const listed = await vi.waitUntil(
    async () => {
      const { json } = await ask('GET', LETTERS);
      return json['total'] === 2 && json;
    },
    { timeout: 20_000, interval: 200 },
  );
  expect(listed).toMatchObject({
    is_complete: true,
    causes: [
      { cause: 'body is not JSON', count: 1 },
      { cause: 'no reason given', count: 1 },
    ],
  });
  const redriven = await ask('POST', `${LETTERS}/redrive`, { body: { creator: 'ada' } });
  expect(redriven.json['failed']).toEqual([]);
  const [{ operation_id: id } = { operation_id: '' }] = redriven.json['done'] as { operation_id: string }[];
  expect((await ask('GET', `${OPERATIONS}/${id}`)).json).toMatchObject({ creator_id: 'ada' });
  const discarded = await ask('POST', `${LETTERS}/discard`, { body: { cause: 'body is not JSON' } });
  expect(discarded.json).toMatchObject({ done: [{}], failed: [], is_complete: true });
  expect((await ask('GET', LETTERS)).json['total']).toBe(0);
  for (const [what, body] of [
    ['retry', {}],
    ['resolve', { as: 'confirmed' }],
  ] as const)
    expect((await ask('POST', `${OPERATIONS}/${id}/${what}`, { body })).status).toBe(409);
});

test('paths that lead nowhere are problems, too; an overlong header is refused', async () => {
  for (const path of [
    `${OPERATIONS}/..%2F..%2Ftokens`,
    `${OPERATIONS}/%00`,
    '/api/onlyfans/..%2f..%2fetc/passwd',
    '/api/nothing',
  ])
    expect((await ask('GET', path)).status).toBe(404);
  const status = await new Promise<number | string>(resolve => {
    const headers = { authorization: `Bearer ${pipeline.token}`, 'x-long': 'x'.repeat(64_000) };
    httpRequest(`${pipeline.apiUrl}${OPERATIONS}`, { headers }, answer => resolve(answer.statusCode ?? 0))
      .on('error', error => resolve(error.name))
      .end();
  });
  expect(status).toBe(431);
});

test.each(['%zz', '%', 'a%f', '%ff', '%c0%ae%c0%ae', '%E0%A4%A'])(
  'a path that can’t be decoded (%j) names nothing, as an operation, a creator, a page, or anything else',
  async malformed => {
    for (const path of [
      `${OPERATIONS}/${malformed}`,
      `${OPERATIONS}/${malformed}/cancel`,
      `/api/${malformed}`,
    ]) {
      const answer = await fetch(`${pipeline.apiUrl}${path}`, {
        method: path.endsWith('cancel') ? 'POST' : 'GET',
        headers: { authorization: `Bearer ${pipeline.token}` },
        ...(path.endsWith('cancel') && { body: '{}' }),
      });
      expect([path, answer.status, answer.headers.get('content-type')]).toEqual([
        path,
        404,
        'application/problem+json',
      ]);
    }
    for (const path of [`/${malformed}`, `/operations/${malformed}`, `/creators/${malformed}?a=%zz`])
      expect((await fetch(`${pipeline.apiUrl}${path}`, { redirect: 'manual' })).status, path).toBeLessThan(
        500,
      );
    expect((await ask('GET', `${OPERATIONS}?kind=${malformed}`)).status).toBe(400);
  },
);

test('the description is a valid OpenAPI 3.1 document, and is readable', async () => {
  const answer = await fetch(`${pipeline.apiUrl}/api/openapi.json`);
  const validator = new Validator();
  expect(await validator.validate((await answer.json()) as Record<string, unknown>)).toEqual({ valid: true });
  expect(validator.version).toBe('3.1');
  const page = await (await fetch(`${pipeline.apiUrl}/docs`)).text();
  expect(page).toContain('/api/onlyfans/operations/{id}/cancel');
});
