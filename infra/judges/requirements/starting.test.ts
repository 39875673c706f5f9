import { readFileSync } from 'node:fs';
import { apiEnv } from '@huntaze/api/env';
import { readEnv } from '@huntaze/core/env';
import { limiterEnv } from '@huntaze/limiter/env';
import { scraperEnv } from '@huntaze/scraper/env';
import { describe, expect, test } from 'vitest';
import { resumeRotationsEnv } from '../../functions/resume-rotations/env.ts';
import { rotateCredentialsEnv } from '../../functions/rotate-credentials/env.ts';
import { rotateRedisAuthEnv } from '../../functions/rotate-redis-auth/env.ts';
import { standInEnv } from '../../functions/stand-in/env.ts';
import { lookAt, parsable, STAGES, variablesOf, type Json } from './looking.ts';

// What would be seen only when it is deployed, or when a process starts.

describe.each(STAGES)('%s', (_, template) => {
  const { all, container } = lookAt(template);

  test('each process would start with what it is told', () => {
    const told = Object.fromEntries(
      all('AWS::Lambda::Function').map(({ FunctionName, Environment }) => [
        FunctionName,
        (Environment as { Variables: Json } | undefined)?.Variables ?? {},
      ]),
    ) as Record<string, Json>;
    readEnv(limiterEnv, parsable(told['huntaze-rate-limiter']!));
    readEnv(standInEnv, parsable(told['huntaze-stand-in']!));
    readEnv(resumeRotationsEnv, parsable(told['huntaze-resume-rotations']!));
    readEnv(rotateRedisAuthEnv, parsable(told['huntaze-rotate-redis-auth']!));
    readEnv(rotateCredentialsEnv, parsable(told['huntaze-rotate-credentials']!));
    readEnv(scraperEnv, parsable(variablesOf(container('scraper'))));
    readEnv(apiEnv, parsable(variablesOf(container('api'))));
  });

  test('the images are what the tasks take them for: the browser’s place, and the user', () => {
    const dockerfile = (of: string) =>
      readFileSync(new URL(`../../../${of}/Dockerfile`, import.meta.url), 'utf8');
    for (const name of ['scraper', 'api'])
      expect(dockerfile(name)).toContain(`\nUSER ${String(container(name)['User'])}\n`);
    const { CHROMIUM_PATH } = variablesOf(container('scraper'));
    expect(dockerfile('scraper')).toContain(`CHROMIUM_PATH=${String(CHROMIUM_PATH)} `);
  });

  test('what CloudFormation and no linter would see too late', () => {
    for (const { MinCapacity, MaxCapacity } of all('AWS::ApplicationAutoScaling::ScalableTarget'))
      expect(Number(MinCapacity)).toBeLessThanOrEqual(Number(MaxCapacity));
    for (const { ContainerDefinitions } of all('AWS::ECS::TaskDefinition'))
      for (const { StopTimeout } of ContainerDefinitions as Json[])
        expect(Number(StopTimeout)).toBeLessThanOrEqual(120);
    for (const { RotationRules } of all('AWS::SecretsManager::RotationSchedule'))
      expect(Number((RotationRules as Json)['AutomaticallyAfterDays'])).toBeLessThanOrEqual(1_000);
    for (const { AuthToken, TransitEncryptionEnabled } of all('AWS::ElastiCache::ReplicationGroup'))
      expect(AuthToken === undefined || TransitEncryptionEnabled).toBe(true);
    for (const { PolicyDocument } of all('AWS::IAM::Policy')) {
      const sids = (PolicyDocument as { Statement: Json[] }).Statement.flatMap(({ Sid }) => Sid ?? []);
      expect(new Set(sids).size).toBe(sids.length);
    }
    expect(Object.keys(template.Resources).length).toBeLessThan(500);
    expect(JSON.stringify(template).length).toBeLessThan(1_000_000);
  });
});
