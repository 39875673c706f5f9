import {
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TestAws } from '../aws/test-clients.ts';
import { eraseObjects, findObjects } from './objects.ts';
import { NotErased, type Place } from './place.ts';
import { testPlace } from './test-place.ts';

let aws: TestAws;
let place: Place;
beforeEach(async () => ({ aws, place } = await testPlace([])));
afterEach(() => aws.close());

const put = (Key: string) => aws.s3.send(new PutObjectCommand({ Bucket: place.bucket, Key, Body: '{}' }));
const versioned = () =>
  aws.s3.send(
    new PutBucketVersioningCommand({
      Bucket: place.bucket,
      VersioningConfiguration: { Status: 'Enabled' },
    }),
  );
/** Every key of which there is anything, once for each version and delete marker. */
async function keys(): Promise<string[]> {
  const { Versions = [], DeleteMarkers = [] } = await aws.s3.send(
    new ListObjectVersionsCommand({ Bucket: place.bucket }),
  );
  return [...Versions, ...DeleteMarkers].map(({ Key }) => Key!).sort();
}

/** Others whose names begin with hers, or hers with theirs. */
const OTHERS = [
  'journal/ada.b/op-1/1.json',
  'journal/bea/ada/1.json',
  'results/ad/op-1.json',
  'results/ada.b/op-1.json',
  'results/adam/op-1.png',
  'results/bea/ada.json',
  'sessions/ada.b',
  'sessions/adam',
];
const HERS = [
  'results/ada/op-1.json',
  'results/ada/op-1.png',
  'results/ada/op-1.trace.json',
  'journal/ada/op-1/1.json',
  'journal/ada/op-1/2.json',
  'sessions/ada',
];

describe.each(['that keeps versions', 'that does not'])('in a bucket %s', kind => {
  beforeEach(async () => {
    if (kind === 'that keeps versions') await versioned();
    for (const key of [...OTHERS, ...HERS]) await put(key);
  });

  test('hers are counted, and go for good; those of all others stay', async () => {
    const hers = { results: 3, journal: 2, sessions: 1 };
    expect(await findObjects(place, 'ada')).toEqual(hers);
    expect(await keys()).toHaveLength(OTHERS.length + HERS.length);
    expect(await eraseObjects(place, 'ada')).toEqual(hers);
    expect(await keys()).toEqual(OTHERS);
    expect(await eraseObjects(place, 'ada')).toEqual({ results: 0, journal: 0, sessions: 0 });
  });
});

test('older versions and delete markers go, too', async () => {
  await versioned();
  for (const key of HERS) {
    await put(key);
    await put(key);
    await aws.s3.send(new DeleteObjectCommand({ Bucket: place.bucket, Key: key }));
  }
  await put('sessions/ada.b');
  expect(await eraseObjects(place, 'ada')).toEqual({ results: 9, journal: 6, sessions: 3 });
  expect(await keys()).toEqual(['sessions/ada.b']);
});

test('as many as there are, a page after the other, also of one key', async () => {
  await versioned();
  for (let n = 0; n < 1_100; n += 1) await put('sessions/ada');
  for (let n = 0; n < 1_100; n += 1) await put(`results/ada/op-${n}.json`);
  expect(await findObjects(place, 'ada')).toMatchObject({ results: 1_100, sessions: 1_100 });
  expect(await eraseObjects(place, 'ada')).toMatchObject({ results: 1_100, sessions: 1_100 });
  expect(await keys()).toEqual([]);
});

test('what S3 refuses to delete is told in one line', async () => {
  await put('results/ada/op-1.json');
  const refusing: Place = {
    ...place,
    s3: {
      send: (async (command: unknown) =>
        command instanceof ListObjectVersionsCommand
          ? aws.s3.send(command)
          : {
              Errors: [{ Key: 'x', Code: 'AccessDenied', Message: 'Access Denied' }],
            }) as Place['s3']['send'],
    },
  };
  const thrown = await eraseObjects(refusing, 'ada').catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(NotErased);
  expect((thrown as Error).message).toBe(
    '1 of 1 objects in huntaze-results could not be deleted: AccessDenied: Access Denied; ' +
      'mend that, and give the same command again',
  );
});
