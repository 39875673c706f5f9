import { fork, type ChildProcess } from 'node:child_process';

/** What a peer is told at its start: the same browser, site and creators as ours. */
export interface PeerSetting {
  executablePath: string;
  /** With which the scraper's own browser was launched. */
  browserArguments: string[];
  origin: string;
  /** The cookie of each creator's login. */
  logins: { name: string; value: string }[];
  concurrency: number;
}

/** A page, and the path that its own JSON comes from. */
export interface PeerPage {
  path: string;
  data: string;
}

/** Whether this is what a page loads: a creator, or a list of something. */
export function isData(json: unknown): boolean {
  const { id, list } = json as { id?: unknown; list?: unknown };
  return typeof id === 'number' || (Array.isArray(list) && list.length > 0);
}

/** Does so many operations at pages in turn, and says when each of them ended (ms, of any clock). */
export type Round = (operations: number, pages: readonly PeerPage[]) => Promise<number[]>;
type Work = Parameters<Round>;

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
  const ask = (question: PeerSetting | Work) => answerTo(child, question, ended);
  await ask(setting);
  return {
    pid: child.pid!,
    run: (...work) => ask(work),
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

function answerTo(
  child: ChildProcess,
  question: PeerSetting | Work,
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
  process.on('message', (question: PeerSetting | Work) => {
    void (async () => {
      if (Array.isArray(question)) process.send!(await (await started!).run(...question));
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
