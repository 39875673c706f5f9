import { median, medianOf, round, type Bench, type Figure } from './figure.ts';
import { measureApart } from './process.ts';

const RUNS = 3;
const SECONDS = 1.5;
const FEW = 1_000;
const MANY = 100_000;

/** What the queues have to reach: messages a second, and how much slower a receive may get by what waits. */
const AT_LEAST = { memory: 10_000, durable: 3_000 };
const AT_MOST_SLOWER = 2;

async function throughput(keep: 'memory' | 'durable', kind: 'standard' | 'fifo'): Promise<Figure> {
  const measured = await medianOf(RUNS, () =>
    measureApart('./queues-case.ts', ['cycle', keep, kind, 0, SECONDS]),
  );
  const figure = {
    name: `${kind}, ${keep === 'memory' ? 'in memory' : 'durable'}: send + receive + delete in tens`,
    unit: 'messages/s',
    bound: { atLeast: AT_LEAST[keep] },
    ...measured,
  };
  if (keep === 'memory') return figure;
  const { value } = await medianOf(RUNS, () => measureApart('./queues-case.ts', ['sqlite', SECONDS]));
  const name = 'what bare SQLite writes, changes and deletes in transactions of ten';
  return { ...figure, against: { name, value, ratio: round(figure.value / value) } };
}

/** A receive of ten, with few and with many waiting, in turn: the machine's noise hits both. */
async function slowdown(keep: 'memory' | 'durable', kind: 'standard' | 'fifo'): Promise<Figure> {
  const times = new Map<number, number[]>([
    [FEW, []],
    [MANY, []],
  ]);
  for (let i = 0; i < RUNS; i += 1)
    for (const [waiting, own] of times)
      own.push(await measureApart('./queues-case.ts', ['receive', keep, kind, waiting, SECONDS]));
  const [few, many] = [median(times.get(FEW) ?? []), median(times.get(MANY) ?? [])];
  return {
    name: `${kind}, ${keep === 'memory' ? 'in memory' : 'durable'}: a receive of ten with ${MANY} waiting, against ${FEW}`,
    unit: `times as long (${round(many)} µs, ${round(few)} µs)`,
    bound: { atMost: AT_MOST_SLOWER },
    value: round(many / few),
    runs: (times.get(MANY) ?? []).map((time, i) => round(time / (times.get(FEW)?.[i] ?? Number.NaN))),
  };
}

/** The queues without the wire. */
export const queues: Bench = {
  name: 'queues',
  about: 'local SQS as the service runs it, without the wire; each case in a process of its own',
  async run(say) {
    const figures: Figure[] = [];
    for (const keep of ['memory', 'durable'] as const)
      for (const kind of ['standard', 'fifo'] as const) {
        say(`${kind}, ${keep}`);
        figures.push(await throughput(keep, kind), await slowdown(keep, kind));
      }
    return figures;
  },
};
