import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { DecryptCommand, GenerateDataKeyCommand, type KMSClient } from '@aws-sdk/client-kms';

/**
 * Keeps a text from everybody's eyes but ours, under the creator's name: what was put in another creator's place
 * isn't opened. Both calls reject when it can't be done; no error shows a word of the text, or of a key.
 */
export interface Sealer {
  seal(text: string, creatorId: string): Promise<Buffer>;
  /** @throws when it was sealed by another kind or version, with another key, for another creator, or was changed */
  unseal(sealed: Buffer, creatorId: string, signal?: AbortSignal): Promise<string>;
}

/** The first byte says how the rest is to be read. */
const ENVIRONMENT = 1;
const KMS = 2;

/** AES-256-GCM with a key of 32 bytes: one byte of version, then what {@link encrypt} makes. */
export function environmentSealer(key: Buffer): Sealer {
  return {
    seal: async (text, creatorId) =>
      Buffer.concat([Buffer.of(ENVIRONMENT), encrypt(text, key, associated(ENVIRONMENT, creatorId))]),
    unseal: async (sealed, creatorId) =>
      decrypt(bodyOf(sealed, ENVIRONMENT), key, associated(ENVIRONMENT, creatorId)),
  };
}

const DATA_KEY_LENGTH_BYTES = 2;

/**
 * Each text with a data key of its own, made and opened by KMS under the encryption context `{creator_id}`: one byte
 * of version, two of length (big-endian), the sealed data key, then what {@link encrypt} makes. The data key is in
 * the clear for as long as one call lasts.
 * @param keyId id, ARN or alias of a symmetric key
 */
export function kmsSealer(kms: Pick<KMSClient, 'send'>, keyId: string): Sealer {
  const contextOf = (creatorId: string) => ({ creator_id: creatorId });
  return {
    async seal(text, creatorId) {
      const made = await kms.send(
        new GenerateDataKeyCommand({
          KeyId: keyId,
          KeySpec: 'AES_256',
          EncryptionContext: contextOf(creatorId),
        }),
      );
      return withKey(made.Plaintext, key => {
        const sealedKey = Buffer.from(made.CiphertextBlob ?? []);
        if (sealedKey.length === 0) throw new Error('KMS gave no sealed data key');
        const length = Buffer.alloc(DATA_KEY_LENGTH_BYTES);
        length.writeUInt16BE(sealedKey.length);
        return Buffer.concat([
          Buffer.of(KMS),
          length,
          sealedKey,
          encrypt(text, key, associated(KMS, creatorId)),
        ]);
      });
    },
    async unseal(sealed, creatorId, signal) {
      const body = bodyOf(sealed, KMS);
      const start = DATA_KEY_LENGTH_BYTES;
      const end = body.length < start ? Infinity : start + body.readUInt16BE();
      if (end > body.length) throw new Error('cut short');
      const opened = await kms.send(
        new DecryptCommand({
          KeyId: keyId,
          CiphertextBlob: body.subarray(start, end),
          EncryptionContext: contextOf(creatorId),
        }),
        signal && { abortSignal: signal },
      );
      return withKey(opened.Plaintext, key => decrypt(body.subarray(end), key, associated(KMS, creatorId)));
    },
  };
}

/** Runs `use` with a data key, and wipes it. */
function withKey<T>(plaintext: Uint8Array | undefined, use: (key: Uint8Array) => T): T {
  if (!plaintext) throw new Error('KMS gave no data key');
  try {
    return use(plaintext);
  } finally {
    plaintext.fill(0);
  }
}

function bodyOf(sealed: Buffer, version: number): Buffer {
  if (sealed[0] !== version) throw new Error(`sealed in version ${sealed[0]}, not ${version}`);
  return sealed.subarray(1);
}

/** Under whose name it was sealed, and how. */
function associated(version: number, creatorId: string): Buffer {
  return Buffer.from(`session ${version} ${creatorId}`);
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** 12 bytes of nonce, 16 of tag, then the text. */
function encrypt(text: string, key: Uint8Array, name: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(name);
  const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), encrypted]);
}

function decrypt(body: Buffer, key: Uint8Array, name: Buffer): string {
  if (body.length < NONCE_BYTES + TAG_BYTES) throw new Error('cut short');
  const nonce = body.subarray(0, NONCE_BYTES);
  const tag = body.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
    .setAAD(name)
    .setAuthTag(tag);
  try {
    const text = body.subarray(NONCE_BYTES + TAG_BYTES);
    return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8');
  } catch (error) {
    throw new Error('not sealed with this key for this creator', { cause: error });
  }
}
