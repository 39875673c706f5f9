import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A connection on which anything can be said. */
export class RawClient {
  readonly #socket: Socket;
  #received = '';

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', chunk => (this.#received += String(chunk)));
    socket.on('error', () => {}); // That the server resets it is one of the answers it can give.
  }

  /** @param options.allowHalfOpen it goes on sending though the server has said that nothing more comes */
  static async to(port: number, options: { allowHalfOpen?: boolean } = {}): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1', ...options });
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** Sends as it is; a string's characters are bytes. Resolves when there is room for more, or nobody listens. */
  async say(bytes: string | Buffer): Promise<void> {
    if (this.#socket.destroyed || !this.#socket.writable) return;
    if (this.#socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)) return;
    await this.#until('drain');
  }

  get isClosed(): boolean {
    return this.#socket.destroyed;
  }

  /** The answers so far. A body without a length is all that comes. */
  get answers(): { status: number; headers: string; body: string }[] {
    const answers = [];
    for (let rest = this.#received; rest !== '';) {
      const end = rest.indexOf('\r\n\r\n');
      const headers = rest.slice(0, end);
      const status = /^HTTP\/1\.1 (\d{3}) /.exec(headers)?.[1];
      if (end === -1 || status === undefined) break;
      const announced = /^content-length: (\d+)$/im.exec(headers)?.[1];
      const length = announced === undefined ? rest.length - end - 4 : Number(announced);
      const body = rest.slice(end + 4, end + 4 + length);
      if (body.length < length) break;
      answers.push({ status: Number(status), headers, body });
      rest = rest.slice(end + 4 + length);
    }
    return answers;
  }

  /** Resolves once there are `count` answers, or the server has closed the connection. */
  async untilAnswered(count = 1): Promise<void> {
    while (this.answers.length < count && !this.isClosed) await this.#until('data');
  }

  /** Resolves once the server has closed the connection. */
  async untilClosed(): Promise<void> {
    if (!this.isClosed) await this.#until('close');
  }

  /** Resolves at the event, or when the connection is closed before it. */
  #until(event: 'data' | 'drain' | 'close'): Promise<void> {
    const over = () => {
      this.#socket.removeListener(event, over).removeListener('close', over);
      resolve();
    };
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#socket.once(event, over).once('close', over);
    return promise;
  }

  /** Says that nothing more comes. */
  finish(): void {
    this.#socket.end();
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** A POST to an SQS action as text, with a content-length of its body unless `headers` say otherwise. */
export function sqsRequest(action: string, body: string, headers: Record<string, string> = {}): string {
  const all: Record<string, string> = {
    host: '127.0.0.1',
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': `AmazonSQS.${action}`,
    'content-length': String(body.length),
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === '' ? [] : [`${name}: ${value}`]));
  return `POST / HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
}
