/** Raised with every change of the schema, or of what its columns hold: files of other versions are refused. */
export const SCHEMA_VERSION = 1;

/**
 * What lies in the state file. Times are milliseconds since the epoch. A message is two rows, so that a
 * receive doesn't write its content again.
 */
export const SCHEMA = `
  -- one row: the newest number by which messages and turns are ordered
  CREATE TABLE last_order (number INTEGER NOT NULL);
  INSERT INTO last_order VALUES (0);

  CREATE TABLE queue (
    name TEXT PRIMARY KEY,
    attributes TEXT NOT NULL,          -- JSON: pairs of name and value
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    purged_at INTEGER                  -- NULL: never
  ) WITHOUT ROWID;

  CREATE TABLE message_content (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    sent_at INTEGER NOT NULL,
    sequence_number TEXT,              -- FIFO only
    group_id TEXT,
    deduplication_id TEXT,
    attributes TEXT NOT NULL,          -- JSON, as on the wire
    system_attributes TEXT NOT NULL,
    body TEXT NOT NULL
  );

  CREATE TABLE message_state (
    number INTEGER PRIMARY KEY,        -- that of its content
    queue TEXT NOT NULL,
    state TEXT NOT NULL,               -- available, delayed, inFlight
    until INTEGER,                     -- delayed, inFlight
    received_at INTEGER,               -- inFlight
    place INTEGER NOT NULL,
    receive_count INTEGER NOT NULL,
    first_received_at INTEGER,
    enqueued_at INTEGER NOT NULL,
    dead_letter_source TEXT
  );

  CREATE TABLE fifo_turn (
    queue TEXT NOT NULL,
    group_id TEXT NOT NULL,
    turn INTEGER NOT NULL,
    PRIMARY KEY (queue, group_id)
  ) WITHOUT ROWID;

  CREATE TABLE memory (
    queue TEXT NOT NULL,
    kind TEXT NOT NULL,                -- deduplication, attempt
    key TEXT NOT NULL,
    forget_at INTEGER NOT NULL,
    value TEXT NOT NULL,               -- JSON
    PRIMARY KEY (queue, kind, key)
  ) WITHOUT ROWID;

  CREATE TABLE bucket (name TEXT PRIMARY KEY) WITHOUT ROWID;

  CREATE TABLE object (
    bucket TEXT NOT NULL,
    key BLOB NOT NULL,                 -- UTF-8: sorted as S3 sorts
    etag TEXT NOT NULL,
    modified_at INTEGER NOT NULL,
    headers TEXT NOT NULL,             -- JSON: pairs of name and value
    bytes BLOB NOT NULL,
    PRIMARY KEY (bucket, key)
  );

  CREATE TABLE secret (
    name TEXT PRIMARY KEY,
    arn TEXT NOT NULL,
    versions TEXT NOT NULL             -- JSON
  ) WITHOUT ROWID
`;
