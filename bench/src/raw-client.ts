import { connect } from 'node:net';

/** Calls an action over the wire, and resolves to its answer. */
export type Call = (action: string, input: object) => Promise<Record<string, unknown>>;

/**
 * An AWS JSON client that costs next to nothing, so that what is measured is the server: one kept connection, one
 * request after the other.
 */
export function rawClient(port: number): { call: Call; close: () => void } {
  const socket = connect(port, '127.0.0.1').setNoDelay(true);
  let waiting: PromiseWithResolvers<Record<string, unknown>> | undefined;
  let received: Buffer = Buffer.alloc(0);
  socket.on('error', error => waiting?.reject(error));
  socket.on('data', chunk => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    const end = received.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = received.toString('latin1', 0, end);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
    if (received.length < end + 4 + length) return;
    const text = received.toString('utf8', end + 4, end + 4 + length);
    received = Buffer.alloc(0);
    if (head.startsWith('HTTP/1.1 200')) waiting?.resolve(JSON.parse(text) as Record<string, unknown>);
    else waiting?.reject(new Error(text));
  });
  return {
    call(action, input) {
      waiting = Promise.withResolvers();
      const text = JSON.stringify(input);
      socket.write(
        `POST / HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/x-amz-json-1.0\r\n` +
          `x-amz-target: AmazonSQS.${action}\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
      );
      return waiting.promise;
    },
    close: () => socket.destroy(),
  };
}
