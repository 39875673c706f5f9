import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestAws, type TestAws } from '../test-clients.ts';
import { ACTION_NAMES, servicesWith } from './action-names.ts';
import { s3Call } from './call.ts';

let it: TestAws;
beforeAll(async () => {
  it = await startTestAws({});
});
afterAll(() => it.close());

test('what is named, the service carries out', async () => {
  const answer = async (action: string) => {
    const response = await fetch(it.aws.url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `secretsmanager.${action}` },
      body: '{}',
    });
    return response.text();
  };
  for (const action of ACTION_NAMES.secretsmanager)
    expect(await answer(action)).not.toContain('UnknownOperation');
  expect(await answer('GetSecret')).toContain('UnknownOperation');
});

test('whatever a request to S3 is, it is called by a name that a rule can have', () => {
  const called = new Set<string>();
  for (const method of ['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'OPTIONS'])
    for (const path of ['/', '/bucket', '/bucket/key'])
      for (const query of ['', 'list-type=2', 'delete', 'versions', 'uploads', 'uploadId=x', 'acl'].concat([
        'tagging',
        'encryption',
        'versioning',
        'lifecycle',
        'location',
      ]))
        for (const headers of [{}, { 'x-amz-copy-source': 'a/b' }])
          called.add(s3Call({ method, url: `${path}?${query}`, headers } as IncomingMessage).action);
  for (const action of called) expect([action, servicesWith(action)]).toEqual([action, ['s3']]);
  // And of what can be named nothing is in vain.
  expect([...ACTION_NAMES.s3].filter(action => !called.has(action))).toEqual([]);
});

test('a service has its own actions', () => {
  expect(servicesWith('SendMessage')).toEqual(['sqs']);
  expect(servicesWith('TagResource')).toEqual(['secretsmanager']);
  expect(servicesWith('toString')).toEqual([]);
});
