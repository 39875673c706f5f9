import { EventEmitter, once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listen, type ListeningServer, type Services } from './server.ts';
import { RawClient, sqsRequest } from './test-raw-client.ts';
import { Turns } from './turns.ts';

const MEGABYTE = 1_048_576;
/** More than a connection takes by itself when nobody reads. */
const LARGE = Buffer.alloc(32 * MEGABYTE);
const LIMITS = { untakenBytes: 8 * MEGABYTE, takeMs: 60_000 };

/** A request to S3 that has begun. */
interface Begun {
  path: string | undefined;
  answer: (body: Buffer | string) => void;
  /** Resolves when the answer has been taken, or the connection is gone. */
  closed: Promise<unknown>;
}

let begun: Begun[];
let large: PromiseWithResolvers<object>;
let server: ListeningServer;
let sockets: Socket[];
const errors: unknown[] = [];
const s3 = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<Buffer | string>();
  begun.push({ path: request.url, answer: resolve, closed: once(response, 'close') });
  request.resume();
  response.end(await promise);
};
const services: Services = {
  json: {
    AmazonSQS: {
      version: '1.0',
      handle: action => (action === 'ReceiveMessage' ? large.promise : Promise.resolve({})),
    },
    secretsmanager: { version: '1.1', handle: () => Promise.resolve({}) },
  },
  s3,
  local: {},
};

beforeEach(async () => {
  begun = [];
  sockets = [];
  large = Promise.withResolvers();
  server = await listen(services, 0, error => errors.push(error), LIMITS);
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  for (const { answer } of begun) answer('');
  large.resolve({});
  await server.close();
  expect(errors).toEqual([]);
});

const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`;

/** Sends, and never reads what it is answered. */
async function deaf(text: string, port = server.port): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => {});
  socket.pause();
  sockets.push(socket);
  await once(socket, 'connect');
  socket.write(text);
  return socket;
}

async function untilBegun(count: number): Promise<void> {
  while (begun.length < count) await new Promise(resolve => setImmediate(resolve));
}

/** Everything sent before has been read by the server. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await fetch(`http://127.0.0.1:${server.port}/__local/health`);
}

/** As `deaf` one that has made the server keep more than it may. */
async function fill(): Promise<Socket> {
  const before = begun.length;
  const socket = await deaf(get('/b/large'));
  await untilBegun(before + 1);
  begun.at(-1)?.answer(LARGE);
  await settled();
  return socket;
}

const ask = async (headers: Record<string, string> = {}) => {
  const response = await fetch(`http://127.0.0.1:${server.port}/b/k`, {
    method: 'POST',
    headers,
    body: '{}',
  });
  return [response.status, await response.text()];
};
const json = (target: string) => ({ 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': target });

test('of pipelined requests one begins when the answer to that before it has been taken', async () => {
  const client = await RawClient.to(server.port);
  await client.say(['/b/1', '/b/2', '/b/3'].map(get).join(''));
  await untilBegun(1);
  await settled();
  expect(begun.map(({ path }) => path)).toEqual(['/b/1']);
  begun[0]?.answer('one');
  await untilBegun(2);
  await settled();
  expect(begun.map(({ path }) => path)).toEqual(['/b/1', '/b/2']);
  begun[1]?.answer('two');
  await untilBegun(3);
  begun[2]?.answer('three');
  await client.untilAnswered(3);
  expect(client.answers.map(({ body }) => body)).toEqual(['one', 'two', 'three']);
  await client.say(get('/b/4'));
  await untilBegun(4);
  client.close();
});

test('a request behind others has its whole body when its turn comes', async () => {
  const client = await RawClient.to(server.port);
  const body = JSON.stringify({ x: 'x'.repeat(MEGABYTE) });
  void client.say(get('/b/1') + sqsRequest('SendMessage', body) + sqsRequest('SendMessage', body));
  await untilBegun(1);
  await settled();
  begun[0]?.answer('one');
  await client.untilAnswered(3);
  expect(client.answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  client.close();
});

test('while requests wait behind another one nothing more is read of their connection', () => {
  const turns = new Turns();
  const read: string[] = [];
  const socket = {
    pause: () => read.push('no'),
    resume: () => read.push('yes'),
    setTimeout: () => {},
    writableLength: 0,
    destroyed: false,
  };
  const begin = () => {
    const response = new EventEmitter();
    const request = { socket };
    turns.take(request as unknown as IncomingMessage, response as ServerResponse, () => Promise.resolve());
    return response;
  };
  const [first, second, third] = [begin(), begin(), begin()];
  expect(read).toEqual(['no', 'no']);
  first.emit('close');
  expect(read).toEqual(['no', 'no']);
  second.emit('close');
  expect(read).toEqual(['no', 'no', 'yes']);
  third.emit('close');
  expect(read).toEqual(['no', 'no', 'yes']);
});

test('nobody begins what is asked on a connection that is gone', async () => {
  const socket = await deaf(get('/b/1') + get('/b/2').repeat(100));
  await untilBegun(1);
  await settled();
  begun[0]?.answer(LARGE);
  await settled();
  socket.destroy();
  await begun[0]?.closed;
  await settled();
  expect(begun.map(({ path }) => path)).toEqual(['/b/1']);
});

test('while too much waits to be taken every service refuses in its own words; then there is room again', async () => {
  const socket = await fill();
  expect(await ask()).toEqual([503, expect.stringContaining('<Code>SlowDown</Code>')]);
  expect(await ask(json('AmazonSQS.SendMessage'))).toEqual([
    503,
    expect.stringContaining('"com.amazon.coral.service#ServiceUnavailableException"'),
  ]);
  expect(await ask(json('secretsmanager.GetSecretValue'))).toEqual([
    503,
    expect.stringContaining('"__type":"ServiceUnavailableException"'),
  ]);
  expect((await fetch(`http://127.0.0.1:${server.port}/__local/health`)).status).toBe(200);
  socket.destroy();
  await begun[0]?.closed;
  expect(await ask(json('AmazonSQS.SendMessage'))).toEqual([200, '{}']);
});

test('what has been taken is counted no more', async () => {
  const socket = await fill();
  socket.resume();
  await begun[0]?.closed;
  expect(await ask(json('AmazonSQS.SendMessage'))).toEqual([200, '{}']);
});

test('an answer that was waited for is refused, if it is large, when there is no more room', async () => {
  const receive = ask(json('AmazonSQS.ReceiveMessage'));
  await settled();
  await fill();
  large.resolve({ Messages: ['x'.repeat(MEGABYTE)] });
  expect(await receive).toEqual([503, expect.stringContaining('ServiceUnavailable')]);
});

test('an answer that was waited for is sent, if it is small, though there is no more room', async () => {
  const receive = ask(json('AmazonSQS.ReceiveMessage'));
  await settled();
  await fill();
  large.resolve({});
  expect(await receive).toEqual([200, '{}']);
});

test('a client that takes nothing of its answer is cut off', async () => {
  const impatient = await listen(services, 0, error => errors.push(error), { takeMs: 50 });
  await deaf(get('/b/1'), impatient.port);
  await untilBegun(1);
  begun[0]?.answer(LARGE);
  await begun[0]?.closed;
  await impatient.close();
});

test('a client that waits for its answer is not cut off, be it behind another one', async () => {
  const impatient = await listen(services, 0, error => errors.push(error), { takeMs: 50 });
  const client = await RawClient.to(impatient.port);
  await client.say(get('/b/1') + get('/b/2'));
  await untilBegun(1);
  begun[0]?.answer(LARGE);
  await untilBegun(2);
  await new Promise(resolve => setTimeout(resolve, 200));
  begun[1]?.answer('two');
  await client.untilAnswered(2);
  expect(client.answers.map(({ status }) => status)).toEqual([200, 200]);
  client.close();
  await impatient.close();
});
