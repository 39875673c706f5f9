import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KMSClient } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { environmentSealer, kmsSealer } from './sealer.ts';

/** KMS at the wire, as far as it is needed: data keys under an encryption context. */
interface Call {
  action: string;
  KeyId: string;
  KeySpec?: string;
  EncryptionContext: Record<string, string>;
  CiphertextBlob?: string;
}
let calls: Call[];
const server = createServer((request, response) => {
  let text = '';
  request.on('data', chunk => (text += String(chunk)));
  request.on('end', () => {
    const action = String(request.headers['x-amz-target']);
    const call = { ...(JSON.parse(text) as Omit<Call, 'action'>), action };
    calls.push(call);
    const [status, answer] = answerOf(call);
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(answer));
  });
});
function answerOf({ action, KeyId, EncryptionContext, CiphertextBlob = '' }: Call): [number, object] {
  if (action === 'TrentService.GenerateDataKey') {
    const Plaintext = randomBytes(32).toString('base64');
    const wrapped = JSON.stringify({ Plaintext, KeyId, EncryptionContext });
    return [200, { KeyId, Plaintext, CiphertextBlob: Buffer.from(wrapped).toString('base64') }];
  }
  const opened = JSON.parse(Buffer.from(CiphertextBlob, 'base64').toString()) as typeof EncryptionContext;
  const isRight =
    opened['KeyId'] === KeyId &&
    JSON.stringify(opened['EncryptionContext']) === JSON.stringify(EncryptionContext);
  return isRight
    ? [200, { KeyId, Plaintext: opened['Plaintext'] }]
    : [400, { __type: 'InvalidCiphertextException' }];
}

let kms: KMSClient;
beforeAll(async () => {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  kms = new KMSClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
    maxAttempts: 1,
  });
});
afterAll(async () => {
  kms.destroy();
  await new Promise(resolve => server.close(resolve));
});
beforeEach(() => {
  calls = [];
});

const TEXT = '{"cookies":[{"name":"session","value":"Zoë’s"}]}';
const byKms = (keyId = 'alias/sessions') => kmsSealer(kms, keyId);
const key = randomBytes(32);

test.each([
  ['a key of the environment', () => environmentSealer(key)],
  ['a key of KMS', () => byKms()],
])('sealed with %s: opened by the same, for the same creator, unchanged', async (_, sealer) => {
  const sealed = await sealer().seal(TEXT, 'ada');
  expect(sealed.includes('cookies')).toBe(false);
  expect(await sealer().unseal(sealed, 'ada')).toBe(TEXT);
  expect((await sealer().seal(TEXT, 'ada')).equals(sealed)).toBe(false);
  await expect(sealer().unseal(sealed, 'bea')).rejects.toThrow();
  for (const at of [0, 1, 5, sealed.length - 1]) {
    const changed = Buffer.from(sealed);
    changed[at] = changed[at]! ^ 1;
    await expect(sealer().unseal(changed, 'ada')).rejects.toThrow();
  }
  for (const length of [0, 1, 2, 20, sealed.length - 1])
    await expect(sealer().unseal(sealed.subarray(0, length), 'ada')).rejects.toThrow();
});

test('KMS makes a key for each text, under the creator’s name, and nobody else’s opens it', async () => {
  const sealed = await byKms().seal(TEXT, 'ada');
  await byKms().seal(TEXT, 'ada');
  await byKms().unseal(sealed, 'ada');
  const context = { KeyId: 'alias/sessions', EncryptionContext: { creator_id: 'ada' } };
  expect(calls).toMatchObject([
    { action: 'TrentService.GenerateDataKey', KeySpec: 'AES_256', ...context },
    { action: 'TrentService.GenerateDataKey', ...context },
    { action: 'TrentService.Decrypt', ...context },
  ]);
  await expect(byKms('alias/another').unseal(sealed, 'ada')).rejects.toThrow();
});

test('what one kind has sealed the other doesn’t open, and says why', async () => {
  const own = await environmentSealer(key).seal(TEXT, 'ada');
  await expect(byKms().unseal(own, 'ada')).rejects.toThrow('sealed in version 1, not 2');
  await expect(environmentSealer(key).unseal(await byKms().seal(TEXT, 'ada'), 'ada')).rejects.toThrow(
    'sealed in version 2, not 1',
  );
  expect(calls.map(({ action }) => action)).toEqual(['TrentService.GenerateDataKey']);
});
