import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { expect, test } from 'vitest';
import { acknowledgements } from '../src/acknowledged.ts';
import { pipelineApp } from '../src/app.ts';
import { builtArtefacts } from '../src/artefacts.ts';
import type { Pipeline } from '../src/pipeline.ts';
import { FLAGS, INSTALLATIONS } from './synthesized.ts';

// AWS's own validator, and cdk-nag's packs AwsSolutions and NIST 800-53 R5, as they judge at every synthesis.

/** One that is acknowledged. */
interface Finding {
  violatingConstructs: { constructPath: string }[];
  acknowledgedId?: string;
  acknowledgedAt?: string;
}
interface Report {
  pluginReports: { pluginName: string; suppressedViolations?: Finding[] }[];
}

/** @throws when there is a finding, with all of them */
function judge(context: Record<string, string>, change: (stack: Pipeline) => void = () => undefined): Report {
  const outdir = mkdtempSync(join(tmpdir(), 'huntaze-judged-'));
  const { app, stack } = pipelineApp(builtArtefacts(), { context: { ...FLAGS, ...context }, outdir });
  change(stack);
  try {
    app.synth();
    return JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8')) as Report;
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

const withoutStack = (path: string) => path.slice(path.indexOf('/') + 1);
const used = new Set<string>();

test.each(INSTALLATIONS)(
  '%s: nothing is found that is not acknowledged, at the resource that it is about',
  (_, context) => {
    const report = judge(context);
    // The validator is listed only when it has found something; that it does, the last test shows.
    expect(report.pluginReports.map(({ pluginName }) => pluginName)).toEqual([
      'AwsSolutions',
      'NIST.800.53.R5',
    ]);
    for (const { suppressedViolations = [] } of report.pluginReports)
      for (const { acknowledgedId, acknowledgedAt, violatingConstructs } of suppressedViolations) {
        expect(violatingConstructs.map(({ constructPath }) => constructPath)).toEqual([acknowledgedAt]);
        used.add(`${withoutStack(acknowledgedAt!)} ${acknowledgedId}`);
      }
  },
);

test('no acknowledgement is left of what is found no more, and each says why', () => {
  const all = acknowledgements('huntaze/onlyfans');
  expect(all.filter(({ at, id }) => !used.has(`${at} ${id}`))).toEqual([]);
  for (const { why } of all) expect(why.length).toBeGreaterThan(20);
});

test('they do find something: of cdk-nag a careless queue, of the validator a number beyond what SQS takes', () => {
  const found = () =>
    judge({}, stack => {
      new sqs.Queue(stack, 'Careless');
      const queue = stack.node.findChild('Queues').node.findChild('huntaze-rate-limiter-queue').node;
      (queue.defaultChild as sqs.CfnQueue).visibilityTimeout = 50_000;
    });
  expect(found).toThrow(/huntaze-prod\/Careless\/Resource[^]*AwsSolutions::AwsSolutions-SQS4/);
  expect(found).toThrow(/50000 is greater than the maximum of 43200[^]*CloudFormation-Validate::/);
});
