import { createServer } from 'node:net';
import { StartError } from './errors.ts';

/** A port of 127.0.0.1 that is free now: the one asked for, or any for 0. */
export function freePort(wanted = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new StartError(
              `port ${wanted} of 127.0.0.1 is taken: stop what listens there (\`ss -ltnp | grep :${wanted}\` names it), ` +
                'or choose another port with PORT=3001 npm start',
            )
          : error,
      ),
    );
    probe.listen(wanted, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : wanted));
    });
  });
}
