import type { Rules } from './rules.ts';
import { SCENARIOS } from './scenarios.ts';
import { MINUTE_S, simulate, type Instant, type Scenario } from './simulate.ts';

const COLUMNS = 3;
const WIDTH = 1_020;
const HEAD = 76;
const PANEL = { width: 324, height: 206, gapX: 24, gapY: 18 };
/** Within a panel. */
const LEFT = 34;
const PLOT_WIDTH = PANEL.width - LEFT - 4;
const MESSAGES = { top: 42, height: 74 };
const TASKS = { top: 128, height: 52 };

/** For light and for dark pages: the picture has a ground of its own. */
const STYLE = `
  svg { --ground: #ffffff; --ink: #1f2328; --quiet: #656d76; --grid: #d1d9e0; --mark: #9a6700; --messages: #54aeff; --edge: #0969da; --tasks: #4ac26b; --stand-in: #d4a72c; --shade: #eaeef2; }
  @media (prefers-color-scheme: dark) { svg { --ground: #0d1117; --ink: #f0f6fc; --quiet: #9198a1; --grid: #30363d; --mark: #e3b341; --messages: #1f6feb; --edge: #58a6ff; --tasks: #2ea043; --stand-in: #9e6a03; --shade: #21262d; } }
  text { font: 11px system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, "DejaVu Sans", sans-serif; fill: var(--quiet); }
  .name { font-size: 12.5px; font-weight: 600; fill: var(--ink); }
  .head { font-size: 17px; font-weight: 600; fill: var(--ink); }
  .ground { fill: var(--ground); }
  .shade { fill: var(--shade); }
  .messages { fill: var(--messages); fill-opacity: 0.45; stroke: var(--edge); stroke-width: 1.2; }
  .tasks { fill: var(--tasks); }
  .stand-in { fill: var(--stand-in); }
  .wanted { fill: none; stroke: var(--ink); stroke-width: 1.4; }
  .axis { stroke: var(--grid); }
  .mark { stroke: var(--mark); stroke-dasharray: 3 3; }
  .end { text-anchor: end; }
  .middle { text-anchor: middle; }
`;

/** All scenarios, played against the rules. */
export async function drawingOf(rules: Rules): Promise<string> {
  const panels: string[] = [];
  for (const [index, scenario] of Object.values<Scenario>(SCENARIOS).entries()) {
    const { instants } = await simulate(rules, scenario);
    const x = (index % COLUMNS) * (PANEL.width + PANEL.gapX);
    const y = HEAD + Math.floor(index / COLUMNS) * (PANEL.height + PANEL.gapY);
    panels.push(`<g transform="translate(${x} ${y})">${panelOf(rules, scenario, instants)}</g>`);
  }
  const rows = Math.ceil(panels.length / COLUMNS);
  const height = HEAD + rows * (PANEL.height + PANEL.gapY);
  const margin = 14;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${-margin} ${-margin} ${WIDTH + 2 * margin} ${height + margin}" width="${WIDTH + 2 * margin}" role="img" aria-labelledby="name about">`,
    `<title id="name">How the number of scraper tasks follows the queue</title>`,
    `<desc id="about">${Object.values<Scenario>(SCENARIOS)
      .map(({ title }) => escape(title))
      .join('. ')}.</desc>`,
    `<style>${STYLE}</style>`,
    `<rect class="ground" x="${-margin}" y="${-margin}" width="100%" height="100%"/>`,
    headOf(rules),
    ...panels,
    '</svg>',
  ].join('\n')}\n`;
}

function headOf({ stepping, tracking, bounds }: Rules): string {
  const few = stepping.alarm;
  const many = tracking.alarm;
  const told =
    `Out above ${many.threshold} visible for ${many.periods} minutes, up to ${bounds.max} tasks; ` +
    `in below ${few.threshold} for ${few.periods} minutes, down to ${bounds.min}. ` +
    'Simulated, with the policies of the template.';
  const keys = [
    ['messages', 'visible messages (root scale)'],
    ['tasks', 'tasks, mostly on Spot'],
    ['stand-in', 'On-Demand tasks standing in'],
    ['wanted', 'tasks wanted by the policies'],
  ] as const;
  const legend = keys.map(([name, label], index) => {
    const x = index * 222;
    const box = `x="${x}" y="46" width="13" height="11"`;
    const sign =
      name === 'wanted' ? `<path class="wanted" d="M${x} 52h14"/>` : `<rect class="${name}" ${box}/>`;
    return `${sign}<text x="${x + 20}" y="56">${label}</text>`;
  });
  return [
    '<text class="head" x="0" y="14">How the number of scraper tasks follows the queue</text>',
    `<text x="0" y="33">${told}</text>`,
    ...legend,
  ].join('\n');
}

function panelOf(rules: Rules, scenario: Scenario, instants: readonly Instant[]): string {
  const [what, result] = scenario.title.split(': ');
  const xOf = (atS: number) => LEFT + (atS / MINUTE_S / scenario.minutes) * PLOT_WIDTH;
  const most = Math.max(1.3 * rules.tracking.target, ...instants.map(({ visible }) => visible));
  const messageY = (count: number) =>
    MESSAGES.top + MESSAGES.height * (1 - Math.sqrt(count) / Math.sqrt(most));
  const taskY = (count: number) => TASKS.top + TASKS.height * (1 - count / (rules.bounds.max + 1));
  const bottom = TASKS.top + TASKS.height;
  const endS = scenario.minutes * MINUTE_S;

  // What CloudWatch sees: once a minute.
  const visible = instants.filter(({ atS }) => atS % MINUTE_S === 0);
  const line = (
    of: readonly Instant[],
    value: (one: Instant) => number,
    y: (value: number) => number,
  ): string => {
    let path = '';
    let last: number | undefined;
    for (const one of of) {
      if (value(one) === last) continue;
      const at = `${round(xOf(one.atS))}`;
      path += last === undefined ? `M${at} ${round(y(value(one)))}` : `H${at}V${round(y(value(one)))}`;
      last = value(one);
    }
    return `${path}H${round(xOf(endS))}`;
  };
  const closed = (path: string, base: number) => `${path}V${round(base)}H${LEFT}Z`;
  const mark = (y: number, label: number) =>
    `<path class="mark" d="M${LEFT} ${round(y)}H${round(xOf(endS))}"/>` +
    `<text class="end" x="${LEFT - 5}" y="${round(y + 4)}">${label}</text>`;
  const peak = Math.max(...instants.map(({ visible: count }) => count));
  const { threshold: few } = rules.stepping.alarm;
  const isHigh = messageY(peak) < messageY(rules.tracking.target) - 14;
  return [
    `<text class="name" x="0" y="12">${escape(what ?? '')}</text>`,
    `<text x="0" y="28">${escape(result ?? '')}</text>`,
    ...shadesOf(scenario).map(
      ([from, until]) =>
        `<rect class="shade" x="${round(xOf(from * MINUTE_S))}" y="${MESSAGES.top}" width="${round(xOf(until * MINUTE_S) - xOf(from * MINUTE_S))}" height="${bottom - MESSAGES.top}"/>`,
    ),
    `<path class="messages" d="${closed(
      line(visible, one => one.visible, messageY),
      messageY(0),
    )}"/>`,
    mark(messageY(few), few),
    mark(messageY(rules.tracking.target), rules.tracking.target),
    isHigh
      ? `<text class="end" x="${LEFT - 5}" y="${round(messageY(peak) + 7)}">${shortOf(peak)}</text>`
      : '',
    `<path class="axis" d="M${LEFT} ${messageY(0)}H${round(xOf(endS))}"/>`,
    `<path class="stand-in" d="${closed(
      line(instants, one => one.running + one.standIn, taskY),
      taskY(0),
    )}"/>`,
    `<path class="tasks" d="${closed(
      line(instants, one => one.running, taskY),
      taskY(0),
    )}"/>`,
    mark(taskY(rules.bounds.max), rules.bounds.max),
    `<path class="wanted" d="${line(instants, one => one.desired, taskY)}"/>`,
    `<path class="axis" d="M${LEFT} ${bottom}H${round(xOf(endS))}"/>`,
    ...ticksOf(scenario.minutes).map(
      minute =>
        `<text class="${minute === scenario.minutes ? 'end' : 'middle'}" x="${round(xOf(minute * MINUTE_S))}" y="${bottom + 14}">${minute}${minute === scenario.minutes ? ' min' : ''}</text>`,
    ),
  ]
    .filter(part => part !== '')
    .join('\n');
}

/** From when until when something was missing. */
function shadesOf({ minutes, hasNoMetric, hasNoSpot }: Scenario): [number, number][] {
  const shades: [number, number][] = [];
  for (let minute = 0; minute < minutes; minute += 1) {
    if (hasNoMetric?.(minute) !== true && hasNoSpot?.(minute) !== true) continue;
    const last = shades.at(-1);
    if (last?.[1] === minute) last[1] = minute + 1;
    else shades.push([minute, minute + 1]);
  }
  return shades;
}

function ticksOf(minutes: number): number[] {
  const every = minutes > 90 ? 60 : minutes > 60 ? 30 : 15;
  return Array.from({ length: Math.floor(minutes / every) + 1 }, (_, index) => index * every);
}

function shortOf(count: number): string {
  return count >= 1_000 ? `${Math.round(count / 100) / 10} k` : String(count);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
