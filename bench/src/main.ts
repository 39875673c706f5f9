// npm run bench [-- NAME ...]: measures, says what came of it, and writes it to bench/results/NAME.json.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { api } from './api.ts';
import { isReached, type Bench, type Figure } from './figure.ts';
import { idleMemory } from './idle-memory.ts';
import { line } from './line.ts';
import { live } from './live.ts';
import { queues } from './queues.ts';
import { scraper } from './scraper.ts';
import { simulatedDay } from './simulated-day.ts';
import { usage } from './usage.ts';
import { wire } from './wire.ts';

const BENCHES: Bench[] = [line, queues, wire, idleMemory, scraper, simulatedDay, usage, api, live];
const RESULTS = join(import.meta.dirname, '../results');

function lineOf(figure: Figure): string {
  const { name, value, unit, bound, against } = figure;
  const said = [`${name}: ${value.toLocaleString('en')} ${unit}`];
  if (bound !== undefined) {
    const [word, limit] = 'atLeast' in bound ? ['at least', bound.atLeast] : ['at most', bound.atMost];
    said.push(`${isReached(figure) ? '✓' : '✗'} ${word} ${limit.toLocaleString('en')}`);
  }
  if (against !== undefined)
    said.push(`${against.ratio} of ${against.name} (${against.value.toLocaleString('en')})`);
  return `  ${said.join(' · ')}`;
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter(name => !BENCHES.some(bench => bench.name === name));
if (unknown.length > 0) {
  console.error(
    `no such bench: ${unknown.join(', ')}; there are: ${BENCHES.map(bench => bench.name).join(', ')}`,
  );
  process.exit(1);
}
mkdirSync(RESULTS, { recursive: true });
for (const bench of BENCHES) {
  if (wanted.length > 0 && !wanted.includes(bench.name)) continue;
  console.log(`${bench.name}: ${bench.about}`);
  const figures = await bench.run(news => console.error(`  … ${news}`));
  for (const figure of figures) console.log(lineOf(figure));
  if (!figures.every(isReached)) process.exitCode = 1;
  const about = {
    bench: bench.name,
    at: new Date().toISOString(),
    node: process.version,
    cpus: cpus().length,
    cpu: cpus()[0]?.model,
    memory_gb: Math.round(totalmem() / 2 ** 30),
  };
  writeFileSync(join(RESULTS, `${bench.name}.json`), `${JSON.stringify({ ...about, figures }, null, 2)}\n`);
}
process.exit();
