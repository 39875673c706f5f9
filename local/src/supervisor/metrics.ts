import { mayHoldMetrics } from '../aws/cloudwatch/emf.ts';

/** How often what was heard is sent on (ms), and how long that may take: it is looked at 5 s after each minute. */
const SEND_MS = 1_000;
const DEADLINE_MS = 2_000;
/** While nobody takes them, so many lines wait; then the oldest go. */
const MOST_WAITING = 2_000;
/** In one request; a line has some 300 bytes, and 1 MiB is taken. */
const MOST_AT_ONCE = 500;

/** What a log driver and CloudWatch Logs do in AWS: brings the metrics in log lines to CloudWatch. */
export interface MetricsCarrier {
  /** A line that a part has written, whatever it is. */
  hear(line: string): void;
  /** Sends what waits; resolves when it has been taken or can't be. */
  send(): Promise<void>;
  /** Sends every second what waits, until it is stopped. */
  start(): void;
  stop(): void;
}

/**
 * Carries metrics to local AWS. What can't be taken waits: they carry their own time.
 * @param url of local AWS
 */
export function carryMetrics(url: string): MetricsCarrier {
  let waiting: string[] = [];
  let sending: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  async function carry(): Promise<void> {
    let lines: string[] = [];
    try {
      while (waiting.length > 0) {
        lines = waiting.splice(0, MOST_AT_ONCE);
        const response = await fetch(`${url}/__local/log-lines`, {
          method: 'POST',
          headers: { 'content-type': 'application/x-ndjson' },
          body: lines.join('\n'),
          signal: AbortSignal.timeout(DEADLINE_MS),
        });
        await response.body?.cancel();
        // Any other refusal would be one again.
        if (response.status >= 500) throw new Error(`local AWS answers ${response.status}`);
      }
    } catch {
      // It is being started again, which is told; the next second tries again.
      waiting = [...lines, ...waiting].slice(-MOST_WAITING);
    }
  }

  const send = () =>
    (sending ??= carry().finally(() => {
      sending = undefined;
    }));
  return {
    hear(line) {
      if (!mayHoldMetrics(line)) return;
      waiting.push(line);
      if (waiting.length > MOST_WAITING) waiting.shift();
    },
    send,
    start() {
      timer = setInterval(() => void send(), SEND_MS);
      timer.unref();
    },
    stop: () => clearInterval(timer),
  };
}
