/**
 * Ids that come from outside end up in queue attributes, Redis keys, object keys and file names.
 * They are checked once, here, against one alphabet that is harmless in all of them: no slash, no
 * colon, no space, no control character, and never a leading dot or dash.
 */
export const SAFE_ID = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,127}$/;

/** What {@link isSafeId} accepts, in words, for error messages. */
export const SAFE_ID_RULE = '1 to 128 letters, digits or . _ @ -, beginning with a letter or digit';

/** Whether `value` may be used as an id (creator, operation, fan). */
export function isSafeId(value: unknown): value is string {
  return typeof value === 'string' && SAFE_ID.test(value);
}

/** When an id of {@link newOperationId} was made (ms since the epoch); undefined for others. */
export function madeAt(operationId: string): number | undefined {
  const [, time] = /^op-([0-9a-z]{9})-[0-9a-f]{16}$/.exec(operationId) ?? [];
  return time === undefined ? undefined : Number.parseInt(time, 36);
}

/** A new operation id: unique, safe, and sorted by the time it was made (`op-` + base-36 ms + random). */
export function newOperationId(nowMs: number): string {
  const random = crypto.randomUUID().replaceAll('-', '').slice(0, 16);
  return `op-${Math.floor(nowMs).toString(36).padStart(9, '0')}-${random}`;
}
