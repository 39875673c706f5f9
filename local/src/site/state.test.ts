import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StateError } from './state.ts';
import { ADA, startTestSite } from './test-site.ts';

let folder: string;
let stateFile: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'site-state-'));
  stateFile = join(folder, 'events.ndjson');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('sessions, conversations, log and limit are there again, but for what was never answered', async () => {
  const first = await startTestSite({ stateFile, limit: 2 });
  const ada = await first.cookieOf(ADA);
  await first.get('/my/profile', ada);
  await first.get('/my/nowhere', ada);
  await first.post('fan-1', { text: 'Hi' }, ada);
  const messages = await (await first.get('/api2/v2/chats/fan-1/messages', ada)).json();
  const log = first.site.log();
  await first.site.close();
  expect(log).toHaveLength(3);
  appendFileSync(stateFile, '{"event":"visit","entry":{"at_');

  const second = await startTestSite({ stateFile, limit: 2 });
  expect(second.site.log()).toEqual(log);
  expect(await (await second.get('/api2/v2/chats/fan-1/messages', ada)).json()).toEqual(messages);
  expect((await second.get('/my/profile', ada)).status).toBe(429);
  second.clock.at += 60_000;
  expect((await second.get('/my/profile', ada)).status).toBe(200);
  const { id } = (await (await second.post('fan-1', { text: 'Hi' }, ada)).json()) as { id: number };
  second.site.dropSessions();
  await second.site.close();
  expect(
    readFileSync(stateFile, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map(line => JSON.parse(line) as unknown),
  ).toHaveLength(8);

  const third = await startTestSite({ stateFile });
  expect((await third.get('/my/profile', ada)).status).toBe(302);
  expect(
    third.site
      .log()
      .map(entry => entry.effect)
      .filter(Boolean),
  ).toEqual([`message.send fan-1 #${id - 1}`, `message.send fan-1 #${id}`]);
  await third.site.close();
});

test('a file that is none of ours, or in no folder: one line that names it', async () => {
  writeFileSync(stateFile, 'hello\n');
  await expect(startTestSite({ stateFile })).rejects.toThrow(
    new StateError(`state file ${stateFile}: line 1 is not JSON: delete the file to begin anew`),
  );
  const nowhere = join(folder, 'none', 'x');
  await expect(startTestSite({ stateFile: nowhere })).rejects.toThrow(`state file ${nowhere}: ENOENT`);
});
