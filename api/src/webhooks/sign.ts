import { createHmac } from 'node:crypto';
import { SECRET_BEGINS } from './kept.ts';

/**
 * The headers by which a receiver knows that a message is ours, unchanged, and from now
 * (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
 * @param id the same each time the same is told: the receiver knows a repetition by it
 * @param now ms since the epoch
 */
export function signed(id: string, body: string, secret: string, now: number): Record<string, string> {
  const seconds = String(Math.floor(now / 1_000));
  const key = Buffer.from(secret.slice(SECRET_BEGINS.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64');
  return {
    'webhook-id': id,
    'webhook-timestamp': seconds,
    'webhook-signature': `v1,${signature}`,
  };
}
