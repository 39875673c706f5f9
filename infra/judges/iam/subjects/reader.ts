import { resultKey } from '@huntaze/core/names';
import type { Installation } from '../installation.ts';
import { may, mayNot, mustNot, PLAIN_HTTP, through, under, viaService, type Subject } from '../rows.ts';
import type { Things } from '../things.ts';

/** Whoever is given the policy for readers, tagged with the creator whose results are to be read, or not. */
export function theReader(it: Installation, things: Things): Subject {
  const { buckets, keys } = things;
  const ada = { 'aws:PrincipalTag/creator_id': 'ada' };
  const at = (key: string) => `${buckets.results}/${key}`;
  const [hers, others] = [at(resultKey('ada', '1')), at(resultKey('bea', '1'))];
  const decrypts = through(it, buckets.results);
  return {
    who: 'a reader of results',
    role: it.givenTo('reader', it.one('AWS::IAM::ManagedPolicy', (_, id) => id.includes('Reader')).id),
    isInVpc: false,
    rows: [
      ...may('s3:GetObject', [hers, hers.replace(/\.json$/, '.png')], ada),
      ...may('kms:Decrypt', keys.data, { ...decrypts, ...ada }),
      ...mayNot('s3:GetObject', [others, at('results/ada-too/1.json'), at('results/x')], ada),
      ...mayNot('s3:GetObject', [at('journal/ada/1/0.json'), at('sessions/ada'), at('ada/1.json')], ada),
      ...mayNot('s3:PutObject DeleteObject GetObjectVersion', hers, ada),
      ...mayNot('s3:ListBucket', buckets.results, ada),
      // Nobody who isn't tagged, also where the name would fit.
      ...mayNot('s3:GetObject', [hers, others, at('results//1.json'), at('results/1.json')]),
      ...mayNot('s3:GetObject', hers, { 'aws:PrincipalTag/creator': 'ada' }),
      ...mustNot('s3:GetObject', hers, { ...ada, ...PLAIN_HTTP }),
      // The key serves S3 for this one bucket. It holds for others as well: logs, secrets, Redis.
      ...mayNot('kms:Decrypt', keys.data, ada),
      ...mayNot('kms:Decrypt', keys.data, { ...under({ 'aws:s3:arn': buckets.results }), ...ada }),
      ...mayNot('kms:Decrypt', keys.data, { ...through(it, buckets.trail), ...ada }),
      ...mayNot('kms:Decrypt', keys.data, { ...through(it, things.redisAuth), ...ada }),
      ...mayNot('kms:Decrypt', keys.data, { ...viaService(it, 's3'), ...ada }),
      ...mayNot('kms:GenerateDataKey Encrypt', keys.data, { ...decrypts, ...ada }),
      ...mayNot('kms:Decrypt', [keys.sessions, keys.queues, keys.trail], { ...decrypts, ...ada }),
      ...mayNot('secretsmanager:GetSecretValue', [things.redisAuth, things.credentialsOf('ada')], ada),
    ],
  };
}
