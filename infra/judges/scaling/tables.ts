import { estimate, type Question } from '../../cost/estimate.ts';
import { value } from '../../cost/factors.ts';
import { usdText } from '../../cost/shown.ts';
import { templateOf } from '../synthesized.ts';
import type { Rules } from './rules.ts';
import { SCENARIOS } from './scenarios.ts';
import { MINUTE_S, simulate, TICK_S, type Instant, type Played, type Scenario } from './simulate.ts';

/** Which of the scenarios docs/scaling.md tells of. */
const TOLD = ['backlog', 'flood', 'limitedSite', 'pausedCreator'] as const;
const HOUR_S = 3_600;

const row = (...cells: string[]) => `| ${cells.join(' | ')} |`;

/** The text between `<!-- NAME -->` and `<!-- /NAME -->`, made anew. */
function withBlock(document: string, name: string, lines: string[]): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [head, rest = ''] = document.split(begin, 2);
  const tail = rest.split(end, 2)[1];
  if (tail === undefined) throw new Error(`the document has no ${begin} … ${end}`);
  return [head, begin, '\n', lines.join('\n'), '\n', end, tail].join('');
}

/** docs/scaling.md with its two tables as template, scenarios and prices have them today. */
export async function withTables(document: string, rules: Rules): Promise<string> {
  return withBlock(withBlock(document, 'scenarios', await scenarioTable(rules)), 'tasks', taskTable());
}

async function scenarioTable(rules: Rules): Promise<string[]> {
  const one: Rules = {
    ...rules,
    bounds: { min: 1, max: 1 },
    standIn: { ...rules.standIn, maxTasks: 1 },
  };
  const rows: string[] = [];
  for (const name of TOLD) {
    const scenario: Scenario = SCENARIOS[name];
    const scaled = await simulate(rules, scenario);
    const bounded = await simulate(one, scenario);
    rows.push(
      row(
        scenario.title,
        String(Math.max(...scaled.instants.map(present))),
        (scaled.instants.reduce((sum, instant) => sum + present(instant) * TICK_S, 0) / HOUR_S).toFixed(1),
        endOf(scaled, scenario),
        endOf(bounded, scenario),
      ),
    );
  }
  return [
    row('scenario', 'tasks at most', 'task-hours', 'all is done', 'with one task'),
    row('---', '--:', '--:', '---', '---'),
    ...rows,
  ];
}

const present = ({ running, pending, standIn }: Instant) => running + pending + standIn;

function endOf({ instants }: Played, { minutes }: Scenario): string {
  const { done, visible, inFlight } = instants.at(-1)!;
  if (visible + inFlight > 0) return `${done} of ${done + visible + inFlight} after ${minutes} min`;
  const last = instants.findLast(instant => instant.visible + instant.inFlight > 0)!;
  return `after ${Math.round(last.atS / MINUTE_S)} min`;
}

/** What tasks cost beyond the one that is there, in `prod` in Ireland. */
function taskTable(): string[] {
  const question: Question = {
    region: 'eu-west-1',
    operationsPerDay: 2_000,
    creators: 20,
    pageMegabytes: 1,
    hasOtherTrail: false,
    tasks: { scraper: 1, spotShare: 1 },
  };
  const month = (scraper: number, spotShare: number) =>
    estimate(templateOf(), { ...question, tasks: { scraper, spotShare } }).total;
  const more = (tasks: number, spotShare: number) => month(1 + tasks, spotShare) - month(1, 1);
  const cells = (tasks: number, hours: number) =>
    [1, 0].map(spotShare => usdText((more(tasks, spotShare) * hours) / value('hours')));
  return [
    row('beyond the one task', 'on Spot ($)', 'On-Demand ($)'),
    row('---', '--:', '--:'),
    row('one more for an hour', ...cells(1, 1)),
    row('one more for a month', ...cells(1, value('hours'))),
    row('nine more for a day', ...cells(9, 24)),
    row('nine more for a month', ...cells(9, value('hours'))),
  ];
}
