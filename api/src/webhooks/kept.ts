import { randomBytes } from 'node:crypto';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { API_PREFIXES } from '@huntaze/core/names';
import { safeId } from '@huntaze/core/operations';
import * as z from 'zod/mini';
import { isAbsent, type S3 } from '../objects.ts';

/**
 * A token's webhook as it is kept: an object of its own, beside the token's. Its secret signs, so it is kept as it is; of
 * all that the API answers, only the setting of a webhook has it.
 */
const keptWebhook = z.strictObject({
  token_id: safeId,
  /** Which token that is: ids can come again, hashes can't. */
  token_sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  url: z.string(),
  since: z.iso.datetime(),
  secret: z.string(),
});
export type KeptWebhook = z.infer<typeof keptWebhook>;

/** What secrets begin with, as Standard Webhooks has it. */
export const SECRET_BEGINS = 'whsec_';
const SECRET_BYTES = 32;
/** How long S3 may take (ms). */
const DEADLINE_MS = 3_000;

/** A new secret to sign with. */
export function newSecret(): string {
  return `${SECRET_BEGINS}${randomBytes(SECRET_BYTES).toString('base64')}`;
}

/** @param tokenId passed `isSafeId` */
function keyOf(tokenId: string): string {
  return `${API_PREFIXES.webhooks}/${tokenId}.json`;
}

const options = () => ({ abortSignal: AbortSignal.timeout(DEADLINE_MS) });

/** Keeps a webhook, instead of the one that its token had. */
export async function keepWebhook(s3: S3, bucket: string, webhook: KeptWebhook): Promise<void> {
  await s3.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: keyOf(webhook.token_id),
      Body: JSON.stringify(z.parse(keptWebhook, webhook)),
      ContentType: 'application/json',
    }),
    options(),
  );
}

/** The webhook of a token; undefined: it has none. */
export async function readWebhook(s3: S3, bucket: string, tokenId: string): Promise<KeptWebhook | undefined> {
  let text: string | undefined;
  try {
    const object = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: keyOf(tokenId) }), options());
    text = await object.Body?.transformToString();
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
  try {
    return z.safeParse(keptWebhook, JSON.parse(text ?? '')).data;
  } catch {
    return undefined; // not JSON
  }
}

/** Ends the webhook of a token, if it has one. */
export async function endWebhook(s3: S3, bucket: string, tokenId: string): Promise<void> {
  await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: keyOf(tokenId) }), options());
}

/** The ids of all tokens that have a webhook. */
export async function tokensWithWebhooks(s3: S3, bucket: string): Promise<string[]> {
  const found: string[] = [];
  const Prefix = `${API_PREFIXES.webhooks}/`;
  let ContinuationToken: string | undefined;
  do {
    const page = await s3.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix, ContinuationToken }),
      options(),
    );
    for (const { Key = '' } of page.Contents ?? []) {
      const id = z.safeParse(safeId, Key.slice(Prefix.length).replace(/\.json$/, ''));
      if (id.success) found.push(id.data);
    }
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
  return found;
}
