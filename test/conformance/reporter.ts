import { basename } from 'node:path';
import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node';

/** How much of one difference is shown. Lines. */
const MAX_LINES = 8;

interface Counts {
  held: number;
  failed: number;
  skipped: number;
}

/**
 * Prints one line a check as soon as it is known, the difference under each one that failed, and at the end
 * the counts per file and in all:
 *
 *     ok 12 sqs-visibility: a timeout of 0 gives the message back
 *     not ok 13 sqs-delay: …
 *         expected …
 *     skip 14 sqs-retention: … (needs 4 days; this endpoint has no clock)
 *
 * Vitest itself sets the exit code: 1 when a check failed or a file could not be run.
 * @public
 */
export default class ConformanceReporter implements Reporter {
  #number = 0;
  readonly #files = new Map<string, Counts>();

  onTestCaseResult(check: TestCase): void {
    const file = topicOf(check.module);
    const counts = this.#files.get(file) ?? { held: 0, failed: 0, skipped: 0 };
    this.#files.set(file, counts);
    const line = `${++this.#number} ${file}: ${check.fullName}`;
    const result = check.result();
    if (result.state === 'passed') {
      counts.held += 1;
      print(`ok ${line}`);
    } else if (result.state === 'failed') {
      counts.failed += 1;
      print(`not ok ${line}`);
      for (const error of result.errors) print(indent(difference(error)));
    } else {
      counts.skipped += 1;
      const reason = result.state === 'skipped' ? result.note : undefined;
      print(`skip ${line} (${reason ?? 'what it needs failed'})`);
    }
  }

  onTestSuiteResult(suite: TestSuite): void {
    printWhole(`${topicOf(suite.module)}: ${suite.fullName}`, suite.errors());
  }

  onTestModuleEnd(file: TestModule): void {
    printWhole(topicOf(file), file.errors());
  }

  onTestRunEnd(_files: readonly TestModule[], errors: readonly Fault[]): void {
    printWhole('the run', errors);
    const total: Counts = { held: 0, failed: 0, skipped: 0 };
    print('');
    for (const [file, counts] of [...this.#files].sort(([a], [b]) => a.localeCompare(b))) {
      print(summary(file, counts));
      total.held += counts.held;
      total.failed += counts.failed;
      total.skipped += counts.skipped;
    }
    print(summary('in all', total));
    print(`against ${process.env['CONFORMANCE_ENDPOINT'] ?? 'local AWS in process, under its own clock'}`);
  }
}

interface Fault {
  message: string;
  name?: string;
  diff?: string | undefined;
}

const topicOf = (file: TestModule) => basename(file.moduleId, '.test.ts');

/** What went wrong before, between or after checks. */
function printWhole(name: string, errors: readonly Fault[]): void {
  for (const error of errors) print(`not ok ${name}, as a whole\n${indent(difference(error))}`);
}

function summary(name: string, { held, failed, skipped }: Counts): string {
  const checks = held + failed + skipped;
  return `${name.padEnd(24)} ${String(checks).padStart(4)} checks: ${held} held, ${failed} failed, ${skipped} skipped`;
}

/** What went wrong, without colours and without the lines that both sides share. */
function difference({ name, message, diff }: Fault): string {
  const what = name === undefined || name === 'AssertionError' ? message : `${name}: ${message}`;
  const lines = `${what}\n${diff ?? ''}`.replaceAll(/\u001b\[\d+m/g, '').split('\n');
  const telling = lines.filter((line, index) => line.trim() !== '' && (index === 0 || /^[-+] /.test(line)));
  return [...telling.slice(0, MAX_LINES), ...(telling.length > MAX_LINES ? ['…'] : [])].join('\n');
}

const indent = (text: string) => text.replaceAll(/^/gm, '    ');

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
