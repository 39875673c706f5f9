import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '@huntaze/local/supervisor/tools';
import { expect, test } from 'vitest';

/** Whatever tells the machine's time, or waits by it. */
const MACHINE_TIME =
  /\bDate\.now\b|\bnew Date\(\)|\bset(Timeout|Interval)\b|\bperformance\.now\b|timers\/promises|AbortSignal\.timeout|\bsystemClock\b/;

/**
 * What of the emulators goes by the machine's time all the same: composition roots, which hand the machine's clock
 * on, and the ends of connections and processes, which would never come under a clock that is held.
 */
const ALLOWED = [
  'local/src/aws/http/body.ts', // a connection that goes on sending what was refused
  'local/src/aws/http/broken-requests.ts', // a connection that doesn't take its last answer
  'local/src/aws/http/server.ts', // the same, when the server stops
  'local/src/aws/http/turns.ts', // a connection that doesn't take its answer
  'local/src/aws/local-aws.ts', // the clock's default; functions that rotate do real IO
  'local/src/aws/run.ts', // the end of the process
  'local/src/aws/secrets/function-thread-entry.ts', // what a function is told of its time
  'local/src/event-source/main.ts',
  'local/src/site/main.ts',
];

test('the emulators and the simulation have no time but the clock they are given', () => {
  const files = globSync('local/src/{aws,event-source,site,simulation}/**/*.ts', { cwd: PROJECT_ROOT })
    .filter(file => !/\.(test|long)\.ts$|\/test-/.test(file))
    .sort();
  expect(files.length).toBeGreaterThan(100);
  const tellers = files.filter(file => MACHINE_TIME.test(readFileSync(join(PROJECT_ROOT, file), 'utf8')));
  expect(tellers).toEqual(ALLOWED);
});
