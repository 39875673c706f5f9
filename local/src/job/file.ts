import { check, operationRequest, type OperationRequest } from '@huntaze/core/operations';

/** The most lines a job may have: the line's own bound, half of what the queues keep at 10 a minute. */
const MOST_LINES = 100_000;

/**
 * Reads a job: one request a line, empty lines passed over.
 * @returns the requests in the order of the file, or everything that is wrong with it, a line each
 */
export function readJob(
  name: string,
  bytes: Uint8Array,
): { requests: OperationRequest[] } | { faults: string[] } {
  const requests: OperationRequest[] = [];
  const faults: string[] = [];
  // One decoder a line, so that a line that isn't UTF-8 can be named. It passes over a byte order mark.
  splitLines(bytes).forEach((raw, index) => {
    const at = `${name}:${index + 1}`;
    let line: string;
    try {
      line = new TextDecoder('utf-8', { fatal: true }).decode(raw);
    } catch {
      faults.push(`${at}: is not UTF-8; save the file as UTF-8`);
      return;
    }
    if (line.trim() === '') return;
    let json: unknown;
    try {
      json = JSON.parse(line);
    } catch {
      faults.push(`${at}: is not JSON`);
      return;
    }
    const checked = check(operationRequest, json);
    if (checked.ok) requests.push(checked.value);
    else faults.push(...checked.faults.map(fault => `${at}: ${fault.field} ${fault.message}`));
  });
  if (faults.length === 0 && requests.length === 0)
    faults.push(`${name}: has no requests; write one JSON object a line`);
  if (requests.length > MOST_LINES)
    faults.push(`${name}: has ${requests.length} requests, the most is ${MOST_LINES}`);
  return faults.length > 0 ? { faults } : { requests };
}

function splitLines(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  let start = 0;
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return [...lines, bytes.subarray(start)];
}
