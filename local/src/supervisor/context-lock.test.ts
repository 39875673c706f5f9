import { expect, test } from 'vitest';
import { contextLock } from './context-lock.ts';

const manifest = { name: 'image', version: '1.0.0', dependencies: { a: '1.2.3' } };
const locked = (more: object = {}) => ({ version: '1.2.3', integrity: 'sha512-x', ...more });

test('what is asked for and what that needs, and nothing else', () => {
  const packages = {
    'node_modules/a': locked({
      dependencies: { b: '^1.0.0' },
      dev: true,
      resolved: 'https://registry.example/a',
    }),
    'node_modules/b': locked({ optionalDependencies: { a: '*' } }),
    'node_modules/other': locked(),
  };
  expect(contextLock(manifest, { packages })).toEqual({
    name: 'image',
    version: '1.0.0',
    lockfileVersion: 3,
    requires: true,
    packages: {
      '': manifest,
      'node_modules/a': locked({ dependencies: { b: '^1.0.0' } }),
      'node_modules/b': locked({ optionalDependencies: { a: '*' } }),
    },
  });
});

test('nothing without its integrity, and nothing that the lock file lacks', () => {
  const { integrity: _, ...without } = locked();
  expect(() => contextLock(manifest, { packages: {} })).toThrow('package-lock.json has no node_modules/a');
  expect(() => contextLock(manifest, { packages: { 'node_modules/a': without } })).toThrow('no integrity');
});
