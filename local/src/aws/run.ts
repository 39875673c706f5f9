import { mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { EnvironmentError, readEnv, text, wholeNumber } from '@huntaze/core/env';
import { check } from '@huntaze/core/operations';
import * as z from 'zod/mini';
import { AwsError } from './aws-error.ts';
import { PIPELINE_ALARMS, PLACES } from './cloudwatch/pipeline-alarms.ts';
import { BadFaultPlan, type FaultPlanInput } from './faults/plan.ts';
import { startLocalAws } from './local-aws.ts';
import { resources, type Resources } from './resources.ts';
import { StateFileError } from './state/state-file.ts';

/** Past this a stop is forced. Milliseconds. */
const STOP_MS = 900;

/** Where everything is kept, from where it is started, unless STATE_FILE names another place; and the word for nowhere. */
const STATE_FILE = '.data/local-aws.sqlite';
const IN_MEMORY = ':memory:';

const schema = z.object({
  PORT: wholeNumber(0, 65_535),
  AWS_REGION: z._default(text, 'us-east-1'),
  RESOURCES_FILE: z.optional(text),
  STATE_FILE: z._default(text, STATE_FILE),
  FAULTS_FILE: z.optional(text),
});

/** Ends the process before it began, with one line that says why. */
class Refusal extends Error {
  override readonly name = 'Refusal';
}

/** Reads the JSON file that a variable names. */
async function readJson(variable: string, file: string): Promise<unknown> {
  const content = await (file === '-' ? textOf(process.stdin) : readFile(file, 'utf8')).catch(
    (error: unknown) => {
      throw new Refusal(`${variable} can't be read: ${(error as Error).message}`);
    },
  );
  try {
    return JSON.parse(content) as unknown;
  } catch {
    throw new Refusal(`${variable} is not JSON`); // The parser's own message would quote secrets.
  }
}

async function readResources(file: string | undefined): Promise<Resources> {
  if (file === undefined) return { queues: [], buckets: [], functions: [], secrets: [], alarms: false };
  const checked = check(resources, await readJson('RESOURCES_FILE', file));
  if (checked.ok) return checked.value;
  const faults = checked.faults.map(({ field, message }) => `${field} ${message}`);
  throw new Refusal(`RESOURCES_FILE: ${faults.join('; ')}`);
}

/** What the plan says is checked where it is begun. */
async function readFaults(file: string | undefined): Promise<FaultPlanInput | undefined> {
  return file === undefined ? undefined : ((await readJson('FAULTS_FILE', file)) as FaultPlanInput);
}

async function main(): Promise<void> {
  const env = readEnv(schema, process.env);
  const { alarms, ...existing } = await readResources(env.RESOURCES_FILE);
  const faults = await readFaults(env.FAULTS_FILE);
  if (env.STATE_FILE === STATE_FILE) mkdirSync(dirname(STATE_FILE), { recursive: true, mode: 0o700 });
  const aws = await startLocalAws({
    ...existing,
    port: env.PORT,
    region: env.AWS_REGION,
    stateFile: env.STATE_FILE === IN_MEMORY ? undefined : env.STATE_FILE,
    faults,
    ...(alarms && {
      alarms: { definitions: PIPELINE_ALARMS, places: PLACES },
      onAlarm: news => process.stdout.write(`${JSON.stringify({ alarm: news })}\n`),
    }),
  }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE')
      throw new Refusal(`port ${env.PORT} is taken`);
    if (error instanceof AwsError) throw new Refusal(`RESOURCES_FILE: ${error.message}`);
    if (error instanceof BadFaultPlan) throw new Refusal(`FAULTS_FILE: ${error.message}`);
    if (error instanceof StateFileError) throw new Refusal(`STATE_FILE ${error.message}`);
    throw error;
  });
  const stop = () => {
    setTimeout(() => process.exit(1), STOP_MS).unref();
    void aws.close().then(() => process.exit(0));
  };
  // Nobody reads of alarms any more where the supervisor was killed.
  process.stdout.on('error', () => undefined);
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.stdout.write(`${JSON.stringify({ ready: true, port: aws.port })}\n`);
}

/** Starts it; ends the process with one line when it can't be started. */
export async function run(): Promise<void> {
  await main().catch((error: unknown) => {
    if (!(error instanceof Refusal) && !(error instanceof EnvironmentError)) throw error;
    process.stderr.write(`local aws: ${error.message}\n`);
    process.exit(1);
  });
}

// As what a process is replaced by; see main.ts.
if (import.meta.main) await run();
