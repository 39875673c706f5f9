import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { ReceiveMessageCommand, GetQueueAttributesCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { accept, readOperation, resume } from '@huntaze/core/lua';
import { resultKey } from '@huntaze/core/names';
import { afterAll, expect, test } from 'vitest';
import { startTestAws } from '../../local/src/aws/test-clients.ts';
import { SeededRandom } from '../../local/src/seeded-random.ts';
import { account } from '../../local/src/site/accounts.ts';
import { startSite } from '../../local/src/site/server.ts';
import { useRedis } from '../../test/support/redis.ts';
import { CREATORS, plan, type Planned } from '../test-support/chaos/plan.ts';
import { startTask, type Surroundings, type Task } from '../test-support/chaos/tasks.ts';
import { Chaos } from '../test-support/chaos/troublemaker.ts';
import { fastClock } from '../test-support/clock.ts';
import { FakeLog } from '../test-support/fakes.ts';
import type { ReadCredentials } from './credentials.ts';

// 500 mixed operations of 20 creators through two tasks with real browsers, with 5 % of everything that can go wrong
// at the site and with what is ours. Each must end in the state that it should have, whatever happened on the way.

const SEED = Number(process.env['CHAOS_SEED'] ?? 1);
/** A task works with a clock that runs so many times as fast; only the browser's pace is real. */
const SPEED = 10;
/** It takes two to four minutes of the machine's time; what hasn't ended by then hangs (ms of the fast clock). */
const LONGEST_MS = 480_000 * SPEED;
const LIMIT = { scope: 'platform', limit: 100, windowMs: 60_000 } as const;
const TASKS = 2;
const RESULTS = new URL('../../bench/results/faults.json', import.meta.url);
const redis = useRedis();
const cleanUp: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const undo of cleanUp.toReversed()) await undo();
});

const emailOf = (creatorId: string) => `${creatorId}@creators.example`;
const creatorOf = (email: string) => email.slice(0, email.indexOf('@'));

async function setUp(planned: Planned[]) {
  const clock = fastClock(SPEED);
  const log = new FakeLog();
  const fifo = {
    FifoQueue: 'true',
    DeduplicationScope: 'messageGroup',
    FifoThroughputLimit: 'perMessageGroupId',
  };
  const aws = await startTestAws({
    clock,
    queues: [
      { name: 'dead.fifo', attributes: fifo },
      { name: 'work.fifo', attributes: fifo },
    ],
    buckets: ['results'],
  });
  cleanUp.push(() => aws.close());
  const [queue, deadLetters] = ['work.fifo', 'dead.fifo'].map(name => aws.aws.queueUrl(name)) as [
    string,
    string,
  ];
  const rotated = new Set<string>();

  const chaos = new Chaos(
    planned,
    clock,
    task => {
      void task.closeBrowser();
      tasks.push(startTask(around, chaos));
    },
    async (one, again) => {
      if (one.kind === 'credentials.rotate' && one.end === 'succeeded') rotated.add(one.creatorId);
      if (again === 'sent again, forgotten by Redis') await redis.client.del(`huntaze:2:op:${one.id}`);
      if (again) await send(one, `${one.id}-again`);
    },
  );
  const site = await startSite({
    port: 0,
    ...LIMIT,
    accounts: Array.from({ length: CREATORS }, (_, i) =>
      account(emailOf(`creator-${i}`), `old-password-${i}`),
    ),
    clock,
    faultOf: email => chaos.page(creatorOf(email)),
    effectFaultOf: email => chaos.effect(creatorOf(email)),
  });
  cleanUp.push(() => site.close());

  const credentials: ReadCredentials = async (creatorId, version) => {
    const isNew = version !== 'AWSCURRENT' || rotated.has(creatorId);
    const number = creatorId.slice('creator-'.length);
    return { email: emailOf(creatorId), password: `${isNew ? 'new' : 'old'}-password-${number}` };
  };
  const around: Surroundings = {
    clock,
    log,
    sqs: aws.sqs,
    s3: aws.s3,
    redis: redis.client,
    urls: { queue, deadLetters },
    origin: site.url,
    limit: LIMIT,
    sessionKey: randomBytes(32),
    credentials,
    random: new SeededRandom(SEED).next,
  };
  const tasks: Task[] = [];
  cleanUp.push(async () => {
    await Promise.all(tasks.map(task => task.stop()));
    await Promise.all(tasks.map(task => task.closeBrowser()));
  });

  async function send(one: Planned, deduplication = one.id): Promise<void> {
    const body = {
      operation_id: one.id,
      kind: one.kind,
      creator_id: one.creatorId,
      params: one.params,
      requested_at: new Date(clock.now()).toISOString(),
      correlation_id: one.id,
    };
    await aws.sqs.send(
      new SendMessageCommand({
        QueueUrl: queue,
        MessageBody: JSON.stringify(body),
        MessageGroupId: one.creatorId,
        MessageDeduplicationId: deduplication,
      }),
    );
  }
  async function isEmpty(): Promise<boolean> {
    const { Attributes = {} } = await aws.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: queue, AttributeNames: ['All'] }),
    );
    return (
      Attributes['ApproximateNumberOfMessages'] === '0' &&
      Attributes['ApproximateNumberOfMessagesNotVisible'] === '0'
    );
  }
  return { clock, log, aws, chaos, site, around, tasks, send, isEmpty, deadLetters };
}

test('500 operations in chaos: each ends as it should, nothing is done twice, and each creator’s in order', async () => {
  const planned = plan(SEED);
  const { clock, log, aws, chaos, site, around, tasks, send, isEmpty, deadLetters } = await setUp(planned);
  for (const one of planned) {
    await accept(
      redis.client,
      LIMIT,
      { operationId: one.id, creatorId: one.creatorId, kind: one.kind },
      undefined,
      clock.now(),
    );
    await send(one);
  }
  for (let i = 0; i < TASKS; i += 1) tasks.push(startTask(around, chaos));

  let people = 0;
  const giveUpAt = clock.now() + LONGEST_MS;
  while (clock.now() < giveUpAt && (chaos.ended.length < planned.length || !(await isEmpty()))) {
    await clock.sleep(2_000);
    // A person sees to those whom the site wanted to see.
    for (let i = 0; i < CREATORS; i += 1) {
      const who = { creatorId: `creator-${i}` };
      people += Number(await resume(redis.client, { who, scope: 'platform' }, clock.now(), 'login'));
    }
  }

  // What hasn't ended by now, and what was said of it last.
  const left = planned.filter(one => !chaos.ended.includes(one));
  expect(left.map(({ id }) => log.lines.filter(line => line['operation_id'] === id).slice(-3))).toEqual([]);

  const states = await Promise.all(
    planned.map(async ({ id, creatorId }) => {
      const record = await readOperation(redis.client, LIMIT, id, clock.now());
      const object = await aws.s3.send(
        new GetObjectCommand({ Bucket: 'results', Key: resultKey(creatorId, id) }),
      );
      const { status } = JSON.parse(await object.Body!.transformToString()) as { status: string };
      return [id, record?.state, status];
    }),
  );
  const unknown = new Set(states.flatMap(([id, state]) => (state === 'outcome_unknown' ? id : [])));
  const ends = planned.map(({ id, end, isRepetition }) => {
    const it = unknown.has(id) && isRepetition && end === 'succeeded' ? 'outcome_unknown' : end;
    return [id, it, it];
  });
  expect(states).toEqual(ends);

  const ofCreator = <T>(of: (creatorId: string) => T) =>
    Array.from({ length: CREATORS }, (_, i) => of(`creator-${i}`));
  expect(ofCreator(who => chaos.ended.filter(({ creatorId }) => creatorId === who))).toEqual(
    ofCreator(who => planned.filter(({ creatorId }) => creatorId === who)),
  );
  // What changed the site, in the order in which it did.
  const effects = (who: string) =>
    site
      .log()
      .filter(entry => entry.account === emailOf(who))
      .flatMap(({ effect }) => effect?.replace(/ #\d+$/, '') ?? []);
  const wanted = (who: string) =>
    planned
      .filter(({ id, creatorId, end }) => creatorId === who && end === 'succeeded' && !unknown.has(id))
      .flatMap(({ kind, params }) => {
        if (kind === 'message.send') return `message.send ${String(params['fan_id'])}`;
        return kind === 'credentials.rotate' ? kind : [];
      });
  expect(ofCreator(effects)).toEqual(ofCreator(wanted));

  const visits = site.log().filter(({ effect }) => effect === undefined);
  const worst = Math.max(
    ...visits.map(
      ({ at_ms: end }) => visits.filter(v => v.at_ms <= end && v.at_ms > end - LIMIT.windowMs).length,
    ),
  );
  expect(worst).toBeLessThanOrEqual(LIMIT.limit);
  const letters: string[] = [];
  for (;;) {
    const { Messages = [] } = await aws.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: deadLetters,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['All'],
      }),
    );
    if (Messages.length === 0) break;
    for (const { Body = '{}', MessageAttributes = {} } of Messages) {
      expect(MessageAttributes['dead_letter_error']?.StringValue).toContain('answered 500');
      letters.push((JSON.parse(Body) as { operation_id: string }).operation_id);
    }
  }
  expect(letters.toSorted()).toEqual(planned.filter(({ end }) => end === 'dead').map(({ id }) => id));
  expect(JSON.stringify(log.lines)).not.toMatch(/-password-\d|Hello/);

  const figures = {
    seed: SEED,
    operations: planned.length,
    struck: Object.fromEntries(chaos.struck),
    let_in_by_a_person: people,
    asked_of_a_person: unknown.size,
    limit: LIMIT.limit,
    worst_window: worst,
  };
  await writeFile(RESULTS, `${JSON.stringify(figures, undefined, 2)}\n`);
  const told = [...chaos.struck].map(([name, times]) => `${times} × ${name}`).toSorted();
  console.log(
    `seed ${SEED}: ${told.join(', ')}; ${people} × a person let in, ${unknown.size} × asked; worst window ${worst} of ${LIMIT.limit}`,
  );
}, 540_000);
