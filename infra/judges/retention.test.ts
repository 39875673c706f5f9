import { existsSync, readFileSync } from 'node:fs';
import { CODE_KEPT_MS } from '@huntaze/core/one-time-code';
import { MAX_RECEIVES, RETENTION_SECONDS } from '@huntaze/core/queues';
import { JOURNAL_DAYS, LOCAL_DAYS, SESSION_DAYS } from '@huntaze/core/retention';
import { describe, expect, test } from 'vitest';
import { API_CONTEXT, resources, templateOf, type Template } from './synthesized.ts';

// docs/retention.md says how long everything is kept: what it says is what the templates and the scripts say.

type Json = Record<string, unknown>;

const ROOT = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');

/** The rows of one of its tables: what is kept, how long, and where that is said. */
function rowsOf(name: string): Map<string, { kept: string; setIn: string[] }> {
  const [, table = ''] = read('docs/retention.md').split(new RegExp(`<!-- /?${name} -->`));
  const rows = table.split('\n').filter(line => line.startsWith('| ') && !line.startsWith('| what |'));
  return new Map(
    rows.map(row => {
      const cells = row.split(' | ').map(cell => cell.replace(/^\| | \|$/g, ''));
      expect(cells, row).toHaveLength(5);
      const setIn = [...cells[4]!.matchAll(/`([^`]+)`/g)].map(([, file]) => file!);
      return [cells[0]!, { kept: cells[3]!, setIn }];
    }),
  );
}

const aws = rowsOf('aws');
const here = rowsOf('here');

const prod = templateOf(API_CONTEXT);
const dev = templateOf({ stage: 'dev', createTopic: 'true', ...API_CONTEXT });

const all = (template: Template, type: string) =>
  resources(template, type).map(([id, { Properties = {} }]): { id: string } & Json => ({
    id,
    ...Properties,
  }));

const days = (count: number) => `${count} day${count === 1 ? '' : 's'}`;
/** One figure where both stages agree, both where they don't. */
const both = (of: (template: Template) => string) =>
  of(prod) === of(dev) ? of(prod) : `${of(prod)} (dev: ${of(dev)})`;
/** The one value that they all have. */
function common<T>(values: T[]): T {
  expect(values.length).toBeGreaterThan(0);
  expect(new Set(values).size, JSON.stringify(values)).toBe(1);
  return values[0]!;
}

interface Rule {
  Prefix?: string;
  Status: string;
  ExpirationInDays?: number;
  ExpiredObjectDeleteMarker?: boolean;
  NoncurrentVersionExpiration?: { NoncurrentDays: number };
  AbortIncompleteMultipartUpload?: { DaysAfterInitiation: number };
}
function rules(template: Template, bucket: string): Rule[] {
  const found = all(template, 'AWS::S3::Bucket').find(({ id }) => id.startsWith(bucket))!;
  const { Rules } = found['LifecycleConfiguration'] as { Rules: Rule[] };
  expect(Rules.every(({ Status }) => Status === 'Enabled')).toBe(true);
  return Rules;
}
const BUCKETS = ['StorageResults', 'StorageAccessLogs', 'TrailBucket'];
const expiration = (template: Template, bucket: string, prefix?: string) =>
  rules(template, bucket).find(rule => rule.Prefix === prefix && rule.ExpirationInDays !== undefined)!
    .ExpirationInDays!;
const oldVersions = (template: Template, bucket: string) =>
  common(rules(template, bucket).flatMap(rule => rule.NoncurrentVersionExpiration?.NoncurrentDays ?? []));

const lua = (file: string, name: string) => {
  const [, product = ''] = new RegExp(`^local ${name} = ([\\d* ]+)$`, 'm').exec(read(`core/lua/${file}`))!;
  return product.split('*').reduce((result, factor) => result * Number(factor), 1);
};

describe('in AWS', () => {
  const kept = (what: string) => aws.get(what)?.kept;

  test('objects: every prefix, older versions, uploads that were never completed, in every bucket', () => {
    const of = (prefix: string) => both(template => days(expiration(template, 'StorageResults', prefix)));
    expect(kept('results, screenshots, traces')).toBe(of('results/'));
    expect(kept('journal of tries')).toBe(of('journal/'));
    expect(kept('what operators did')).toBe(of('audit/'));
    expect(kept('saved sessions')).toBe(`${of('sessions/')} after they were saved last`);
    const old = common(
      ['StorageResults', 'StorageAccessLogs'].flatMap(bucket =>
        [prod, dev].map(one => oldVersions(one, bucket)),
      ),
    );
    expect(kept('older versions, and what was deleted')).toBe(`${days(old)} more`);
    const aborted = BUCKETS.flatMap(bucket =>
      [prod, dev].map(template =>
        common(
          rules(template, bucket).flatMap(
            rule => rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation ?? [],
          ),
        ),
      ),
    );
    expect(kept('uploads that were never completed')).toBe(days(common(aborted)));
    // A rule for a prefix leaves no object of ours without one, but the tokens and their webhooks, which
    // people end; and of what expired no marker stays.
    for (const template of [prod, dev]) {
      const results = rules(template, 'StorageResults');
      expect(results.map(({ Prefix }) => Prefix)).toEqual([
        undefined,
        'results/',
        'journal/',
        'sessions/',
        'audit/',
      ]);
      expect(results[0]).toMatchObject({ ExpiredObjectDeleteMarker: true });
      expect(all(template, 'AWS::S3::Bucket')).toHaveLength(BUCKETS.length);
    }
  });

  test('logs and the audit trail', () => {
    const retention = (template: Template) =>
      common(all(template, 'AWS::Logs::LogGroup').map(({ RetentionInDays }) => RetentionInDays as number));
    expect(kept('logs of the functions, the tasks, the network, the firewall, the trail')).toBe(
      both(template => days(retention(template))),
    );
    expect(kept('access logs of the bucket and the load balancer')).toBe(
      both(template => days(expiration(template, 'StorageAccessLogs'))),
    );
    const locked = (template: Template) => {
      const bucket = all(template, 'AWS::S3::Bucket').find(({ id }) => id.startsWith('TrailBucket'))!;
      const { Rule } = bucket['ObjectLockConfiguration'] as {
        Rule: { DefaultRetention: { Days: number } };
      };
      expect(expiration(template, 'TrailBucket')).toBe(Rule.DefaultRetention.Days + 1);
      expect(oldVersions(template, 'TrailBucket')).toBe(1);
      return days(Rule.DefaultRetention.Days);
    };
    expect(kept('audit trail')).toBe(`${both(locked)}, a day to go`);
  });

  test('queues, all four of them, and snapshots', () => {
    const pipelines = (template: Template) =>
      all(template, 'AWS::SQS::Queue').filter(({ QueueName }) => QueueName !== 'huntaze-stand-in.fifo');
    const seconds = [prod, dev].flatMap(template => {
      expect(pipelines(template)).toHaveLength(4);
      return pipelines(template).map(({ MessageRetentionPeriod }) => MessageRetentionPeriod as number);
    });
    expect(kept('messages and dead letters')).toBe(days(common(seconds) / 86_400));
    expect(MAX_RECEIVES).toBe(1_000);
    const snapshots = (template: Template) => {
      const [group] = all(template, 'AWS::ElastiCache::ReplicationGroup');
      const limit = group!['SnapshotRetentionLimit'] as number;
      return limit === 0 ? 'none' : days(limit);
    };
    expect(kept('snapshots of Redis')).toBe(both(snapshots));
  });

  test('Redis: longer than any message lives, and no longer than that', () => {
    const keep = lua('lib/keep.lua', 'KEEP_SECONDS');
    expect(keep).toBeGreaterThan(RETENTION_SECONDS);
    const heard = `${days(keep / 86_400)} after the last that was heard`;
    expect(kept('records of operations')).toBe(heard);
    expect(kept("a creator's place in the lines")).toBe(heard);
    expect(kept('one-time codes')).toBe(`until it is typed in, ${CODE_KEPT_MS / 60_000} minutes at most`);
    expect(kept("which of the site's answers fitted last, and which didn't")).toBe(
      `${days(keep / 86_400)} after the last answer`,
    );
    expect(kept('idempotency keys')).toBe(`${lua('accept.lua', 'KEY_SECONDS') / 3_600} hours`);
    expect(kept('bytes that were sent on')).toBe(
      `${lua('settle.lua', 'DEDUPLICATION_SECONDS') / 60} minutes`,
    );
    expect(lua('tick.lua', 'SWEEP_EVERY')).toBe(3_600_000);
    expect(kept('halts, refusals, closed windows, the breaker')).toBe('until they are over, and an hour');
    const listed = lua('lib/record.lua', 'MOST_LISTED').toLocaleString('en');
    expect(kept('the operations listed last, and those whose outcome is unknown')).toBe(
      `${listed} of them, no longer than their records`,
    );
    expect(kept('how much happened in each minute')).toBe('25 hours');
    expect(lua('lib/worst.lua', 'WORST_HOURS')).toBe(24);
    expect(kept("the scraper's tasks")).toBe(
      `until they are silent for ${lua('lib/tasks.lua', 'SILENT') / 1_000} s`,
    );
  });

  test('every key that the scripts name is in it', () => {
    const [, table = ''] = read('docs/retention.md').split(/<!-- \/?aws -->/);
    const named = [
      'accept',
      'settle',
      'lib/record',
      'lib/hooks',
      'lib/halts',
      'lib/breaker',
      'lib/drift',
      'lib/line',
      'lib/slots',
      'lib/changes',
      'lib/history',
      'lib/tasks',
    ].flatMap(file =>
      [...read(`core/lua/${file}.lua`).matchAll(/ROOT \.\. ':(\w+):?'/g)].map(([, key]) => key!),
    );
    expect(named.length).toBeGreaterThan(10);
    const missing = named.filter(key => !new RegExp(`\`${key}:?\``).test(table));
    expect(missing).toEqual([]);
  });
});

describe('on one machine', () => {
  const kept = (what: string) => here.get(what)?.kept;

  test('as the code says', () => {
    expect(kept('results, screenshots, traces')).toBe(days(LOCAL_DAYS.results));
    expect(kept('journal, saved sessions')).toBe(`${days(JOURNAL_DAYS)}, ${days(SESSION_DAYS)}`);
    expect(kept('what operators did')).toBe(days(LOCAL_DAYS.actions));
    expect(kept('messages and dead letters')).toBe(days(RETENTION_SECONDS / 86_400));
    const [, mebibytes] = /MOST_BYTES = (\d+) \* 1_024 \* 1_024;/.exec(
      read('local/src/supervisor/log-file.ts'),
    )!;
    expect(kept('logs of the parts')).toBe(
      `${days(LOCAL_DAYS.logs)}, and what was before as long; ${mebibytes} MiB each`,
    );
    expect(kept('a job that has ended')).toMatch(`${days(LOCAL_DAYS.jobs)}, from then on only`);
  });
});

test('every file is there that is said to set something', () => {
  const files = [...aws.values(), ...here.values()].flatMap(({ setIn }) => setIn);
  expect(files.length).toBeGreaterThan(25);
  expect(files.filter(file => !existsSync(new URL(file, ROOT)))).toEqual([]);
});
