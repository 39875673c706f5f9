import { createServer, request as ask } from 'node:http';
import type { AddressInfo } from 'node:net';

const RECEIVE = 'AmazonSQS.ReceiveMessage';

/** Stands before local SQS for one of its clients, and notes when that first asks for messages. */
export interface Receiving {
  url: string;
  /** When the first ReceiveMessage arrived, as `performance.now()` has it. */
  first: Promise<number>;
  close(): Promise<void>;
}

/** @param awsUrl where all that comes is passed on to, and answered from */
export async function watchReceives(awsUrl: string): Promise<Receiving> {
  const first = Promise.withResolvers<number>();
  const { hostname, port } = new URL(awsUrl);
  const server = createServer((incoming, outgoing) => {
    if (incoming.headers['x-amz-target'] === RECEIVE) first.resolve(performance.now());
    const { method, url: path, headers } = incoming;
    const onward = ask({ hostname, port, method, path, headers }, answer => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    // The client's own retries deal with either end going away.
    onward.once('error', () => outgoing.destroy());
    outgoing.once('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    first: first.promise,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
