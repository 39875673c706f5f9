/** The user (or a process manager) has asked to stop. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

/** One Ctrl-C arrives twice: from the terminal, and passed on by npm. What comes later is a person in a hurry (ms). */
const ONE_WISH_MS = 1_000;

/**
 * Aborts, with {@link Stopped}, at the first SIGINT, SIGTERM or SIGHUP (the terminal has been closed), and when nobody
 * reads any more what is written (`npm start | head`). A signal that comes later ends the process at once; what it has
 * started ends with it.
 */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  let hurryFrom = 0;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => {
      if (!controller.signal.aborted) {
        hurryFrom = performance.now() + ONE_WISH_MS;
        controller.abort(new Stopped(name));
      } else if (performance.now() > hurryFrom) process.exit(130);
    });
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', error => controller.abort(new Stopped(error.message)));
  return controller.signal;
}

/** Rejects with the signal's reason when it aborts. */
export function whenStopped(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    else signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
