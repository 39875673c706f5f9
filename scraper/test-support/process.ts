import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { GetQueueAttributesCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { systemClock } from '@huntaze/core/clock';
import { resultKey } from '@huntaze/core/names';
import { startTestAws } from '../../local/src/aws/test-clients.ts';
import { account } from '../../local/src/site/accounts.ts';
import { startSite } from '../../local/src/site/server.ts';
import { descendants } from '../../test/support/processes.ts';
import { chromiumPath } from './chromium.ts';
import { profileBody } from './fakes.ts';

const CREATOR = 'ada';
export const PASSWORD = 'correct horse battery';

/** All that the scraper's process needs around it but Redis: queues, bucket, secrets, and a site. Clocks are real. */
export async function startSurroundings() {
  const ada = account('ada@creators.example', PASSWORD);
  const fifo = { FifoQueue: 'true', VisibilityTimeout: '120' };
  const aws = await startTestAws({
    clock: systemClock,
    queues: [
      { name: 'dead.fifo', attributes: fifo },
      { name: 'work.fifo', attributes: fifo },
    ],
    buckets: ['results'],
    secrets: [
      { name: `creators/${CREATOR}`, value: JSON.stringify({ email: ada.email, password: PASSWORD }) },
      { name: 'redis', value: 'unknown' },
    ],
  });
  const site = await startSite({
    port: 0,
    limit: 1_000,
    windowMs: 60_000,
    accounts: [ada],
    clock: systemClock,
  });
  const queue = aws.aws.queueUrl('work.fifo');
  let sent = 0;

  return {
    site,
    env: {
      PATH: process.env['PATH'] ?? '',
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL: aws.aws.url,
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      WORKFLOWS_QUEUE_URL: queue,
      DEAD_LETTER_QUEUE_URL: aws.aws.queueUrl('dead.fifo'),
      RESULTS_BUCKET: 'results',
      SITE_ORIGIN: site.url,
      CREDENTIALS_SECRET_PREFIX: 'creators',
      CHROMIUM_PATH: chromiumPath(),
      TOKENS_PER_WINDOW: '1000',
    },
    /** Sends an operation of the creator's; returns its id. */
    async send(kind = 'profile.scrape', params: Record<string, unknown> = {}): Promise<string> {
      sent += 1;
      const id = `op-${sent}`;
      const body = profileBody({ operation_id: id, creator_id: CREATOR, kind, params });
      await aws.sqs.send(
        new SendMessageCommand({
          QueueUrl: queue,
          MessageBody: body,
          MessageGroupId: CREATOR,
          MessageDeduplicationId: id,
        }),
      );
      return id;
    },
    /** How the operation ended; waits for it. */
    async result(id: string): Promise<string> {
      for (;;) {
        try {
          const Key = resultKey(CREATOR, id);
          const object = await aws.s3.send(new GetObjectCommand({ Bucket: 'results', Key }));
          return (JSON.parse(await object.Body!.transformToString()) as { status: string }).status;
        } catch {
          await systemClock.sleep(20);
        }
      }
    },
    /** Messages that can be received, and that somebody holds. */
    async counts(): Promise<[visible: number, held: number]> {
      const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
      const { Attributes } = await aws.sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: queue, AttributeNames: [...names] }),
      );
      return names.map(name => Number(Attributes?.[name])) as [number, number];
    },
    async setSecret(name: string, value: string): Promise<void> {
      await aws.secrets.send(new PutSecretValueCommand({ SecretId: name, SecretString: value }));
    },
    async close(): Promise<void> {
      await site.close();
      await aws.close();
    },
  };
}

/** The scraper as a process; `ready` tells that it polls. */
export function startScraper(env: Record<string, string>) {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../src/main.ts')], { env });
  const pid = child.pid!;
  let stderr = '';
  const lines: string[] = [];
  const ready = Promise.withResolvers<{ health?: number }>();
  createInterface({ input: child.stdout }).on('line', line => {
    lines.push(line);
    if (line.startsWith('{"ready":true')) ready.resolve(JSON.parse(line) as { health?: number });
  });
  child.stderr.on('data', chunk => (stderr += String(chunk)));
  const ended = new Promise<number | null>(resolve => child.once('close', resolve));
  void ended.then(code => ready.reject(new Error(`the scraper ended with ${code}: ${stderr}`)));
  ready.promise.catch(() => undefined);
  return {
    ready: ready.promise,
    /** With the exit code. */
    ended,
    signal: (name: NodeJS.Signals) => child.kill(name),
    /** Its browser, and what belongs to that. */
    descendants: () => descendants(pid),
    /** All that it has written so far. */
    written: () => lines.join('\n') + stderr,
    /** Its log lines with this message. */
    logged: (message: string) =>
      lines
        .filter(line => line.startsWith('{'))
        .map(line => JSON.parse(line) as Record<string, unknown>)
        .filter(line => line['message'] === message),
  };
}
