import { closeSync, openSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { SCHEMA, SCHEMA_VERSION } from './schema.ts';

/** Marks a database as ours ("HzA1"), so that another program's is never written into. */
const APPLICATION_ID = 0x48_7a_41_31;
/** SQLite's result codes that say what is wrong with a file. */
const BUSY = 5;
const FULL = 13;
/** Past this the log of a burst is cut back to its usual size. Bytes. */
const MAX_IDLE_LOG_BYTES = 16 * 1_048_576;

/** The state file can't be used. Its message is one line that names the file and says what to do. */
export class StateFileError extends Error {
  override readonly name = 'StateFileError';
}

/**
 * The database that outlives the process. What is promised is that an acknowledged change survives the
 * death of the process (kill -9), not that of the machine: with a write-ahead log and synchronous=NORMAL
 * every commit is in the operating system's hands when it returns, and a half-written one is ignored at the
 * next start; waiting for the disk too (FULL) costs six times as much. A power cut may take the last
 * commits, but leaves the file sound.
 */
export class StateFile {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /**
   * Opens the file at `path`, made if it isn't there, for this process alone; undefined: in memory.
   * @throws StateFileError
   */
  constructor(path: string | undefined) {
    this.#path = path ?? 'in memory';
    try {
      // Secrets lie in it: for its owner's eyes only. SQLite gives its other files the same mode.
      if (path !== undefined) closeSync(openSync(path, 'a', 0o600));
      this.#database = new DatabaseSync(path ?? ':memory:');
    } catch (error) {
      throw new StateFileError(`${this.#path} can't be opened: ${(error as Error).message}`, {
        cause: error,
      });
    }
    try {
      this.#setUp();
    } catch (error) {
      this.#database.close();
      throw error instanceof StateFileError ? error : this.#unreadable(error);
    }
  }

  /** A statement, compiled once. */
  prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /**
   * Runs `read`, which makes something of what the file holds.
   * @throws StateFileError if it can't be made of it
   */
  read<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw this.#unreadable(error);
    }
  }

  /**
   * Runs the statements of `work` as one: all of them are written when this returns, or none.
   * @throws StateFileError if they can't be
   */
  write(work: () => void): void {
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      work();
      this.#database.exec('COMMIT');
    } catch (error) {
      // SQLite has rolled back by itself after the gravest errors.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      const advice = resultCode(error) === FULL ? ': make room on its disk' : '';
      throw new StateFileError(`${this.#path} can't be written: ${(error as Error).message}${advice}`, {
        cause: error,
      });
    }
  }

  /** Folds the log into the file. Closing again does nothing. */
  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #setUp(): void {
    this.#database.exec(`
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      PRAGMA secure_delete = ON;
      PRAGMA journal_size_limit = ${MAX_IDLE_LOG_BYTES};
    `);
    const number = (sql: string) => Number(Object.values(this.#database.prepare(sql).get() ?? {})[0]);
    const application = number('PRAGMA application_id');
    const version = number('PRAGMA user_version');
    const isEmpty = application === 0 && number('SELECT count(*) FROM sqlite_schema') === 0;
    if (!isEmpty && application !== APPLICATION_ID)
      throw new StateFileError(`${this.#path} is another program's database: name another file`);
    if (!isEmpty && version !== SCHEMA_VERSION)
      throw new StateFileError(
        `${this.#path} has version ${version}, and this program reads ${SCHEMA_VERSION}: ` +
          'move the file away to begin anew, or run the program that wrote it',
      );
    this.write(() => {
      if (isEmpty)
        this.#database.exec(
          `${SCHEMA}; PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}`,
        );
    });
  }

  #unreadable(error: unknown): StateFileError {
    const { message } = error as Error;
    return new StateFileError(
      resultCode(error) === BUSY
        ? `${this.#path} is in use by another process: stop that one, or name another file`
        : `${this.#path} can't be read (${message}): move the file away to begin anew, or name another`,
      { cause: error },
    );
  }
}

function resultCode(error: unknown): number | undefined {
  const { errcode } = error as { errcode?: number };
  return errcode === undefined ? undefined : errcode & 0xff; // Extended codes carry theirs in the low byte.
}
