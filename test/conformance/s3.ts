/** S3 in the words of the checks: buckets that are removed afterwards, objects, refusals. */
import { createHash, createHmac } from 'node:crypto';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  type GetObjectCommandInput,
  type GetObjectCommandOutput,
  type HeadObjectCommandOutput,
  type PutObjectCommandInput,
  type PutObjectCommandOutput,
  type S3ServiceException,
} from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { removeAfterwards, removeBucket, target, uniqueName } from './harness.ts';

const { s3 } = target;

/** Creates a bucket that is emptied and deleted after the check. @returns its name */
export async function makeBucket(): Promise<string> {
  const Bucket = uniqueName('conformance');
  const LocationConstraint = target.region as 'eu-west-1';
  await s3.send(
    new CreateBucketCommand({
      Bucket,
      ...(target.region !== 'us-east-1' && { CreateBucketConfiguration: { LocationConstraint } }),
    }),
  );
  removeAfterwards(() => removeBucket(Bucket));
  return Bucket;
}

/** Has all versions of a bucket's objects deleted after the check, before the bucket itself. */
export function removeVersionsAfterwards(Bucket: string): void {
  removeAfterwards(async () => {
    const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
    for (const { Key, VersionId } of [...Versions, ...DeleteMarkers])
      await s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
  });
}

export const put = (
  Bucket: string,
  Key: string,
  Body: NonNullable<PutObjectCommandInput['Body']> = 'x',
  more: Partial<PutObjectCommandInput> = {},
): Promise<PutObjectCommandOutput> => s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));

export const get = (
  Bucket: string,
  Key: string,
  more: Partial<GetObjectCommandInput> = {},
): Promise<GetObjectCommandOutput> => s3.send(new GetObjectCommand({ Bucket, Key, ...more }));

export const head = (
  Bucket: string,
  Key: string,
  more: Partial<GetObjectCommandInput> = {},
): Promise<HeadObjectCommandOutput> => s3.send(new HeadObjectCommand({ Bucket, Key, ...more }));

/** What an object contains. */
export async function textOf(
  Bucket: string,
  Key: string,
  more: Partial<GetObjectCommandInput> = {},
): Promise<string> {
  const { Body } = await get(Bucket, Key, more);
  return (await Body?.transformToString()) ?? '';
}

/** Checks that S3 refuses something by this name and this HTTP status. */
export async function expectRefusal(answer: Promise<unknown>, name: string, status: number): Promise<void> {
  const error = await answer.then(
    () => new Error('it was not refused'),
    (refusal: unknown) => refusal as S3ServiceException,
  );
  const told = '$metadata' in error ? error.$metadata.httpStatusCode : error.message;
  expect([error.name, told]).toEqual([name, status]);
}

/** What the endpoint's clock says, to the second: a signature has to be dated by it. */
async function endpointTime(): Promise<Date> {
  const response = await fetch(target.endpoint, { method: 'HEAD' });
  return new Date(response.headers.get('date') ?? Date.now());
}

/** A GET of an object that anybody can make for `seconds` (signature version 4 in the query). @returns the URL */
export async function presignGet(Bucket: string, Key: string, seconds: number): Promise<string> {
  const { accessKeyId, secretAccessKey, sessionToken } = await s3.config.credentials();
  const amzDate = (await endpointTime()).toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = `${amzDate.slice(0, 8)}/${target.region}/s3/aws4_request`;
  const { host } = new URL(target.endpoint);
  const path = `/${Bucket}/${Key.split('/').map(encodeURIComponent).join('/')}`;
  const query = new URLSearchParams({
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${accessKeyId}/${scope}`,
    'X-Amz-Date': amzDate,
    'X-Amz-Expires': String(seconds),
    ...(sessionToken !== undefined && { 'X-Amz-Security-Token': sessionToken }),
    'X-Amz-SignedHeaders': 'host',
  }).toString();
  const request = ['GET', path, query, `host:${host}\n`, 'host', 'UNSIGNED-PAYLOAD'].join('\n');
  const digest = createHash('sha256').update(request).digest('hex');
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  const signature = hmac(key, ['AWS4-HMAC-SHA256', amzDate, scope, digest].join('\n')).toString('hex');
  return `${new URL(target.endpoint).origin}${path}?${query}&X-Amz-Signature=${signature}`;
}
