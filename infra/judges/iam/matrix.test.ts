import { describe, expect, test } from 'vitest';
import { EXISTING_CONTEXT, INSTALLATIONS, templateOf } from '../synthesized.ts';
import { onAnything, statementsIn, unknownActions, unknownKeys } from './documents.ts';
import { become, endpointOf, endpointsOf, fetchingALayer, stoppedBy } from './endpoints.ts';
import { Installation, STRANGER } from './installation.ts';
import { EVERYTHING, judge, unused } from './judge.ts';
import type { Policy } from './policies.ts';
import { isAsItShouldBe, told } from './rows.ts';
import { ask } from './simulate.ts';
import { subjectsOf } from './subjects/all.ts';
import { nobodyMay } from './subjects/common.ts';
import { shortener, thingsOf } from './things.ts';

// 8.1 and 8.2, and the same for everybody else who runs here: what each may do, as IAM would answer, and that it is all.

/** Whoever assumes a role here, and some that could be told to by mistake. */
const ASSUMING = [
  'cloudtrail',
  'ec2',
  'ecs',
  'ecs-tasks',
  'edgelambda',
  'events',
  'lambda',
  'vpc-flow-logs',
].map(service => `${service}.amazonaws.com`);

/** Between them are both stages, both kinds of API, and what is made and what exists. */
const JUDGED = INSTALLATIONS.filter(([name]) => !['prod', 'dev with the API'].includes(name));

describe.each([
  ...JUDGED,
  [
    'prod on what exists, AUTH token under a key of its own',
    {
      ...EXISTING_CONTEXT,
      redisAuthSecretKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/0000abcd-12ab-34cd-56ef-1234567890ab',
    },
  ] as const,
])('%s', (_, context) => {
  const it = new Installation(context, templateOf(context));
  const things = thingsOf(it);
  const short = shortener(it, things);
  const subjects = subjectsOf(it, things);
  const isStrangers = (arn: string) => arn.split(':')[4] === STRANGER;

  describe.each(subjects.map(subject => [subject.who, subject] as const))('%s', (_who, subject) => {
    test.each(subject.rows.map(row => [told(row, short), row] as const))('%s', async (_row, row) => {
      const unexpected = (await judge(it, subject, row)).filter(
        ({ result }) => !isAsItShouldBe(row.verdict, result),
      );
      expect(unexpected.map(({ action, resource, result }) => [result, action, short(resource)])).toEqual([]);
    });

    test('only its own policies are in the way of what it may not, and other policies too of what it must not', async () => {
      for (const row of subject.rows) {
        const also = row.verdict === 'may' ? [] : [EVERYTHING];
        const expected = row.verdict === 'must not' ? 'forbidden' : 'allowed';
        for (const { action, resource, result } of await judge(it, subject, row, { also }))
          if (!isStrangers(resource))
            expect(result, `${action} ${short(resource)} ${JSON.stringify(row.context)}`).toBe(expected);
      }
    });

    test('may nothing that nobody may', async () => {
      for (const row of nobodyMay(it, things)) {
        const allowed = (await judge(it, subject, row)).filter(
          ({ result, action, resource }) =>
            result === 'allowed' && !subject.alone?.includes(`${action} ${resource}`),
        );
        expect(allowed.map(({ action, resource }) => [action, short(resource)])).toEqual([]);
      }
    });

    test('is assumed by nobody else', async () => {
      const { role, assumedBy } = subject;
      if (role.trust === undefined) return;
      const assumes = (principal: string, policies: Policy[] = []) =>
        ask({
          principal,
          policies,
          action: 'sts:AssumeRole',
          resource: role.arn,
          owner: it.place.account,
          context: {},
          resourcePolicy: role.trust,
        });
      const allowed: string[] = [];
      for (const service of ASSUMING)
        if ((await assumes(service)).result === 'allowed') allowed.push(service);
      for (const account of [it.place.account, STRANGER])
        if ((await assumes(it.roleArn('admin', account), [EVERYTHING])).result === 'allowed')
          allowed.push(account);
      expect(allowed).toEqual([assumedBy ?? it.place.account]);
      expect((await assumes(it.roleArn('somebody'))).result).toBe('nobody allows it');
    });

    test('names its actions one by one, and on what', async () => {
      const policies = subject.role.policies();
      const actions = policies.flatMap(({ Statement }) => Statement).flatMap(({ Action }) => Action);
      expect(actions.filter(action => action.includes('*'))).toEqual([]);
      // Interfaces and their subnets aren't known before; they are Lambda's to make, as a row above says.
      const anything = (await onAnything(policies)).filter(action => !action.startsWith('ec2:'));
      expect(anything).toEqual([]);
    });

    test('each of its permissions is used', async () => {
      const rows = subject.rows.filter(({ verdict }) => verdict === 'may');
      const answers = await Promise.all(rows.map(row => judge(it, subject, row)));
      expect(unused(subject.role.policies(), answers.flat()).map(short)).toEqual([]);
    });
  });

  test('whoever may do anything is judged', () => {
    const judged = new Set(subjects.map(({ role }) => role.id));
    const identities = ['Role', 'ManagedPolicy', 'User', 'Group', 'AccessKey'].flatMap(type =>
      it.all(`AWS::IAM::${type}`).map(({ id }) => id),
    );
    expect(identities.filter(id => !judged.has(id))).toEqual([]);
    const given = it
      .all('AWS::IAM::Policy')
      .filter(({ properties }) => properties['Users'] ?? properties['Groups']);
    expect(given).toEqual([]);
  });

  test('IAM knows every action and every condition', async () => {
    const statements = statementsIn(it.template);
    expect(await unknownActions(statements)).toEqual([]);
    expect(await unknownKeys(statements)).toEqual([]);
  });

  test('what is called through an endpoint of the VPC its policy lets pass', async () => {
    for (const subject of subjects)
      for (const row of subject.rows) {
        const endpointPolicy = row.verdict === 'may' ? endpointOf(it, subject, row) : undefined;
        if (endpointPolicy === undefined) continue;
        for (const { result, action, resource } of await judge(it, subject, row, { endpointPolicy }))
          expect(result, `${subject.who}: ${action} ${short(resource)}`).toBe('allowed');
      }
  });

  test.each(endpointsOf(it).map(({ service, policy }) => [service, policy] as const))(
    'the endpoint of %s is nobody’s way to what is not ours',
    async (service, policy) => {
      for (const call of stoppedBy(it, things, service)) {
        expect(await become(it, call), JSON.stringify(call)).toBe('allowed');
        expect(await become(it, call, policy), JSON.stringify(call)).toBe('nobody allows it');
      }
      if (service === 's3') expect(await become(it, fetchingALayer(it), policy)).toBe('allowed');
    },
  );
});
