/** Which messages of a batch a function's result keeps in the queue. */
export type Verdict = { is: 'partial'; failed: ReadonlySet<string> } | { is: 'invalid'; reason: string };

/**
 * Reads what a function returned, as Lambda does under ReportBatchItemFailures. Null, an object
 * without the list, a null list and an empty list are full success. A result of another shape, and an
 * identifier that is missing, empty or not of this batch, fail the whole batch.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export function readBatchResponse(result: unknown, messageIds: ReadonlySet<string>): Verdict {
  const failed = new Set<string>();
  if (result === null) return { is: 'partial', failed };
  if (!isObject(result)) return { is: 'invalid', reason: 'the result is not a JSON object' };
  const list = result['batchItemFailures'] ?? [];
  if (!Array.isArray(list)) return { is: 'invalid', reason: 'batchItemFailures is not a list' };
  for (const item of list as unknown[]) {
    const id = isObject(item) ? item['itemIdentifier'] : undefined;
    if (typeof id !== 'string' || id === '')
      return { is: 'invalid', reason: 'an itemIdentifier is missing or empty' };
    if (!messageIds.has(id)) return { is: 'invalid', reason: 'an itemIdentifier is not of this batch' };
    failed.add(id);
  }
  return { is: 'partial', failed };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
