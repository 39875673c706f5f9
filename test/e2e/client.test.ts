import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startPipeline, type Pipeline } from '@huntaze/local/supervisor/pipeline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compileAgainst, type Compiled } from '../client/compile.ts';

/** A client made from the description that the running API gives of itself, by public tools. */
let folder: string;
let pipeline: Pipeline;
const compiled: Compiled[] = [];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'huntaze-client-'));
  pipeline = await startPipeline({
    dataDir: folder,
    port: 0,
    limit: 1,
    windowSeconds: 3_600,
    creators: ['ada'],
  });
});
afterAll(async () => {
  await pipeline.stop();
  for (const one of [folder, ...compiled.map(({ folder: made }) => made)]) rmSync(one, { recursive: true });
});

const description = async () => (await fetch(`${pipeline.apiUrl}/api/openapi.json`)).text();
async function compile(text: string): Promise<Compiled> {
  const made = await compileAgainst(JSON.parse(text) as object);
  compiled.push(made);
  return made;
}

test('compiles, and does what it says: create, batch, read, list by pages, cancel, problems, pause and resume', async () => {
  const { program, said } = await compile(await description());
  expect(said).toBe('');
  const { stdout } = await promisify(execFile)(process.execPath, [program, pipeline.apiUrl, pipeline.token]);
  expect(JSON.parse(stdout)).toEqual({
    isSame: true,
    isListed: true,
    accepted: 1,
    refused: [400],
    why: expect.any(String) as string,
    cancelled: 'cancelled',
    problem: 'Not Found',
    wrong: ['kind'],
    paused: true,
    resumed: true,
  });
});

test('where the description says otherwise, it doesn’t compile', async () => {
  const text = await description();
  for (const [is, otherwise] of [
    ['"next"', '"following"'],
    ['"fan_id"', '"fan"'],
    ['Idempotency-Key', 'Idempotence-Key'],
    ['/cancel"', '/stop"'],
  ] as const) {
    expect(text).toContain(is);
    expect((await compile(text.replaceAll(is, otherwise))).said).toContain('error TS');
  }
});
