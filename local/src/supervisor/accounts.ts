import { createHash, createHmac, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
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

/** A creator's account: it follows from the id and the installation's secret, so that a restart finds it again. */
export function accountFor(creatorId: string, installationSecret: string): Account {
  return {
    creatorId,
    email: emailOf(creatorId),
    password: createHmac('sha256', installationSecret).update(creatorId).digest('base64url').slice(0, 24),
  };
}

function emailOf(creatorId: string): string {
  const plain = /^[A-Za-z0-9]+([._-][A-Za-z0-9]+)*$/.test(creatorId) && creatorId.length <= 60;
  // A creator's id may hold what an address may not.
  const name = plain
    ? creatorId
    : `creator.${createHash('sha256').update(creatorId).digest('hex').slice(0, 24)}`;
  return `${name}@creators.example`;
}

/** Writes the site's accounts file, whole or not at all: the site may read it at any moment. */
export function writeAccounts(file: string, accounts: Iterable<Account>): void {
  const entries = [...accounts].map(({ email, password }) => ({ email, password }));
  writeFileSync(`${file}.new`, JSON.stringify(entries), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** The creator that a line of the API's log is about, if it tells that an operation is being accepted. */
export function creatorIn(line: string): string | undefined {
  if (!line.startsWith('{"message":"accepting"')) return undefined;
  const { creator_id } = JSON.parse(line) as { creator_id: string };
  return creator_id;
}
