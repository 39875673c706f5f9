import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startTestAws, type TestAws } from '../../../local/src/aws/test-clients.ts';
import { ADA, openBrowsers, startAtSite } from '../../test-support/at-site.ts';
import { FakeLog } from '../../test-support/fakes.ts';
import type { Browsers } from '../browser.ts';
import type { Credentials } from '../credentials.ts';

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

const credentialsWith = (password: string): Credentials => ({ email: ADA.email, password });

/** At a site that takes the current password; the pending one is to take its place. */
async function start(changed: Record<string, Credentials | undefined> = {}) {
  const pending = credentialsWith('Xk-new-secret-9');
  const versions: typeof changed = {
    AWSCURRENT: credentialsWith(ADA.password),
    AWSPENDING: pending,
    'v-2': pending,
    ...changed,
  };
  it = await startAtSite(
    chromium,
    aws.s3,
    log,
    { accounts: [ADA] },
    undefined,
    version => versions[typeof version === 'string' ? version : version.id],
  );
  const rotate = () => it.operation('op', 'credentials.rotate', { secret_version_id: 'v-2' });
  const profile = () => it.operation('profile', 'profile.scrape', {});
  return { ...it, rotate, profile };
}

describe('the login of every kind', () => {
  test('falls back to the pending version, once, in one more try', async () => {
    const { rotate, profile, site, slots } = await start();
    await rotate().attempt();
    site.dropSessions();
    const before = slots.events.length;
    const { accepted } = site.logins();
    expect(await profile().attempt()).toEqual({ kind: 'done' });
    expect(profile().result()).toMatchObject({ status: 'succeeded' });
    expect(site.logins()).toEqual({ accepted: accepted + 1, refused: 1 });
    expect(slots.events.slice(before)).toEqual([
      'granted 2',
      'answered 2',
      'granted 3',
      'unused 3',
      'granted 4',
      'answered 4',
    ]);
  });

  test.each([
    ['another, wrong one', credentialsWith('wrong-too-1'), 2],
    ['the same', credentialsWith('wrong-1234'), 1],
    ['none', undefined, 1],
  ])('with a wrong current version and %s pending: a person is asked', async (_, pending, refused) => {
    const { profile, site } = await start({ AWSCURRENT: credentialsWith('wrong-1234'), AWSPENDING: pending });
    site.dropSessions();
    expect((await profile().attempt()).kind).toBe('retry');
    expect(log.of('attempt over').at(-1)).toMatchObject({ outcome: 'needs_login' });
    expect(site.logins().refused).toBe(refused);
    expect(JSON.stringify(log.lines)).not.toMatch(/wrong-/);
  });

  test('does not fall back to another account, though its password is right', async () => {
    const another = { email: 'before@example.com', password: 'wrong-1234' };
    const { profile, site } = await start({ AWSCURRENT: another, AWSPENDING: credentialsWith(ADA.password) });
    site.dropSessions();
    const { accepted } = site.logins();
    expect((await profile().attempt()).kind).toBe('retry');
    expect(site.logins()).toEqual({ accepted, refused: 1 });
  });
});
