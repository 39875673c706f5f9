import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { foundFor, nodePath, readFound, writeFound } from './found.js';

/** @typedef {import('./found.js').Found} Found */

let root = '';
/** @type {Found} */
let found;
/** @param {string} file */
const program = file => {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, '');
  chmodSync(file, 0o755);
  return file;
};
beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), 'found-'));
  found = {
    node: { path: program(nodePath(root)), version: '24.21.0', from: 'npm' },
    redis: { path: program(path.join(root, 'redis')), version: '7.0.15', from: 'path' },
    chromium: { path: program(path.join(root, 'chrome')), version: '156.0', from: 'playwright' },
  };
});
afterEach(() => rmSync(root, { recursive: true }));

const NOT_SET_UP = 'the project is not set up on this machine; run: npm start';

test('what was written is read', () => {
  expect(() => readFound(root)).toThrow(NOT_SET_UP);
  writeFound(root, found);
  expect(readFound(root)).toEqual(found);
  expect(foundFor(root, {})).toEqual(found);
});

test.each(/** @type {const} */ (['node', 'redis', 'chromium']))('a record without its %s is none', name => {
  writeFound(root, found);
  chmodSync(found[name].path, 0o644);
  expect(foundFor(root, {})).toBeUndefined();
  rmSync(found[name].path);
  expect(() => readFound(root)).toThrow(NOT_SET_UP);
});

test('a record that came with a copy of the folder is none', () => {
  writeFound(root, { ...found, node: { ...found.node, path: process.execPath } });
  expect(foundFor(root, {})).toBeUndefined();
});

test.each(['', '{', 'null', '{"node":{}}'])('a record that reads %j is none', text => {
  writeFileSync(path.join(root, '.toolchain/found.json'), text);
  expect(foundFor(root, {})).toBeUndefined();
});

test('a program named by a variable is used while it is named, and no longer', () => {
  writeFound(root, found);
  expect(foundFor(root, { CHROMIUM_PATH: '/other' })).toBeUndefined();
  // Found on PATH is not the same as named: what is named has no substitute.
  expect(foundFor(root, { REDIS_SERVER_PATH: found.redis.path })).toBeUndefined();
  writeFound(root, { ...found, redis: { ...found.redis, from: 'env' } });
  expect(foundFor(root, { REDIS_SERVER_PATH: found.redis.path })).toBeDefined();
  expect(foundFor(root, {})).toBeUndefined();
});
