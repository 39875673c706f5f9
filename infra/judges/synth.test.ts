import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

// The command as it is typed, on a machine that knows no account and reaches no network.

const INFRA = fileURLToPath(new URL('..', import.meta.url));
const CDK = fileURLToPath(new URL('../../node_modules/aws-cdk/bin/cdk', import.meta.url));

const folders: string[] = [];
afterAll(() => folders.forEach(folder => rmSync(folder, { recursive: true })));

function synth(...more: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'huntaze-cdk-'));
  folders.push(folder);
  const nowhere = 'http://127.0.0.1:9';
  const { status, stderr } = spawnSync(
    process.execPath,
    [CDK, 'synth', '--strict', '--quiet', '--output', folder, ...more],
    {
      cwd: INFRA,
      encoding: 'utf8',
      // A home of its own: no profile, no cache.
      env: { PATH: process.env['PATH'], HOME: folder, HTTP_PROXY: nowhere, HTTPS_PROXY: nowhere },
      timeout: 60_000,
    },
  );
  return { folder, status, stderr };
}

test('synthesis in strict mode makes one template, for whatever account and region', () => {
  const { folder, status, stderr } = synth();
  expect({ status, stderr: stderr.trim() }).toEqual({ status: 0, stderr: '' });
  const template = readFileSync(join(folder, 'huntaze-prod.template.json'), 'utf8');
  expect(template).not.toMatch(/\b\d{12}\b/);
});

test('a stage that is not one stops it with one line', () => {
  const { status, stderr } = synth('-c', 'stage=staging');
  expect(status).toBe(1);
  // The second is the CLI's own.
  expect(stderr.trim().split('\n')).toEqual([
    'context: stage must be dev (small and cheap) or prod, e.g. -c stage=dev',
    expect.stringContaining('Subprocess exited with error 1'),
  ]);
});
