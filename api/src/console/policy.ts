/**
 * What a page of the console may load and do: only what is ours, scripts only those that carry this answer's nonce. No page
 * of anybody's may frame it.
 * @param nonce a random value, new for each answer
 */
export function contentPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "manifest-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
