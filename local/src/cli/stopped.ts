/** The user (or a process manager) has asked to stop. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

/** Aborts, with {@link Stopped}, at the first SIGINT or SIGTERM. A second one ends the process at once. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(130);
      controller.abort(new Stopped(name));
    });
  return controller.signal;
}

/** Rejects with the signal's reason when it aborts. */
export function whenStopped(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    else signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
