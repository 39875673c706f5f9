import { incompleteBody } from './errors.ts';

/** What headers may take, too. */
const MAX_TRAILER_BYTES = 16_384;

/** A decoded body: the bytes, and the headers that came after them. */
export interface DecodedBody {
  bytes: Buffer;
  trailers: ReadonlyMap<string, string>;
}

/**
 * Decodes the `aws-chunked` content encoding, in which the SDK streams uploads: chunks of
 * `SIZE-IN-HEX[;chunk-signature=…]\r\n BYTES \r\n`, a last one of size 0, then trailers up to an empty line.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 * @throws IncompleteBody if it is anything else
 */
export function decodeAwsChunked(body: Buffer): DecodedBody {
  // One for all: a buffer for each would take many times the body if the chunks are of one byte.
  const decoded = Buffer.allocUnsafe(body.length);
  let decodedBytes = 0;
  let position = 0;
  const readLine = (): string => {
    const end = body.indexOf('\r\n', position);
    if (end === -1) throw incompleteBody();
    const line = body.toString('latin1', position, end);
    position = end + 2;
    return line;
  };
  for (;;) {
    const size = /^([0-9a-f]{1,8})(;.*)?$/i.exec(readLine())?.[1];
    if (size === undefined) throw incompleteBody();
    const length = Number.parseInt(size, 16);
    if (length === 0) break;
    const end = position + length;
    if (body.toString('latin1', end, end + 2) !== '\r\n') throw incompleteBody();
    decodedBytes += body.copy(decoded, decodedBytes, position, end);
    position = end + 2;
  }
  if (body.length - position > MAX_TRAILER_BYTES) throw incompleteBody();
  const trailers = new Map<string, string>();
  while (position < body.length) {
    const line = readLine();
    if (line === '') break;
    const colon = line.indexOf(':');
    if (colon < 1) throw incompleteBody();
    trailers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return { bytes: decoded.subarray(0, decodedBytes), trailers };
}
