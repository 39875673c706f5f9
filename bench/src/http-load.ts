import { Agent, request } from 'node:http';

/** One request: where to, as whom, and what. */
export interface Posted {
  path: string;
  token: string;
  body: string;
}

/**
 * Posts `count` requests over kept connections, each of which sends its next one when the answer to its last has come.
 * @param next makes the i-th request
 * @param status what every one of them has to be answered with
 * @returns how many a second were answered
 */
export async function load(
  port: number,
  {
    count,
    connections,
    status,
    next,
  }: { count: number; connections: number; status: number; next: (i: number) => Posted },
): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  let made = 0;
  const one = async (): Promise<void> => {
    while (made < count) {
      const answered = await post(agent, port, next(made++));
      if (answered.status !== status) throw new Error(`answered ${answered.status}: ${answered.text}`);
    }
  };
  const begun = performance.now();
  try {
    await Promise.all(Array.from({ length: connections }, one));
    return count / ((performance.now() - begun) / 1_000);
  } finally {
    agent.destroy();
  }
}

function post(
  agent: Agent,
  port: number,
  { path, token, body }: Posted,
): Promise<{ status: number; text: string }> {
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  };
  return new Promise((resolve, reject) => {
    const asked = request({ agent, host: '127.0.0.1', port, path, method: 'POST', headers }, answer => {
      let text = '';
      answer.on('data', chunk => (text += String(chunk)));
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    asked.once('error', reject);
    asked.end(body);
  });
}
