import { S3Client } from '@aws-sdk/client-s3';
import { systemClock } from '@huntaze/core/clock';
import type { OperationRequest } from '@huntaze/core/operations';
import { httpClient } from '../job/client.ts';
import { patientClient } from '../job/patient.ts';
import { runJob, type JobReport, type Observer } from '../job/run.ts';
import { StartError } from '../supervisor/errors.ts';
import { LOCAL_AWS_CREDENTIALS, LOCAL_AWS_REGION, type Pipeline } from '../supervisor/pipeline.ts';
import { whenStopped } from './stopped.ts';

/** A job is given up when nothing has changed for this many windows, and at least for this long (ms). */
const PATIENCE_WINDOWS = 5;
const LEAST_PATIENCE_MS = 180_000;

/**
 * Runs a job through a running pipeline.
 * @throws StartError when a part of the pipeline ends meanwhile; Stopped when the user asks
 */
export async function runInPipeline(
  pipeline: Pipeline,
  job: { id: string; begunAt: number; requests: OperationRequest[] },
  limit: { limit: number; windowMs: number },
  observer: Observer,
  signal: AbortSignal,
): Promise<JobReport> {
  const s3 = new S3Client({
    endpoint: pipeline.awsUrl,
    region: LOCAL_AWS_REGION,
    credentials: LOCAL_AWS_CREDENTIALS,
    forcePathStyle: true,
  });
  const client = patientClient(httpClient({ ...pipeline, s3 }), systemClock, signal);
  const { id, begunAt, requests } = job;
  const options = {
    ...limit,
    id,
    begunAt,
    accountOf: (creatorId: string) => pipeline.accountOf(creatorId),
    patienceMs: Math.max(LEAST_PATIENCE_MS, PATIENCE_WINDOWS * limit.windowMs),
    signal,
  };
  const broken = pipeline.broken.then(what => {
    throw new StartError(what);
  });
  try {
    return await Promise.race([
      runJob(client, requests, options, systemClock, observer),
      broken,
      whenStopped(signal),
    ]);
  } finally {
    broken.catch(() => undefined);
    s3.destroy();
  }
}
