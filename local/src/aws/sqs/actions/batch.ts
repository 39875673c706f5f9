import { AwsError } from '../../aws-error.ts';
import type { Input } from '../../input.ts';
import { emptyBatch, idsNotDistinct, invalidBatchId, tooManyEntries } from '../errors.ts';

const MAX_ENTRIES = 10;

/**
 * The entries of a batch request, with their ids.
 * @throws EmptyBatchRequest, TooManyEntriesInBatchRequest, InvalidBatchEntryId, BatchEntryIdsNotDistinct
 */
export function readEntries(input: Input, entryShape: string): { id: string; entry: Input }[] {
  const entries = input.structures('Entries').map(entry => ({ id: entry.requiredString('Id'), entry }));
  if (entries.length === 0) throw emptyBatch(entryShape);
  if (entries.length > MAX_ENTRIES) throw tooManyEntries(entries.length);
  const seen = new Set<string>();
  for (const { id } of entries) {
    if (!/^[A-Za-z0-9_-]{1,80}$/.test(id)) throw invalidBatchId();
    if (seen.has(id)) throw idsNotDistinct(id);
    seen.add(id);
  }
  return entries;
}

/** Does each entry by itself: one that fails is reported, the others go on. */
export function forEachEntry<Entry>(
  entries: { id: string; entry: Entry }[],
  run: (entry: Entry) => object,
): object {
  const successful: object[] = [];
  const failed: object[] = [];
  for (const { id, entry } of entries) {
    try {
      successful.push({ Id: id, ...run(entry) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      failed.push({ Id: id, SenderFault: true, Code: error.batchCode, Message: error.message });
    }
  }
  return { Successful: successful, Failed: failed };
}
