import { expect, test } from 'vitest';
import { mountsIn } from './unmounted.ts';

const line = (place: string) => `36 35 98:0 / ${place} rw,noatime master:1 - ext4 /dev/root rw`;

test('what is mounted in a folder is found, the innermost first, and nothing of its neighbours', () => {
  const text = ['/', '/tmp/w-1', '/tmp/w', '/tmp/w/base', '/tmp/w/base/dev', '/tmp/w/a\\040b', ''].map(line);
  expect(mountsIn('/tmp/w', text.join('\n'))).toEqual([
    '/tmp/w/a b',
    '/tmp/w/base/dev',
    '/tmp/w/base',
    '/tmp/w',
  ]);
});
