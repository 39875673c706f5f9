import { expect, test } from 'vitest';
import { commandIn } from './container.ts';
import { taskOf } from './task.ts';

const config = {
  Env: ['PATH=/bin', 'HOME=/tmp', 'PORT=1'],
  Cmd: ['node', 'main.mjs'],
  User: '1000:1000',
  WorkingDir: '/app',
};

test.each(['scraper', 'api'] as const)(
  '%s: what the trial does is what the stored task definition says',
  name => {
    const task = taskOf(name);
    expect([task.uid, task.gid]).toEqual([1_000, 1_000]);
    expect(task.health[0]).toBe('node');
  },
);

test('a container hears from its neighbours and of its task, and nothing of the machine it runs on', () => {
  const task = taskOf('scraper');
  const { args, env } = commandIn({ root: '/image', config, task }, ['node', '-v'], {
    PATH: '/machine',
    HOME: '/root',
    CHROMIUM_PATH: '/machine/chromium',
    REDIS_PORT: '20001',
  });
  expect(args.slice(1)).toEqual(['/image', String(task.openFiles), '/app', '1000', '1000', 'node', '-v']);
  expect(env).toMatchObject({
    PATH: '/bin',
    HOME: '/tmp',
    CHROMIUM_PATH: '/opt/chromium/chrome-headless-shell',
    CHROMIUM_SANDBOX: 'false',
    REDIS_PORT: '20001',
  });
});
