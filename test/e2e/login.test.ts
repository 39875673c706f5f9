import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { DescribeSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ROTATION_DAYS } from '@huntaze/core/rotation';
import {
  LOCAL_AWS_CREDENTIALS,
  LOCAL_AWS_REGION,
  startPipeline,
  type Pipeline,
} from '@huntaze/local/supervisor/pipeline';
import { afterAll, beforeAll, expect, test } from 'vitest';

/**
 * A creator is added through the API, its site asks for a one-time code, and a person enters it: every part as a process,
 * a real browser, the built API.
 */
const CREATOR = 'ada.lovelace';
const EMAIL = 'ada@elsewhere.example';
const PASSWORD = 'Xk-very-own-secret-9';
const CODE = '493817';
/** So often is looked whether something has come to pass, a quarter of a second apart. */
const LOOKS = 200;
const LOOK_MS = 250;

let folder: string;
let pipeline: Pipeline;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'huntaze-login-'));
  // The site's own accounts, which nobody else knows.
  const accounts = join(folder, 'site-accounts.json');
  writeFileSync(accounts, JSON.stringify([{ email: EMAIL, password: PASSWORD, code: CODE }]));
  pipeline = await startPipeline({
    dataDir: join(folder, 'data'),
    port: 0,
    limit: 10,
    windowSeconds: 5,
    creators: [],
    adapt: spec =>
      spec.name === 'site' ? { ...spec, env: { ...spec.env, SITE_ACCOUNTS_FILE: accounts } } : spec,
  });
});
afterAll(async () => {
  await pipeline?.stop();
  rmSync(folder, { recursive: true });
});

async function ask(method: string, path: string, body?: unknown) {
  const response = await fetch(`${pipeline.apiUrl}/api/onlyfans/${path}`, {
    method,
    headers: { authorization: `Bearer ${pipeline.token}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
}

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (let looks = 0; looks < LOOKS; looks += 1) {
    const found = await look();
    if (found !== undefined) return found;
    await after(LOOK_MS);
  }
  throw new Error(`not within ${(LOOKS * LOOK_MS) / 1_000} s`);
}

test('credentials, operation, code, result; and nothing of it in any log', async () => {
  expect(
    await ask('PUT', `creators/${CREATOR}/credentials`, { email: EMAIL, password: PASSWORD }),
  ).toMatchObject({
    status: 200,
    answer: { secret: 'created' },
  });
  const secrets = new SecretsManagerClient({
    endpoint: pipeline.awsUrl,
    region: LOCAL_AWS_REGION,
    credentials: LOCAL_AWS_CREDENTIALS,
  });
  const SecretId = `huntaze/onlyfans/${CREATOR}`;
  const described = await secrets.send(new DescribeSecretCommand({ SecretId }));
  secrets.destroy();
  expect(described).toMatchObject({
    RotationEnabled: true,
    RotationRules: { AutomaticallyAfterDays: ROTATION_DAYS },
  });

  const request = { kind: 'profile.scrape', creator_id: CREATOR, params: {} };
  const { answer } = await ask('POST', 'operations', request);
  const operation = `operations/${String(answer['operation_id'])}`;
  const codeOf = (more: object) => ask('POST', `creators/${CREATOR}/code`, { code: CODE, ...more });
  // A login waits for it once it would be taken at once.
  await until(async () => {
    const { effect } = (await codeOf({ dry_run: true })).answer as { effect: string[] };
    return effect[0]?.includes('waits for it') ? true : undefined;
  });
  expect(await codeOf({})).toMatchObject({ status: 202, answer: { is_awaited: true } });
  const state = await until(async () => {
    const { state: now } = (await ask('GET', operation)).answer as { state: string };
    return ['succeeded', 'failed', 'dead'].includes(now) ? now : undefined;
  });
  expect(state).toBe('succeeded');
  expect(await ask('POST', `creators/${CREATOR}/clear-login`, {})).toMatchObject({
    status: 200,
    answer: { is_cleared: false },
  });

  const audit = await fetch(`${pipeline.apiUrl}/api/audit`, {
    headers: { authorization: `Bearer ${pipeline.token}` },
  });
  const told = await audit.text();
  expect(told).toContain('creator.credentials');
  const logs = join(folder, 'data/logs');
  const written = readdirSync(logs).map(name => readFileSync(join(logs, name), 'utf8'));
  expect(written.join()).toContain('one-time code asked for');
  for (const secret of [PASSWORD, CODE, EMAIL]) {
    expect(told).not.toContain(secret);
    expect(written.filter(text => text.includes(secret))).toEqual([]);
  }
});
