import { afterAll, beforeAll, expect, test } from 'vitest';
import { SeededRandom } from '../../seeded-random.ts';
import { startTestAws, type TestAws } from '../test-clients.ts';
import { RawClient, sqsRequest } from './test-raw-client.ts';

const SEED = 20_260_101;
const REQUESTS = 600;
/** Longer than any answer takes; what isn't finished by then waits for the rest of its request. */
const PATIENCE_MS = 250;

let it: TestAws;
beforeAll(async () => {
  it = await startTestAws({
    queues: [{ name: 'q' }],
    buckets: ['bucket'],
    secrets: [{ name: 's', value: 'v' }],
  });
});
afterAll(() => it.close()); // Fails on internal errors.

const QueueUrl = 'http://127.0.0.1/000000000000/q';
const json = (action: string, body: object) => sqsRequest(action, JSON.stringify(body));
const VALID = [
  json('SendMessage', {
    QueueUrl,
    MessageBody: 'a',
    MessageAttributes: { x: { DataType: 'Number', StringValue: '1' } },
  }),
  json('SendMessageBatch', { QueueUrl, Entries: [{ Id: 'a', MessageBody: 'a', DelaySeconds: 1 }] }),
  json('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] }),
  json('DeleteMessage', { QueueUrl, ReceiptHandle: 'cQoxCjE=' }),
  json('ChangeMessageVisibility', { QueueUrl, ReceiptHandle: 'cQoxCjE=', VisibilityTimeout: 3 }),
  json('CreateQueue', { QueueName: 'p', Attributes: { VisibilityTimeout: '5' } }),
  json('SetQueueAttributes', { QueueUrl, Attributes: { DelaySeconds: '0' } }),
  json('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] }),
  sqsRequest('x', '{"SecretId":"s"}', {
    'x-amz-target': 'secretsmanager.GetSecretValue',
    'content-type': 'application/x-amz-json-1.1',
  }),
  'PUT /bucket/key HTTP/1.1\r\nhost: 127.0.0.1\r\nif-none-match: *\r\ncontent-length: 4\r\n\r\nbody',
  'GET /bucket?list-type=2&max-keys=3 HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n',
  'GET /bucket/key HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n',
  'PUT /__local/faults HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 21\r\n\r\n{"seed":1,"rules":[]}',
];
const PIECES = [
  '\r\n',
  '\r\n\r\n',
  '\0',
  '"',
  '{',
  '[',
  ']}',
  ':',
  '\xff',
  '%00',
  '../',
  '-1',
  '1e999',
  'null',
  'chunked',
];

/** One to four changes: bytes turned over, cut out, doubled, put in, numbers changed, the end cut off. */
function mutated(request: string, random: SeededRandom): string {
  let text = request;
  for (let changes = random.integer(1, 5); changes > 0; changes -= 1) {
    const at = random.integer(0, text.length);
    const length = random.integer(1, 20);
    const [before, after] = [text.slice(0, at), text.slice(at)];
    switch (random.integer(0, 6)) {
      case 0:
        text = `${before}${String.fromCharCode(random.integer(0, 256))}${after.slice(1)}`;
        break;
      case 1:
        text = before + after.slice(length);
        break;
      case 2:
        text = before + after.slice(0, length) + after;
        break;
      case 3:
        text = before + PIECES[random.integer(0, PIECES.length)]! + after;
        break;
      case 4:
        text = before + after.replace(/\d+/, () => String(random.integer(-10, 100_000)));
        break;
      default:
        text = random.next() < 0.3 ? before : text;
    }
  }
  return text;
}

/** Whether an answer has the shape of the protocol it is in. */
function isOfAwsShape({ status, headers, body }: { status: number; headers: string; body: string }): boolean {
  if (status < 400) return true;
  if (/^content-type: application\/xml/im.test(headers)) return /<Error><Code>\w+<\/Code>/.test(body);
  if (/^content-type: application\/json/im.test(headers)) return 'error' in (JSON.parse(body) as object);
  if (!/^content-type: application\/x-amz-json/im.test(headers)) return body === ''; // HEAD
  const error = JSON.parse(body) as Record<string, unknown>;
  return (
    typeof error['__type'] === 'string' &&
    typeof error['message'] === 'string' &&
    headers.includes('x-amzn-query-error')
  );
}

async function tell(request: string): Promise<string | undefined> {
  const client = await RawClient.to(it.aws.port);
  try {
    await client.say(request);
    client.finish();
    const patience = new Promise(resolve => setTimeout(resolve, PATIENCE_MS));
    await Promise.race([client.untilClosed(), patience]);
    const strange = client.answers.find(answer => !isOfAwsShape(answer) || answer.status === 500);
    return strange && JSON.stringify(strange);
  } finally {
    client.close();
  }
}

test(`${REQUESTS} requests that are a little wrong (seed ${SEED})`, { timeout: 60_000 }, async () => {
  const random = new SeededRandom(SEED);
  const requests = Array.from({ length: REQUESTS }, () =>
    mutated(VALID[random.integer(0, VALID.length)]!, random),
  );
  for (let first = 0; first < REQUESTS; first += 20) {
    const some = requests.slice(first, first + 20);
    const strange = await Promise.all(some.map(tell));
    for (const [index, answer] of strange.entries())
      expect(answer, `answer to ${JSON.stringify(some[index])}`).toBeUndefined();
  }
  for (const request of VALID.slice(0, 3)) {
    const client = await RawClient.to(it.aws.port);
    await client.say(request);
    await client.untilAnswered();
    expect(client.answers[0]?.status).toBe(200);
    client.close();
  }
});
