import { fork, type ChildProcess } from 'node:child_process';

/** What a peer is told at its start: the same browser, site and creators as ours. */
export interface PeerSetting {
  executablePath: string;
  /** With which the scraper's own browser was launched. */
  browserArguments: string[];
  origin: string;
  path: string;
  /** Where the page's own JSON comes from. */
  data: string;
  /** The cookie of each creator's login. */
  logins: { name: string; value: string }[];
  concurrency: number;
}

/** Does so many operations, and says when each of them ended (ms, of any clock). */
export type Round = (operations: number) => Promise<number[]>;

/** A peer in a process of its own, its browser running. */
export interface Peer {
  pid: number;
  run: Round;
  stop: () => Promise<void>;
}

/** Longer than any round takes (ms). */
const ROUND_MS = 120_000;

/** Starts a file of this folder that calls {@link servePeer}. */
export async function startPeer(file: string, setting: PeerSetting): Promise<Peer> {
  // Its own news belong on standard error, with ours.
  const child = fork(new URL(file, import.meta.url), { stdio: ['ignore', 2, 2, 'ipc'] });
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()));
  const ask = (question: PeerSetting | number) => answerTo(child, question, ended);
  await ask(setting);
  return {
    pid: child.pid!,
    run: ask,
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

function answerTo(
  child: ChildProcess,
  question: PeerSetting | number,
  ended: Promise<void>,
): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('the peer has not answered in time')), ROUND_MS);
    child.once('message', answer => {
      clearTimeout(late);
      resolve(answer as number[]);
    });
    void ended.then(() => reject(new Error('the peer has ended')));
    child.send(question);
  });
}

/** The peer's side: starts once it is told the setting, does a round whenever it is told to, ends with its parent. */
export function servePeer(
  start: (setting: PeerSetting) => Promise<{ run: Round; close: () => Promise<void> }>,
): void {
  let started: ReturnType<typeof start> | undefined;
  process.on('message', (question: PeerSetting | number) => {
    void (async () => {
      if (typeof question === 'number') process.send!(await (await started!).run(question));
      else {
        started = start(question);
        await started;
        process.send!([]);
      }
    })();
  });
  process.once('disconnect', () => {
    void (async () => {
      await (await started)?.close();
      process.exit(0);
    })();
  });
}
