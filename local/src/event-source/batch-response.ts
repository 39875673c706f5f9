/** Which messages of a batch a function's result keeps in the queue. */
export type Verdict = { is: 'partial'; failed: ReadonlySet<string> } | { is: 'invalid'; reason: string };

/**
 * Reads what a function returned, as Lambda does under ReportBatchItemFailures. Nothing, an object
 * without the list, a null list and an empty list are full success. A result of another shape, and an
 * identifier that is missing, empty or not of this batch, fail the whole batch.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export function readBatchResponse(result: unknown, messageIds: ReadonlySet<string>): Verdict {
  const failed = new Set<string>();
  let response: unknown;
  try {
    // What a function returns crosses to Lambda as JSON: undefined and non-values are lost on the way.
    response = JSON.parse(JSON.stringify(result) ?? 'null') as unknown;
  } catch {
    return { is: 'invalid', reason: 'the result is not JSON' };
  }
  if (response === null) return { is: 'partial', failed };
  if (!isObject(response)) return { is: 'invalid', reason: 'the result is not an object' };
  const list = response['batchItemFailures'] ?? [];
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
