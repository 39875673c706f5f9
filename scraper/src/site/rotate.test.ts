import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { startTestAws, type TestAws } from '../../../local/src/aws/test-clients.ts';
import { passwordPage } from '../../../local/src/site/pages.ts';
import type { SiteOptions } from '../../../local/src/site/server.ts';
import { ADA, openBrowsers, startAtSite } from '../../test-support/at-site.ts';
import { FakeLog } from '../../test-support/fakes.ts';
import type { Browsers } from '../browser.ts';
import type { Credentials, SecretVersion } from '../credentials.ts';
import { LeaseLost } from '../outcome.ts';
import type { SavedSessions, StorageState } from '../saved-sessions.ts';

/** New passwords through a real browser at the target site, with the journal in an S3 at the wire. */
const log = new FakeLog();
let chromium: Browsers;
let aws: TestAws;
let it: Awaited<ReturnType<typeof startAtSite>>;

beforeAll(async () => {
  chromium = openBrowsers(log);
  [aws] = await Promise.all([startTestAws({ buckets: ['results'] }), chromium.start()]);
});
afterAll(async () => {
  await chromium.close();
  await aws.close();
});
afterEach(() => it.site.close());

const OLD = ADA.password;
const NEW = 'Xk-new-secret-9';
const PATH = '/api2/v2/settings/password';
const PAST_DEADLINE_MS = 46_000;
const credentialsWith = (password: string): Credentials => ({ email: ADA.email, password });

/** A secret's versions by stage or id; the rotation is to bring in `v-2`. */
type Versions = Record<string, Credentials | undefined>;

async function start(changed: Versions = {}, options: Partial<SiteOptions> = {}, saved?: SavedSessions) {
  const versions: Versions = {
    AWSCURRENT: credentialsWith(OLD),
    AWSPENDING: credentialsWith(NEW),
    'v-2': credentialsWith(NEW),
    ...changed,
  };
  const read = (version: SecretVersion) => versions[typeof version === 'string' ? version : version.id];
  it = await startAtSite(chromium, aws.s3, log, { accounts: [ADA], ...options }, saved, read);
  const rotate = (name = 'op') => it.operation(name, 'credentials.rotate', { secret_version_id: 'v-2' });
  const profile = () => it.operation('profile', 'profile.scrape', {});
  return { ...it, versions, rotate, operation: rotate(), profile };
}

/** Which of the two passwords the site takes. */
async function inForce(): Promise<string[]> {
  const taken = async (password: string) => {
    const body = new URLSearchParams({ email: ADA.email, password });
    return (await fetch(`${it.site.url}/login`, { method: 'POST', redirect: 'manual', body })).status === 303;
  };
  return [...((await taken(OLD)) ? ['old'] : []), ...((await taken(NEW)) ? ['new'] : [])];
}

const journalKey = (operationId: string, n: number) => `journal/${it.creatorId}/${operationId}/${n}.json`;

/** A process wrote this, and died. */
async function note(operationId: string, n: number, deadlineMs: number) {
  const entry = { n, newest_message_id: null, deadline_ms: deadlineMs, token: 'another' };
  const Key = journalKey(operationId, n);
  await aws.s3.send(new PutObjectCommand({ Bucket: 'results', Key, Body: JSON.stringify(entry) }));
}

async function journal(): Promise<string[]> {
  const Prefix = `journal/${it.creatorId}/`;
  const { Contents = [] } = await aws.s3.send(new ListObjectsV2Command({ Bucket: 'results', Prefix }));
  return Promise.all(
    Contents.map(async ({ Key }) => {
      const object = await aws.s3.send(new GetObjectCommand({ Bucket: 'results', Key }));
      return (await object.Body?.transformToString()) ?? '';
    }),
  );
}

const BY_LOGIN = { secret_version_id: 'v-2', confirmed: 'by login' };
const ANSWERED = { secret_version_id: 'v-2', confirmed: 'answered by the site' };

/** Sessions kept in memory. */
function keptSessions() {
  const kept = new Map<string, StorageState>();
  const saved: SavedSessions = {
    load: async creatorId => kept.get(creatorId),
    save: async (creatorId, state) => void kept.set(creatorId, state),
    forget: async creatorId => void kept.delete(creatorId),
  };
  return { kept, saved };
}

describe('all well', () => {
  test('one change, one navigation, one slot; the session goes on, and nothing secret is anywhere', async () => {
    const { operation, profile, site, slots, effects, navigations } = await start();
    expect(await operation.attempt()).toEqual({ kind: 'done' });
    expect(operation.result()).toMatchObject({ status: 'succeeded', attempts: 1 });
    expect(operation.result()?.data).toEqual(ANSWERED);
    expect(effects().map(({ effect }) => effect)).toEqual(['credentials.rotate']);
    expect(navigations().map(({ path, status }) => [path, status])).toEqual([['/my/settings/password', 200]]);
    expect(slots.events).toEqual(['granted 1', 'answered 1']);
    const { accepted } = site.logins();
    expect(await profile().attempt()).toEqual({ kind: 'done' });
    expect(site.logins()).toEqual({ accepted, refused: 0 });
    expect(await inForce()).toEqual(['new']);
    const entries = await journal();
    expect(entries).toHaveLength(1);
    const { ends, tried } = operation.ledger;
    const written = JSON.stringify([
      entries,
      ends,
      tried,
      it.results.results,
      it.queue.deadLetters,
      log.lines,
    ]);
    for (const secret of [OLD, NEW]) expect(written).not.toContain(secret);
  });

  test('the session is kept again once the password is another', async () => {
    const { kept, saved } = keptSessions();
    const { operation, creatorId } = await start({}, {}, saved);
    await operation.attempt();
    expect(operation.result()?.data).toEqual(ANSWERED);
    expect(kept.get(creatorId)?.cookies).toHaveLength(1);
    // Another process finds it, and needs no login.
    const other = openBrowsers(log, saved);
    await other.start();
    try {
      it.use(other);
      const before = it.site.logins();
      const next = it.operation('next', 'profile.scrape', {});
      expect(await next.attempt()).toEqual({ kind: 'done' });
      expect(it.site.logins()).toEqual(before);
    } finally {
      await other.close();
    }
  });
});

const LOST_ANSWERS = [
  ['502', { status: 502 }],
  ['an answer that is no JSON of ours', { status: 200, body: { success: false } }],
  ['a cut connection', 'cut' as const],
] as const;

describe('after the click', () => {
  test.each(LOST_ANSWERS)('%s, though it took effect: seen by a login, not done again', async (_, answer) => {
    const { operation, site, effects } = await start();
    site.passwordFault({ takesEffect: true, answer });
    expect(await operation.attempt()).toEqual({ kind: 'retry', retryInMs: 5_000 });
    expect(operation.ledger.ends.at(-1)).toMatchObject({ state: 'forwarded', countFailure: false });
    const { accepted } = site.logins();
    expect(await operation.attempt()).toEqual({ kind: 'done' });
    expect(operation.result()?.data).toEqual(BY_LOGIN);
    expect([effects().length, site.passwordsReceived()]).toEqual([1, 1]);
    expect(site.logins()).toEqual({ accepted: accepted + 1, refused: 0 });
  });

  test.each([LOST_ANSWERS[0], LOST_ANSWERS[2]])(
    '%s, and it had no effect: believed only after the deadline, then done once',
    async (_, answer) => {
      const { operation, site, clock, effects } = await start();
      site.passwordFault({ takesEffect: false, answer });
      expect((await operation.attempt()).kind).toBe('retry');
      const early = (await operation.attempt()) as { retryInMs: number };
      expect(early.retryInMs).toBeGreaterThan(35_000);
      expect(early.retryInMs).toBeLessThan(45_000);
      expect(site.logins().refused).toBe(1);
      expect(site.passwordsReceived()).toBe(1);
      clock.shiftMs += PAST_DEADLINE_MS;
      expect(await operation.attempt()).toEqual({ kind: 'done' });
      expect(operation.result()?.data).toEqual(ANSWERED);
      expect([effects().length, site.passwordsReceived(), await inForce()]).toEqual([1, 2, ['new']]);
    },
  );

  test('an answer that says it was taken, and it is not in force: outcome unknown, not done again', async () => {
    const { operation, site, clock } = await start();
    site.passwordFault({ takesEffect: false, answer: { status: 200, body: 'fine' } });
    await operation.attempt();
    expect((await operation.attempt()).kind).toBe('retry');
    clock.shiftMs += PAST_DEADLINE_MS;
    expect(await operation.attempt()).toEqual({ kind: 'done' });
    expect(operation.result()).toMatchObject({
      status: 'outcome_unknown',
      error: 'the site answered 200, and it is not in force',
    });
    expect(site.passwordsReceived()).toBe(1);
  });

  test('a site that never takes it: five tries, each believed lost, then failed', async () => {
    const { operation, site, clock } = await start();
    site.passwordFault({ takesEffect: false, answer: { status: 500 }, times: 9 });
    for (let tries = 1; tries <= 5; tries += 1) {
      expect((await operation.attempt()).kind).toBe('retry');
      clock.shiftMs += PAST_DEADLINE_MS;
    }
    expect(await operation.attempt()).toEqual({ kind: 'done' });
    expect(operation.result()).toMatchObject({ status: 'failed', error: 'tried 5 times, and not in force' });
    expect([site.passwordsReceived(), site.logins().refused]).toEqual([5, 5]);
  });

  test('429: not before the time the site named', async () => {
    const { operation, site } = await start();
    site.passwordFault({ takesEffect: false, answer: { status: 429, retryAfterSeconds: 90 } });
    const { retryInMs } = (await operation.attempt()) as { retryInMs: number };
    expect(retryInMs).toBeGreaterThan(85_000);
  });

  test.each([
    ['too short', '1234567', 400],
    ['too long', 'x'.repeat(129), 400],
  ])(
    'a new password that is %s: failed, with the status, and not tried again',
    async (_, password, status) => {
      const { operation, site, effects, profile } = await start({ 'v-2': credentialsWith(password) });
      expect(await operation.attempt()).toEqual({ kind: 'retry', retryInMs: 0 });
      expect(await operation.attempt()).toEqual({ kind: 'done' });
      expect(operation.result()).toMatchObject({ status: 'failed', error: `${PATH} answered ${status}` });
      expect([effects(), site.passwordsReceived()]).toEqual([[], 1]);
      expect(await profile().attempt()).toEqual({ kind: 'done' });
      expect(site.logins().refused).toBe(1);
      expect(JSON.stringify([log.lines, it.results.results])).not.toContain(password);
    },
  );
});

describe('when the old password is not the right one', () => {
  test('and neither is the new one: a person is asked, after one look', async () => {
    const { operation, site, effects } = await start({ AWSCURRENT: credentialsWith('forgotten-1') });
    expect(await operation.attempt()).toEqual({ kind: 'retry', retryInMs: 0 });
    expect((await operation.attempt()).kind).toBe('retry');
    expect(log.of('attempt over').at(-1)).toMatchObject({ outcome: 'needs_login' });
    expect(site.logins().refused).toBe(2);
    expect([effects(), site.passwordsReceived()]).toEqual([[], 1]);
    expect(JSON.stringify(log.lines)).not.toContain('forgotten-1');
  });

  test('because the new one is in force already, and the session is open: succeeded', async () => {
    const { rotate, versions, effects } = await start();
    await rotate('first').attempt();
    versions['AWSCURRENT'] = credentialsWith(OLD);
    const second = rotate('second');
    expect(await second.attempt()).toEqual({ kind: 'retry', retryInMs: 0 });
    expect(await second.attempt()).toEqual({ kind: 'done' });
    expect(second.result()?.data).toEqual(BY_LOGIN);
    expect(effects()).toHaveLength(1);
  });

  test('because the new one is in force already, and there is no session: the login tells', async () => {
    const { rotate, site, effects } = await start();
    await rotate('first').attempt();
    site.dropSessions();
    const second = rotate('second');
    expect(await second.attempt()).toEqual({ kind: 'done' });
    expect(second.result()?.data).toEqual(BY_LOGIN);
    expect([effects().length, site.passwordsReceived(), site.logins().refused]).toEqual([1, 1, 1]);
  });

  test('because the new one is the current version by now: the login tells', async () => {
    const { rotate, versions, effects, site } = await start();
    await rotate('first').attempt();
    versions['AWSCURRENT'] = credentialsWith(NEW);
    const second = rotate('second');
    expect(await second.attempt()).toEqual({ kind: 'done' });
    expect(second.result()?.data).toEqual(BY_LOGIN);
    expect([effects().length, site.passwordsReceived(), site.logins().refused]).toEqual([1, 1, 0]);
  });
});

describe('after a crash', () => {
  test('between journal and click: looked for until the deadline, then done once', async () => {
    const { operation, clock, effects, site } = await start();
    await note(operation.id, 1, clock.now() + 30_000);
    const early = (await operation.attempt({ receives: 2 })) as { retryInMs: number };
    expect(early.retryInMs).toBeGreaterThan(20_000);
    expect(site.passwordsReceived()).toBe(0);
    clock.shiftMs += 31_000;
    expect(await operation.attempt()).toEqual({ kind: 'done' });
    expect(operation.result()?.data).toEqual(ANSWERED);
    expect([effects().length, await inForce()]).toEqual([1, ['new']]);
    expect(await journal()).toHaveLength(2);
  });

  test.each([true, false])('after the click, no answer ever (effect: %s)', async takesEffect => {
    const { operation, site, clock, effects } = await start();
    site.passwordFault({ takesEffect, answer: 'silence' });
    const lease = new AbortController();
    const crashed = operation.attempt({ lease: lease.signal });
    while (site.passwordsReceived() === 0) await new Promise(setImmediate);
    await vi.waitFor(() => expect(effects()).toHaveLength(takesEffect ? 1 : 0));
    lease.abort(new LeaseLost('gone'));
    expect(await crashed).toEqual({ kind: 'lost' });
    clock.shiftMs += PAST_DEADLINE_MS;
    expect(await operation.attempt()).toEqual({ kind: 'done' });
    expect(operation.result()?.data).toEqual(takesEffect ? BY_LOGIN : ANSWERED);
    expect([effects().length, site.passwordsReceived()]).toEqual([1, takesEffect ? 1 : 2]);
  });

  test.each([
    ['received before', 2],
    ['sent anew', 1],
  ])('with a Redis that has forgotten it (%s): the bucket knows', async (_, receives) => {
    const { operation, results, site, effects } = await start();
    const writing = vi.spyOn(results, 'put').mockRejectedValue(new Error('503'));
    await operation.attempt();
    writing.mockRestore();
    operation.forget();
    expect(await operation.attempt({ receives })).toEqual({ kind: 'done' });
    expect(operation.result()?.data).toEqual(BY_LOGIN);
    expect([effects().length, site.passwordsReceived()]).toEqual([1, 1]);
  });

  test('without a trace, and done: a login tells before anything is tried', async () => {
    const { rotate, effects, site } = await start();
    const [first, second] = [rotate('first'), rotate('second')];
    await first.attempt();
    second.ledger.unended = true;
    expect(await second.attempt({ receives: 2 })).toEqual({ kind: 'done' });
    expect(second.result()?.data).toEqual(BY_LOGIN);
    expect([effects().length, site.passwordsReceived()]).toEqual([1, 1]);
  });

  test('without a trace, and not done: done', async () => {
    const { operation, effects } = await start();
    operation.ledger.unended = true;
    expect(await operation.attempt({ receives: 2 })).toEqual({ kind: 'done' });
    expect(operation.result()?.data).toEqual(ANSWERED);
    expect(effects()).toHaveLength(1);
  });

  test('a lease that is lost between journal and click: nothing leaves', async () => {
    const { operation, site } = await start();
    const lease = new AbortController();
    const { ledger } = operation;
    const noteIt = ledger.note.bind(ledger);
    ledger.note = (ids, tried) => {
      lease.abort(new LeaseLost('gone'));
      return noteIt(ids, tried);
    };
    expect(await operation.attempt({ lease: lease.signal })).toEqual({ kind: 'lost' });
    expect(site.passwordsReceived()).toBe(0);
  });

  test('a journal that is out of reach: nothing leaves', async () => {
    const { operation, site } = await start();
    operation.ledger.note = () => Promise.reject(new Error('no Redis'));
    expect((await operation.attempt()).kind).toBe('retry');
    expect(site.passwordsReceived()).toBe(0);
  });
});

describe('a version that cannot be set', () => {
  test.each([
    ['is none', undefined, 'params.secret_version_id is no version of the secret that can be used'],
    [
      "is somebody else's",
      { email: 'bea@example.com', password: NEW },
      'params.secret_version_id is a version for another e-mail address',
    ],
  ])('because it %s: failed, and says which field', async (_, version, error) => {
    const { operation, site } = await start({ 'v-2': version });
    expect(await operation.attempt()).toEqual({ kind: 'done' });
    expect(operation.result()).toMatchObject({ status: 'failed', error });
    expect([site.passwordsReceived(), site.log()]).toEqual([0, []]);
  });
});

describe('a page in the way', () => {
  test('a challenge: a person is asked, nothing is noted or changed', async () => {
    const { operation, site } = await start();
    site.fault({ kind: 'challenge' });
    expect((await operation.attempt()).kind).toBe('retry');
    expect(log.of('attempt over').at(-1)).toMatchObject({ outcome: 'needs_login' });
    expect([await journal(), site.passwordsReceived()]).toEqual([[], 0]);
  });

  test('one whose box is called otherwise: nothing is noted or changed, and what has changed is said', async () => {
    const { operation, site } = await start();
    const body = passwordPage(PATH).replace('>New password<', '>Choose a password<');
    site.fault({ kind: 'status', status: 200, body });
    expect((await operation.attempt()).kind).toBe('retry');
    expect(operation.ledger.ends.at(-1)?.error).toBe(
      `the site's page /my/settings/password changed: it has no text box "New password"`,
    );
    expect([await journal(), site.passwordsReceived()]).toEqual([[], 0]);
    expect(JSON.stringify([log.lines, operation.ledger.ends])).not.toContain(NEW);
  });

  test('one that has no such form: nothing is noted or changed, and no password shown', async () => {
    const { operation, site, creatorId } = await start();
    await chromium.withSession(creatorId, new AbortController().signal, ({ context }) =>
      context.route('**/assets/password.js', route =>
        route.fulfill({
          contentType: 'text/javascript',
          body: `document.querySelector('#next').type = 'checkbox'; await (await fetch('${PATH}')).json();`,
        }),
      ),
    );
    expect((await operation.attempt()).kind).toBe('retry');
    expect([await journal(), site.passwordsReceived()]).toEqual([[], 0]);
    expect(log.of('site error').at(-1)).toMatchObject({
      error: '/my/settings/password has no form for this',
    });
    expect(JSON.stringify([log.lines, operation.ledger.ends])).not.toContain(NEW);
  });
});
