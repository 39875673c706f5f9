import { createServer } from 'node:net';
import { StartError } from './errors.ts';

/**
 * Ports that are kept for the parts, from and to below. Systems give outgoing connections numbers from 32,768 on
 * (Linux) or 49,152 on (others): from there, a part that is being restarted could find its port taken, even by
 * somebody who is trying to reach it.
 */
const KEPT_FROM = 20_000;
const KEPT_TO = 32_000;
const TRIES = 50;

/**
 * A port of 127.0.0.1 that is free now: the one asked for, or any for 0.
 * @throws StartError when it is taken
 */
export async function freePort(wanted: number): Promise<number> {
  if (wanted === 0) return keptPort();
  if (await isFree(wanted)) return wanted;
  throw new StartError(
    `port ${wanted} of 127.0.0.1 is taken: stop what listens there (\`ss -ltnp | grep :${wanted}\` names it), ` +
      'or choose another port with PORT=3001 npm start',
  );
}

/**
 * A free port that stays free while a part is being restarted.
 * @throws StartError when none is found
 */
export async function keptPort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = KEPT_FROM + Math.floor(Math.random() * (KEPT_TO - KEPT_FROM));
    if (await isFree(port)) return port;
  }
  throw new StartError(`no free port of 127.0.0.1 from ${KEPT_FROM} to ${KEPT_TO} was found; try again`);
}

/** @throws the listener's own error when it is another than that the port is taken */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else if (error.code === 'EACCES')
        reject(new StartError(`port ${port} is not allowed for this user: choose one above 1023`));
      else reject(error);
    });
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
