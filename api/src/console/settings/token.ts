/** What is filled in of a token, as the API takes it: its creators by name, none for all of them. */
export function askedToken(filled: Record<string, unknown>): Record<string, unknown> {
  const { creators, ...rest } = filled;
  const names = typeof creators === 'string' ? creators.split(/[\s,]+/).filter(name => name !== '') : [];
  return { ...rest, creators: names.length === 0 ? 'all' : names };
}

/** Whether a token lets nobody in any more. */
export function hasExpired({ expires_at }: { expires_at?: string }, now: number): boolean {
  return expires_at !== undefined && Date.parse(expires_at) <= now;
}
