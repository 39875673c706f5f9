/** A message attribute of ours, in the shape in which the SDK takes it. */
interface TextAttribute {
  DataType: string;
  StringValue: string;
}

/** SQS's own limit for one message. */
const MOST_ATTRIBUTES = 10;

/**
 * The originals with `added` beside them. Where SQS's limit leaves no room for all, they travel as one JSON
 * attribute called `combined`; where there is no room even for that, they are left out. The originals stay.
 */
export function withAdded<Original>(
  originals: Record<string, Original>,
  added: Record<string, TextAttribute>,
  combined: string,
): Record<string, Original | TextAttribute> {
  const kept = Object.fromEntries(
    Object.entries(originals).filter(([name]) => !(name in added) && name !== combined),
  );
  const room = MOST_ATTRIBUTES - Object.keys(kept).length;
  if (room >= Object.keys(added).length) return { ...kept, ...added };
  if (room < 1) return kept;
  const values = Object.fromEntries(Object.entries(added).map(([name, value]) => [name, value.StringValue]));
  return { ...kept, [combined]: { DataType: 'String', StringValue: JSON.stringify(values) } };
}
