import { networkInterfaces } from 'node:os';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTestAws, type TestAws } from '../test-clients.ts';
import { RawClient, sqsRequest } from './test-raw-client.ts';
import { listen } from './server.ts';

let it: TestAws;
let client: RawClient;
beforeEach(async () => {
  it = await startTestAws({ queues: [{ name: 'q' }], buckets: ['bucket'] });
  client = await RawClient.to(it.aws.port);
});
afterEach(async () => {
  client.close();
  await it.close(); // Fails on internal errors, too.
});

/** What the server answers; that it is still well. */
async function said(bytes: string | Buffer): Promise<{ status: number; type: string; isClosed: boolean }> {
  await client.say(bytes);
  await client.untilAnswered();
  const [answer] = client.answers;
  const type = (JSON.parse(answer?.body ?? '{}') as Record<string, string>)['__type'] ?? '';
  return { status: answer?.status ?? 0, type: type.replace(/^.*#/, ''), isClosed: client.isClosed };
}
const healthy = async () => (await fetch(`${it.aws.url}/__local/health`)).status === 200;

const unknown = { status: 400, type: 'UnknownOperationException' };
const send = (body: string, headers?: Record<string, string>) => sqsRequest('SendMessage', body, headers);

test.each([
  ['an action that isn’t one', sqsRequest('SendMassage', '{}')],
  ['no action', sqsRequest('', '{}')],
  ['another service', send('{}', { 'x-amz-target': 'DynamoDB_20120810.PutItem' })],
  ['no dot', send('{}', { 'x-amz-target': 'AmazonSQS' })],
  ['two dots', send('{}', { 'x-amz-target': 'AmazonSQS.SendMessage.x' })],
  ['a name that every object has', send('{}', { 'x-amz-target': '__proto__.toString' })],
  ['two targets', send('{}').replace('\r\n\r\n', '\r\nx-amz-target: AmazonSQS.ListQueues\r\n\r\n')],
  ['no content type', send('{}', { 'content-type': '' })],
  ['a form', send('Action=SendMessage', { 'content-type': 'application/x-www-form-urlencoded' })],
  ['another JSON', send('{}', { 'content-type': 'application/json' })],
  ['a content type that only begins so', send('{}', { 'content-type': 'application/x-amz-json-1.05' })],
  ['another method', send('{}').replace('POST', 'PUT')],
  ['GET with a target', send('').replace('POST', 'GET')],
])('%s: UnknownOperationException, and the connection goes on', async (_, request) => {
  expect(await said(request)).toMatchObject({ ...unknown, isClosed: false });
  await client.say(sqsRequest('ListQueues', '{}'));
  await client.untilAnswered(2);
  expect(client.answers[1]?.status).toBe(200);
});

test('an expectation that can’t be met', async () => {
  expect(await said(send('{}', { expect: 'miracles' }))).toMatchObject({
    status: 417,
    type: 'ExpectationFailedException',
  });
});

const message = (text: string) => `{"QueueUrl":"http://127.0.0.1/000000000000/q","MessageBody":${text}}`;

test.each([
  ['not JSON', '{"a":'],
  ['invalid UTF-8', message('"\xff\xfe"')],
  ['half a character', message('"\xe2\x82"')],
  ['nested deeply', '['.repeat(7_000_000)],
  ['nested deeply where nobody reads', message(`"a","x":${'['.repeat(50_000)}${']'.repeat(50_000)}`)],
  ['nested deeply behind a string', message(`"\\"[[[\\\\","x":${'['.repeat(50_000)}${']'.repeat(50_000)}`)],
])('%s: SerializationException', async (_, body) => {
  expect(await said(send(body))).toMatchObject({ status: 400, type: 'SerializationException' });
});

test('brackets within strings are no nesting', async () => {
  const text = JSON.stringify(`"${'[{'.repeat(100_000)}\\"\\`);
  expect(await said(send(message(text)))).toMatchObject({ status: 200 });
});

test('__proto__ is a name like any other', async () => {
  const attributes = '{"__proto__":{"DataType":"String","StringValue":"x"}}';
  const body = `{"QueueUrl":"http://127.0.0.1/000000000000/q","MessageBody":"a","__proto__":{"DelaySeconds":900},"MessageAttributes":${attributes}}`;
  expect(await said(send(body))).toMatchObject({ status: 200 });
  await client.say(
    sqsRequest(
      'ReceiveMessage',
      '{"QueueUrl":"http://127.0.0.1/000000000000/q","MessageAttributeNames":["All"]}',
    ),
  );
  await client.untilAnswered(2);
  expect(client.answers[1]?.body).toContain(`"MessageAttributes":${attributes}`);
  expect(({} as Record<string, unknown>)['DelaySeconds']).toBeUndefined();
});

test('a body that is announced too long is refused before it comes, and the connection is closed', async () => {
  expect(await said(send('', { 'content-length': '99999999999' }))).toMatchObject({
    status: 413,
    type: 'RequestEntityTooLargeException',
  });
  await client.untilClosed();
});

test('a body that goes on for ever is refused at its bound, and not read on for ever', async () => {
  await client.say(send('', { 'content-length': '', 'transfer-encoding': 'chunked' }));
  const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
  let sent = 0;
  while (!client.isClosed) {
    await client.say(chunk);
    sent += 65_536;
    await new Promise(resolve => setImmediate(resolve));
  }
  expect(sent).toBeGreaterThan(7 * 1_048_576);
  expect(client.answers[0]?.status ?? 413).toBe(413);
  expect(await healthy()).toBe(true);
});

test('bodies that all arrive at once: past their common bound they are refused, until there is room again', async () => {
  const clients = await Promise.all(Array.from({ length: 5 }, () => RawClient.to(it.aws.port)));
  const megabyte = Buffer.alloc(1_048_576);
  const upload = async (other: RawClient, index: number) => {
    await other.say(`PUT /bucket/${index} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 62914560\r\n\r\n`);
    for (let sent = 0; sent < 59 && other.answers.length === 0; sent += 1) await other.say(megabyte);
  };
  await Promise.all(clients.map(upload));
  const refused = clients.filter(({ answers }) => answers.length > 0);
  expect(refused.length).toBeGreaterThan(0);
  for (const { answers } of refused)
    expect(answers[0]).toMatchObject({ status: 503, body: expect.stringContaining('ServiceUnavailable') });
  for (const other of clients) other.close();
  await expect
    .poll(async () => (await fetch(`${it.aws.url}/bucket/k`, { method: 'PUT', body: 'x' })).status)
    .toBe(200);
});

test.each([
  ['no HTTP at all', 'hello\r\n\r\n'],
  ['another protocol', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['TLS', Buffer.from('16030100c8010000c40303', 'hex')],
  ['a header without a colon', 'POST / HTTP/1.1\r\nhost: a\r\nnonsense\r\n\r\n'],
  ['two lengths', send('{}').replace('\r\n\r\n', '\r\ncontent-length: 7\r\n\r\n')],
  ['a length that is no number', send('{}', { 'content-length': '2x' })],
  ['a negative length', send('{}', { 'content-length': '-2' })],
  ['a length and chunks', send('{}', { 'transfer-encoding': 'chunked' })],
  ['a chunk without a size', send('zz\r\nabc\r\n', { 'content-length': '', 'transfer-encoding': 'chunked' })],
])('%s: 400, and the connection is closed', async (_, bytes) => {
  await client.say(bytes);
  await client.untilClosed();
  const { status = 0, body = '{}' } = client.answers.at(-1) ?? {};
  expect(status).toBe(400);
  expect(JSON.parse(body)).toMatchObject({ __type: expect.any(String), message: expect.any(String) });
  expect(await healthy()).toBe(true);
});

test('a client that doesn’t close its side of a broken connection', async () => {
  client.close();
  client = await RawClient.to(it.aws.port, { allowHalfOpen: true });
  while (!client.isClosed) {
    await client.say('nonsense\r\n\r\n');
    await new Promise(resolve => setImmediate(resolve));
  }
  expect(client.answers[0]?.status).toBe(400);
});

test('a flood of headers', async () => {
  expect(await said(send('{}', { 'x-long': 'x'.repeat(100_000) }))).toMatchObject({ status: 431 });
  await client.untilClosed();
  client = await RawClient.to(it.aws.port);
  await client.say('POST / HTTP/1.1\r\nhost: 127.0.0.1\r\n');
  for (let i = 0; i < 10_000 && !client.isClosed; i += 1) await client.say(`x-${i}: y\r\n`);
  await client.untilClosed();
  expect(client.answers[0]?.status ?? 431).toBe(431);
  expect(await healthy()).toBe(true);
});

test('a client that goes away in mid-body, or before its answer', async () => {
  for (let i = 0; i < 20; i += 1) {
    const other = await RawClient.to(it.aws.port);
    const whole = send(message('"a"'));
    await other.say(whole.slice(0, whole.length - i));
    other.close();
  }
  await client.say(
    sqsRequest('ReceiveMessage', '{"QueueUrl":"http://127.0.0.1/000000000000/q","WaitTimeSeconds":20}'),
  );
  client.close();
  await it.untilWaiting(0);
  expect(await healthy()).toBe(true);
});

test('a body that is longer than announced ends the connection behind its request', async () => {
  await client.say(
    send(`${message('"a"')}garbage\r\n\r\n`, { 'content-length': String(message('"a"').length) }),
  );
  await client.untilClosed();
  for (const { status } of client.answers) expect(status).toBe(200); // None, or the one to the request.
  expect(await healthy()).toBe(true);
});

test('a request that was answered before its end gets no second answer at the deadline', async () => {
  const answered = RawClient.to(it.aws.port);
  client.close();
  client = await answered;
  await client.say(send('{', { 'content-length': '7', 'content-type': 'text/plain' }));
  await client.untilAnswered();
  client.finish();
  await client.untilClosed();
  expect(client.answers.map(({ status }) => status)).toEqual([400]);
});

test('pipelined requests are answered in their order', async () => {
  const requests = Array.from({ length: 50 }, (_, index) =>
    index % 2 === 0 ? send(message(`"${index}"`)) : sqsRequest('Nonsense', '{}'),
  );
  await client.say(requests.join(''));
  await client.untilAnswered(50);
  expect(client.answers.map(({ status }) => status)).toEqual(
    requests.map((_, index) => (index % 2 === 0 ? 200 : 400)),
  );
});

test('what is broken behind a request that still waits for its answer is no answer to it', async () => {
  await client.say(
    sqsRequest('ReceiveMessage', '{"QueueUrl":"http://127.0.0.1/000000000000/q","WaitTimeSeconds":20}'),
  );
  await it.untilWaiting(1);
  await client.say('nonsense\r\n\r\n');
  await client.untilClosed();
  expect(client.answers).toEqual([]);
  await it.untilWaiting(0);
});

test.each([
  ['a body', send('{"QueueUrl":', { 'content-length': '1000' }), 'x-amzn-query-error: RequestTimeout;Sender'],
  ['headers', 'POST / HTTP/1.1\r\nhost: 127.0.0.1\r\nx-', 'x-amzn-query-error: RequestTimeout;Sender'],
  [
    'an S3 body',
    'PUT /bucket/key HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 5\r\n\r\nx',
    'application/xml',
  ],
])('%s that never end: 408 at the deadline, and the connection is closed', async (_, bytes, mark) => {
  const handle = () => new Promise<never>(() => {});
  const services = {
    json: { AmazonSQS: { version: '1.0' as const, handle } },
    s3: handle,
    local: {},
  };
  const errors: unknown[] = [];
  const server = await listen(services, 0, error => errors.push(error), { requestMs: 200 });
  client.close();
  client = await RawClient.to(server.port);
  await client.say(bytes);
  await client.untilClosed();
  expect(client.answers).toEqual([
    expect.objectContaining({ status: 408, headers: expect.stringContaining(mark) }),
  ]);
  expect(errors).toEqual([]);
  await server.close();
});

test('it can’t be reached from elsewhere', async () => {
  const addresses = Object.values(networkInterfaces())
    .flatMap(entries => entries ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => address);
  for (const host of [...addresses, '127.0.0.2']) {
    const outcome = await new Promise(resolve => {
      const socket = connect({ port: it.aws.port, host }, () => {
        socket.destroy();
        resolve('connected');
      });
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    });
    expect(outcome).toBe('ECONNREFUSED');
  }
});

test.each([
  ['Origin', { origin: 'http://evil.example' }],
  ['Sec-Fetch-Site', { 'sec-fetch-site': 'same-origin' }],
  ['a name of its own', { host: 'evil.example:4566' }],
])('a page that shows itself by %s gets nothing', async (_, headers) => {
  expect(await said(sqsRequest('ListQueues', '{}', headers))).toMatchObject({
    status: 403,
    type: 'AccessDeniedException',
  });
  const lines = Object.entries({ host: '127.0.0.1', ...headers }).map(([name, value]) => `${name}: ${value}`);
  await client.say(`GET /bucket?list-type=2 HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
  await client.untilAnswered(2);
  expect(client.answers[1]).toMatchObject({ status: 403, body: expect.stringContaining('AccessDenied') });
});
