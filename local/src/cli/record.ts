// node local/src/cli/record.ts: what a first `npm start` prints, written to docs/first-run.txt.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../supervisor/tools.ts';

/** The last line of a start that went well. */
const STAYS_UP = /Ctrl-C stops everything\.$/m;
/** How long the start with its job may take (ms): two windows, and a build. */
const DEADLINE_MS = 240_000;
const HEADER =
  '# Made by `node local/src/cli/record.ts`: what `npm start` prints where there is no terminal. Port and token are\n' +
  '# replaced, and the folder of its data.\n\n$ npm start\n';

const dataDir = mkdtempSync(join(tmpdir(), 'huntaze-first-run-'));
try {
  const child = spawn(process.execPath, ['local/src/cli/start.ts'], {
    cwd: PROJECT_ROOT,
    env: { ...process.env, PORT: '0', HUNTAZE_DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: DEADLINE_MS,
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', chunk => {
      printed += String(chunk);
      process.stderr.write(String(chunk));
      if (STAYS_UP.test(printed)) child.kill('SIGINT');
    });
  const code = await new Promise<number | null>(resolve => child.once('close', resolve));
  if (code !== 0 || !STAYS_UP.test(printed)) throw new Error(`it ended early, with code ${code}`);
  const token = readFileSync(join(dataDir, 'token'), 'utf8').trim();
  const port = /: http:\/\/127\.0\.0\.1:(\d+)$/m.exec(printed)?.[1] ?? '';
  const text = printed
    .replaceAll(token, 'TOKEN')
    .replaceAll(dataDir, '.data')
    .replaceAll(`127.0.0.1:${port}`, '127.0.0.1:3000');
  writeFileSync(join(PROJECT_ROOT, 'docs/first-run.txt'), HEADER + text);
} finally {
  rmSync(dataDir, { recursive: true, force: true });
}
