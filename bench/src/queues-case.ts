/**
 * One case of the bench "queues", which prints one number.
 *   cycle KEEP KIND WAITING SECONDS     messages a second through send + receive + delete in tens
 *   receive KEEP KIND WAITING SECONDS   the mean time of a receive of ten, in such cycles (µs)
 *   sqlite SECONDS                      rows a second that bare SQLite writes, changes and deletes in tens
 * KEEP is memory or durable, KIND standard or fifo; WAITING messages are there all the while.
 */
import { hash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SqsEngine } from '@huntaze/local/aws/sqs/engine';
import { receiptHandle } from '@huntaze/local/aws/sqs/message';
import { QueueJournal } from '@huntaze/local/aws/state/queue-journal';
import { loadAccount } from '@huntaze/local/aws/state/saved-account';
import { StateFile } from '@huntaze/local/aws/state/state-file';

const BATCH = 10;
const GROUPS = 100;
/** Cycles between two looks at the clock. */
const ROUND = 10;

const body = (i: number) =>
  JSON.stringify({
    operation_id: `op-${i}`,
    kind: 'message.send',
    creator_id: 'c1',
    text: 'hello '.repeat(10),
  });

/** Runs `cycle` for half the time to warm up, then for the time that counts; returns the seconds it took. */
function time(seconds: number, cycle: () => void, begin: () => void): number {
  const loop = (ms: number) => {
    const end = performance.now() + ms;
    while (performance.now() < end) for (let i = 0; i < ROUND; i += 1) cycle();
  };
  loop(seconds * 500);
  begin();
  const begun = performance.now();
  loop(seconds * 1_000);
  return (performance.now() - begun) / 1_000;
}

function cycles(folder: string, keep: string, kind: string, waiting: number, seconds: number) {
  const file = keep === 'durable' ? new StateFile(join(folder, 'state.db')) : undefined;
  const journal = file && new QueueJournal(file);
  const engine = new SqsEngine({
    region: 'us-east-1',
    ...(file && journal && { journal, saved: loadAccount(file) }),
  });
  const commit = () => {
    engine.takeTouched();
    journal?.commit();
  };
  const isFifo = kind === 'fifo';
  const name = isFifo ? 'q.fifo' : 'q';
  const queue = engine.createQueue(name, new Map(isFifo ? [['FifoQueue', 'true']] : []), Date.now());
  let sent = 0;
  const sendTen = () => {
    for (let n = 0; n < BATCH; n += 1) {
      const i = sent++;
      const text = body(i);
      const draft = {
        body: text,
        md5OfBody: hash('md5', text),
        attributes: new Map(),
        systemAttributes: new Map(),
        delayMs: undefined,
        groupId: isFifo ? `g${i % GROUPS}` : undefined,
        deduplicationId: isFifo ? `d${i}` : undefined,
      };
      queue.send(draft, Date.now());
    }
    commit();
  };
  for (let n = 0; n < waiting; n += BATCH) sendTen();
  let done = 0;
  let receives = 0;
  let receivingMs = 0;
  const cycle = () => {
    sendTen();
    const begun = performance.now();
    const messages = queue.receive(BATCH, 30_000, Date.now());
    commit();
    receivingMs += performance.now() - begun;
    for (const message of messages) queue.delete(receiptHandle(name, message), Date.now());
    commit();
    done += messages.length;
    receives += 1;
  };
  const took = time(seconds, cycle, () => (done = receives = receivingMs = 0));
  const { available } = queue.counts(Date.now());
  if (available !== waiting) throw new Error(`${available} waiting instead of ${waiting}`);
  file?.close();
  return { perSecond: done / took, receiveUs: (receivingMs * 1_000) / receives };
}

/** The physical limit of durable queues: the same rows, settings and transactions, and nothing else. */
function bareSqlite(folder: string, seconds: number): number {
  const db = new DatabaseSync(join(folder, 'bare.db'));
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
    CREATE TABLE message (number INTEGER PRIMARY KEY, body TEXT, state TEXT, until REAL)`);
  const write = db.prepare('INSERT INTO message VALUES (?, ?, ?, NULL)');
  const change = db.prepare('UPDATE message SET state = ?, until = ? WHERE number = ?');
  const remove = db.prepare('DELETE FROM message WHERE number = ?');
  let last = 0;
  let done = 0;
  const inTen = (each: (number: number) => void) => {
    db.exec('BEGIN');
    for (let n = 1; n <= BATCH; n += 1) each(last + n);
    db.exec('COMMIT');
  };
  const cycle = () => {
    inTen(number => write.run(number, body(number), 'available'));
    inTen(number => change.run('inFlight', Date.now(), number));
    inTen(number => remove.run(number));
    last += BATCH;
    done += BATCH;
  };
  const took = time(seconds, cycle, () => (done = 0));
  db.close();
  return done / took;
}

const folder = mkdtempSync(join(tmpdir(), 'huntaze-bench-'));
try {
  const [what, ...args] = process.argv.slice(2);
  if (what === 'sqlite') console.log(bareSqlite(folder, Number(args[0])));
  else {
    const [keep = '', kind = '', waiting, seconds] = args;
    const { perSecond, receiveUs } = cycles(folder, keep, kind, Number(waiting), Number(seconds));
    console.log(what === 'receive' ? receiveUs : perSecond);
  }
} finally {
  rmSync(folder, { recursive: true });
}
