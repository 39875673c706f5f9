import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartError } from './errors.ts';

/** A creator's account at the local target site. */
export interface Account {
  creatorId: string;
  email: string;
  password: string;
}

/**
 * A secret of this installation: made at its first use, kept in a file that only its owner may read. Whoever asks
 * first at the same moment decides.
 * @param encoding how its random bytes are written
 */
export function keptSecret(
  folder: string,
  name: string,
  bytes = 24,
  encoding: 'base64url' | 'base64' = 'base64url',
): string {
  const file = join(folder, name);
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const own = `${file}.${randomUUID()}`;
    writeFileSync(own, `${randomBytes(bytes).toString(encoding)}\n`, { mode: 0o600 });
    try {
      linkSync(own, file); // unlike renaming, it never replaces what another has made meanwhile
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(own);
    }
  }
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

/** Who has an account at the local site: those of this run, and in the site's file those of earlier ones too. */
export interface AccountBook {
  /** The site's accounts file. */
  file: string;
  /** Those who were added since the start. */
  ofThisRun(): Account[];
  has(creatorId: string): boolean;
  /** The site knows them when this returns. */
  add(accounts: Iterable<Account>): void;
  /** Forgets one that could not be brought everywhere it has to be known. */
  remove(creatorId: string): void;
}

/** @throws StartError when the file of earlier runs can't be read */
export function accountBook(file: string): AccountBook {
  const ours = new Map<string, Account>();
  const passwords = new Map(existsSync(file) ? readPasswords(file) : []);
  return {
    file,
    ofThisRun: () => [...ours.values()],
    has: creatorId => ours.has(creatorId),
    add(accounts) {
      for (const account of accounts) {
        ours.set(account.creatorId, account);
        passwords.set(account.email, account.password);
      }
      // Whole or not at all: the site may read it at any moment.
      const entries = [...passwords].map(([email, password]) => ({ email, password }));
      writeFileSync(`${file}.new`, JSON.stringify(entries), { mode: 0o600 });
      renameSync(`${file}.new`, file);
    },
    remove: creatorId => void ours.delete(creatorId),
  };
}

/** Whether a run whose accounts are in this file has had to do with a creator. */
export function hadAccount(file: string, creatorId: string): boolean {
  return existsSync(file) && readPasswords(file).some(([email]) => email === emailOf(creatorId));
}

function readPasswords(file: string): [email: string, password: string][] {
  try {
    const entries = JSON.parse(readFileSync(file, 'utf8')) as { email: string; password: string }[];
    return entries.map(({ email, password }) => [email, password]);
  } catch {
    // The parser's own message would quote passwords.
    throw new StartError(`${file} can't be read; remove it: accounts are made anew`);
  }
}

/** The creator that a line of the API's log is about, if it tells that an operation is being accepted. */
export function creatorIn(line: string): string | undefined {
  if (!line.startsWith('{"message":"accepting"')) return undefined;
  const { creator_id } = JSON.parse(line) as { creator_id: string };
  return creator_id;
}
