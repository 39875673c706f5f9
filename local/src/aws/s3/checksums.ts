import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { badDigest, invalidRequest, notImplemented } from './errors.ts';

const HEADER = /^x-amz-checksum-(?!mode|algorithm|type)(.+)$/;

const ALGORITHMS: Readonly<Record<string, (bytes: Buffer) => string>> = {
  crc32: bytes => {
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(bytes));
    return sum.toString('base64');
  },
  sha1: bytes => hash('sha1', bytes, 'base64'),
  sha256: bytes => hash('sha256', bytes, 'base64'),
};

/**
 * Checks every checksum that came with an upload, as header or trailer, against its bytes, and returns
 * those of the `x-amz-checksum-*` kind, to be kept with the object.
 * @throws BadDigest; NotImplemented for algorithms other than CRC32, SHA1, SHA256; InvalidRequest for two
 */
export function verifyChecksums(bytes: Buffer, headers: ReadonlyMap<string, string>): Map<string, string> {
  const verified = new Map<string, string>();
  for (const [name, value] of headers) {
    const algorithm = HEADER.exec(name)?.[1];
    if (algorithm === undefined) continue;
    const sum = Object.hasOwn(ALGORITHMS, algorithm) ? ALGORITHMS[algorithm] : undefined;
    if (sum === undefined) throw notImplemented(`The checksum ${algorithm.toUpperCase()}`);
    if (sum(bytes) !== value) throw badDigest(algorithm.toUpperCase());
    verified.set(name, value);
  }
  if (verified.size > 1)
    throw invalidRequest(
      'Expecting a single x-amz-checksum- header. Multiple checksum types are not allowed.',
    );
  const md5 = headers.get('content-md5');
  if (md5 !== undefined && md5 !== hash('md5', bytes, 'base64')) throw badDigest('Content-MD5');
  const sha256 = headers.get('x-amz-content-sha256') ?? '';
  if (/^[0-9a-f]{64}$/.test(sha256) && sha256 !== hash('sha256', bytes))
    throw badDigest('x-amz-content-sha256');
  return verified;
}
