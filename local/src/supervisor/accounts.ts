import { createHash, createHmac, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A creator's account at the local target site. */
export interface Account {
  creatorId: string;
  email: string;
  password: string;
}

/** A secret of this installation: made at its first use, kept in a file that only its owner may read. */
export function keptSecret(dataDir: string, name: string): string {
  const file = join(dataDir, name);
  if (!existsSync(file)) writeFileSync(file, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
  return readFileSync(file, 'utf8').trim();
}

/** Accounts for `creators` at the local site: the same for the same installation, so that a restart finds them. */
export function accountsFor(creators: Iterable<string>, installationSecret: string): Account[] {
  return [...new Set(creators)].map(creatorId => ({
    creatorId,
    email: emailOf(creatorId),
    password: createHmac('sha256', installationSecret).update(creatorId).digest('base64url').slice(0, 24),
  }));
}

function emailOf(creatorId: string): string {
  const plain = /^[A-Za-z0-9]+([._-][A-Za-z0-9]+)*$/.test(creatorId) && creatorId.length <= 60;
  // A creator's id may hold what an address may not.
  const name = plain
    ? creatorId
    : `creator.${createHash('sha256').update(creatorId).digest('hex').slice(0, 24)}`;
  return `${name}@creators.example`;
}
