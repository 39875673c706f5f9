import { once } from 'node:events';
import { createServer } from 'node:net';
import { Readable } from 'node:stream';
import { post, type Address, type Way } from '@huntaze/api/webhooks/post';
import { ManualClock } from '@huntaze/local/aws/manual-clock';
import { beforeEach, describe, expect, test } from 'vitest';
import { selfSigned } from '../support/certificate.ts';
import { useReceivers } from '../support/receiver.ts';

const { receiver } = useReceivers();
const BODY = '{"text":"Grüße"}';
const LATE = { why: 'no answer in 10 s' };
const NOT_PUBLIC = { why: 'its address is not one of the public Internet' };

let clock: ManualClock;
beforeEach(() => (clock = new ManualClock()));

const send = (url: string, more: Partial<Way> = {}) =>
  post(url, { 'content-type': 'application/json' }, BODY, { clock, toLoopback: true, ...more });
/** As a name server would answer. */
const names = (...addresses: string[]): Pick<Way, 'resolve'> => ({
  resolve: () => Promise.resolve(addresses.map((address): Address => ({ address, family: 4 }))),
});
function* endless(): Generator<string> {
  for (;;) yield 'x'.repeat(65_536);
}
/** Lets everything run until `isSo`, without time moving on. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(resolve => setImmediate(resolve));
}

test('a receiver gets the bytes as they are, and its status is the answer', async () => {
  const there = await receiver();
  expect(await send(`${there.url}?a=b`)).toEqual({ status: 204 });
  expect(there.received).toMatchObject([
    {
      method: 'POST',
      path: '/hooks?a=b',
      headers: { 'content-type': 'application/json', 'content-length': '18', connection: 'close' },
      body: BODY,
    },
  ]);
  expect(clock.sleeping).toBe(0);
});

test.each([200, 299, 400, 410, 429, 500, 503])('%i is told as it is', async status => {
  const there = await receiver((_, response) => void response.writeHead(status).end());
  expect(await send(there.url)).toEqual({ status });
});

test('a redirect is not followed', async () => {
  const elsewhere = await receiver();
  const there = await receiver(
    (_, response) => void response.writeHead(307, { location: elsewhere.url }).end(),
  );
  expect(await send(there.url)).toEqual({ status: 307 });
  expect(elsewhere.connections()).toBe(0);
});

test('an answer without an end is not read: its status is enough, and the connection is cut', async () => {
  let isCut = false;
  const there = await receiver((_, response) => {
    response.once('close', () => (isCut = true));
    response.writeHead(200);
    Readable.from(endless()).pipe(response);
  });
  expect(await send(there.url)).toEqual({ status: 200 });
  await until(() => isCut);
});

test('headers without an end are not read either', async () => {
  const server = createServer(socket => {
    socket.on('error', () => undefined);
    socket.write(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  expect(await send(`http://127.0.0.1:${port}/`)).toEqual({
    why: 'could not be reached (HPE_HEADER_OVERFLOW)',
  });
  server.close();
});

describe('after ten seconds nobody waits any more', () => {
  test('for an answer that doesn’t come', async () => {
    const there = await receiver(() => undefined);
    const sending = send(there.url);
    await until(() => there.received.length === 1);
    await clock.advance(9_999);
    expect(clock.sleeping).toBe(1);
    await clock.advance(1);
    expect(await sending).toEqual(LATE);
  });

  test('for a name that isn’t found', async () => {
    const sending = send('https://app.example/', { resolve: () => new Promise<never>(() => undefined) });
    await clock.advance(10_000);
    expect(await sending).toEqual(LATE);
  });
});

describe('where a name leads', () => {
  test('is looked up once, and the connection goes there: what it leads to a moment later doesn’t count', async () => {
    const there = await receiver();
    const asked: string[] = [];
    const resolve = (name: string) => {
      asked.push(name);
      const address = asked.length === 1 ? '127.0.0.1' : '10.0.0.7';
      return Promise.resolve([{ address, family: 4 }]);
    };
    expect(await send(`http://app.example:${there.port}/`, { resolve })).toEqual({ status: 204 });
    expect(asked).toEqual(['app.example']);
    expect(there.received[0]?.headers.host).toBe(`app.example:${there.port}`);
  });

  test.each([
    ['loopback', ['127.0.0.1']],
    ['private', ['10.0.0.7']],
    ['metadata', ['169.254.169.254']],
    ['one that is public and one that isn’t', ['1.1.1.1', '127.0.0.1']],
    ['mapped', ['::ffff:127.0.0.1']],
    ['nothing', []],
  ])('%s: nobody is connected to', async (_, addresses) => {
    const there = await receiver();
    const to = { toLoopback: false, ...names(...addresses) };
    expect(await send(`http://app.example:${there.port}/`, to)).toEqual(NOT_PUBLIC);
    expect(there.connections()).toBe(0);
  });

  test('a real name of this machine, and its address without a name: neither', async () => {
    const there = await receiver();
    for (const host of ['localhost', '127.0.0.1', '[::1]', '2130706433'])
      expect(await send(`http://${host}:${there.port}/`, { toLoopback: false })).toEqual(NOT_PUBLIC);
    expect(there.connections()).toBe(0);
    expect(await send(`http://localhost:${there.port}/`)).toEqual({ status: 204 });
  });

  test('on a local installation this machine may be told, and nothing else that isn’t public', async () => {
    for (const address of ['10.0.0.7', '169.254.169.254', '192.168.1.1'])
      expect(await send('https://app.example/', names(address))).toEqual(NOT_PUBLIC);
  });
});

test('a certificate that nobody vouches for: nothing is sent', async () => {
  const there = await receiver(undefined, selfSigned());
  expect(await send(there.url)).toEqual({ why: 'could not be reached (DEPTH_ZERO_SELF_SIGNED_CERT)' });
  expect(there.received).toEqual([]);
});

test('what is not there, or hangs up, is named without its address', async () => {
  const there = await receiver(request => void request.socket.destroy());
  expect(await send(there.url)).toEqual({ why: 'could not be reached (ECONNRESET)' });
  const gone = createServer();
  gone.listen(0, '127.0.0.1');
  await once(gone, 'listening');
  const { port } = gone.address() as { port: number };
  gone.close();
  await once(gone, 'close');
  expect(await send(`http://127.0.0.1:${port}/`)).toEqual({ why: 'could not be reached (ECONNREFUSED)' });
});
