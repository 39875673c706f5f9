/** Raised with every change of the schema, or of what its columns hold: files of other versions are refused. */
export const SCHEMA_VERSION = 2;

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
    tags TEXT NOT NULL,                -- JSON: pairs of key and value
    move_tasks TEXT NOT NULL,          -- JSON: the newest first
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    purged_at INTEGER                  -- NULL: never
  ) WITHOUT ROWID;

  CREATE TABLE deleted_queue (         -- names that can't be taken yet
    name TEXT PRIMARY KEY,
    deleted_at INTEGER NOT NULL
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

  CREATE TABLE bucket (
    name TEXT PRIMARY KEY,
    created_at INTEGER NOT NULL,
    settings TEXT NOT NULL             -- JSON
  ) WITHOUT ROWID;

  CREATE TABLE object (
    number INTEGER PRIMARY KEY AUTOINCREMENT,   -- a key's versions in the order they were written
    bucket TEXT NOT NULL,
    key BLOB NOT NULL,                 -- UTF-8: sorted as S3 sorts
    version TEXT NOT NULL,
    is_current INTEGER NOT NULL,
    is_marker INTEGER NOT NULL,        -- a delete marker
    etag TEXT NOT NULL,
    modified_at INTEGER NOT NULL,
    headers TEXT NOT NULL,             -- JSON: pairs of name and value
    tags TEXT NOT NULL,                -- JSON: pairs of key and value
    bytes BLOB NOT NULL,
    UNIQUE (bucket, key, version)
  );
  CREATE UNIQUE INDEX object_current ON object (bucket, key) WHERE is_current = 1;
  CREATE INDEX object_order ON object (bucket, key, number);

  CREATE TABLE upload (                -- a multipart upload under way
    id TEXT PRIMARY KEY,
    bucket TEXT NOT NULL,
    key BLOB NOT NULL,
    started_at INTEGER NOT NULL,
    draft TEXT NOT NULL                -- JSON: what is known of the object before its bytes
  ) WITHOUT ROWID;

  CREATE TABLE upload_part (
    upload TEXT NOT NULL,
    number INTEGER NOT NULL,
    etag TEXT NOT NULL,
    checksum TEXT NOT NULL,            -- base64
    modified_at INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (upload, number)
  );

  CREATE TABLE secret (
    name TEXT PRIMARY KEY,
    arn TEXT NOT NULL,
    settings TEXT NOT NULL,            -- JSON: all but the versions
    versions TEXT NOT NULL             -- JSON
  ) WITHOUT ROWID
`;
