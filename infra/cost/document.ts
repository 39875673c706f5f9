import { answerTo } from './answer.ts';
import { readCostArguments } from './arguments.ts';
import { FACTORS, PAGE_MEGABYTES, type Factor } from './factors.ts';
import { warnings, type Answer } from './print.ts';
import { datesOf, PRICES, REGIONS, type Price } from './prices.ts';
import { differenceText, eachText, grouped, usdText } from './shown.ts';

/** The document's examples, as they are typed. */
const EXAMPLES: [title: string, command: string][] = [
  [
    'Trying it out: `dev`, 3 creators, 200 operations a day',
    '--operations-per-day 200 --creators 3 -c stage=dev',
  ],
  ['An agency: `prod`, 20 creators, 2,000 operations a day', '--operations-per-day 2000 --creators 20'],
  [
    'At the site’s limit: `prod`, 200 creators, 14,400 operations a day',
    '--operations-per-day 14400 --creators 200',
  ],
];

const row = (...cells: string[]) => `| ${cells.join(' | ')} |`;
const sum = (lines: readonly { usd: number }[]) => lines.reduce((all, { usd }) => all + usd, 0);

/** docs/cost.md, as the template and the prices have it today. */
export function documentOf(): string {
  const answers = EXAMPLES.map(([title, command]) => {
    const args = readCostArguments(command.split(' '))!;
    return { title, command, answer: answerTo(args) };
  });
  const { first, last } = datesOf('eu-west-1');
  return [
    '# What it costs',
    '',
    '<!-- Made by `node infra/cost/write-document.ts` from the template and the prices; a test keeps it fresh. -->',
    '',
    'A month of the stack as it would be deployed, in US dollars, before taxes. `npm run cost` synthesizes the template, walks',
    'every resource of it, and multiplies what is there, and what the work takes, with AWS’s list prices for Ireland',
    `(eu-west-1) as they were read from ${first} to ${last}. It needs no account:`,
    '',
    '    npm run cost -- --operations-per-day 2000 --creators 20',
    '    npm run cost -- --operations-per-day 2000 --creators 20 -c api=service -c certificateArn=… -c apiTokenSha256=…',
    '    npm run cost -- --help',
    '',
    ...overview(answers),
    '',
    ...lesson(answers.map(({ answer }) => answer)),
    ...answers.flatMap(({ title, command, answer }) => ['', ...example(title, command, answer)]),
    '',
    ...assumptions(),
    '',
    ...notCounted(),
    '',
    ...prices(),
    '',
  ].join('\n');
}

function overview(answers: { title: string; answer: Answer }[]): string[] {
  return [
    row('', 'always there', 'by work', 'a month', 'of 1,000 operations'),
    row('---', '--:', '--:', '--:', '--:'),
    ...answers.map(({ title, answer: { estimate } }) =>
      row(
        title,
        usdText(estimate.always),
        usdText(estimate.total - estimate.always),
        `**${usdText(estimate.total)}**`,
        usdText(estimate.per1000 ?? 0),
      ),
    ),
  ];
}

/** What the figures say, in figures. */
function lesson(answers: Answer[]): string[] {
  const [, agency, limit] = answers as [Answer, Answer, Answer];
  const lines = agency.estimate.lines;
  const share = (some: typeof lines) => `${Math.round((sum(some) / agency.estimate.total) * 100)} %`;
  const network = lines.filter(({ topic, group }) => topic === 'network' && group === 'always');
  const endpoints = lines.filter(({ price }) => price === 'endpointHour');
  const nats = lines.filter(({ price }) => price === 'natHour');
  const work = agency.estimate.total - agency.estimate.always;
  const times = (what: 'operationsPerDay' | 'creators') => limit.question[what] / agency.question[what];
  const perSecret = PRICES.secret.rates['eu-west-1'].usd;
  return [
    `What is there costs, not what is done: of the agency’s month ${usdText(work)} are for its work. The ways in and out are`,
    `${share(network)} of it: the interface endpoints are ${usdText(sum(endpoints))}, and the NAT gateways ${usdText(sum(nats))}. Each`,
    `creator is ${usdText(perSecret)} more, for the secret. At the limit, ${times('operationsPerDay')} times the work and ${times('creators')} times the creators make the month`,
    `${(limit.estimate.total / agency.estimate.total).toFixed(1)} times as dear. Endpoints don’t replace the NATs: the browser needs a way out to the site. Requirement 8.4 names`,
    'three of them (SQS, Secrets Manager, and S3’s, which is free); what the others cost is among the choices.',
  ];
}

function example(title: string, command: string, answer: Answer): string[] {
  const { estimate, choices, question } = answer;
  const lines = [`## ${title}`, '', `    npm run cost -- ${command}`, ''];
  for (const group of grouped(estimate, question.region)) {
    lines.push(
      row(`**${group.title}**`, '', '', `**${group.usd}**`, `**${group.share}**`),
      row('---', '--:', '---', '--:', '--:'),
    );
    for (const section of group.sections) {
      lines.push(row(`*${section.title}*`, '', '', `*${section.usd}*`, ''));
      for (const { what, quantity, per, each, usd, share } of section.rows)
        lines.push(row(what, quantity, per === '' ? '' : `${per}, ${each}`, usd, share));
    }
    lines.push('');
  }
  lines.push(
    `**${usdText(estimate.total)} a month**, ${usdText(estimate.per1000 ?? 0)} for 1,000 operations.`,
    ...warnings(answer).flatMap(warning => ['', warning]),
    '',
    row('what a choice changes', 'a month'),
    row('---', '--:'),
    ...choices.map(({ what, difference }) => row(what, differenceText(difference))),
  );
  return lines;
}

function assumptions(): string[] {
  const factor = ({ is, value, unit, from }: Factor) => row(is, value.toLocaleString('en'), unit, from);
  return [
    '## What it reckons with',
    '',
    'A month has 730 hours; prices are those of the first tier, without any free one. What is kept is reckoned as full: results',
    'and logs as long as the stage keeps them. Not more operations than the site’s limit: what is asked for beyond it waits.',
    'Keys are reckoned in their first year; each of the first two yearly rotations adds the price of a key to each.',
    'What isn’t measured is assumed on the high side.',
    '',
    row('what', 'how much', 'of what', 'from'),
    row('---', '--:', '---', '---'),
    factor(PAGE_MEGABYTES),
    ...Object.values<Factor>(FACTORS).map(factor),
  ];
}

function notCounted(): string[] {
  return [
    '## What isn’t counted',
    '',
    '- Taxes, AWS’s support plans, discounts and savings plans, and the free tiers of a new account.',
    '- Traffic from the tasks to the site and from the API to its callers beyond AWS (requests are small; answers of the site',
    '  come in free), and between two zones.',
    '- What exists already and is only used: a VPC with its NATs’ hours, queues, Redis, secrets. Data through such a NAT is counted.',
    '- An API that is hosted elsewhere; the storage of images in ECR, which belongs to the account’s bootstrap; requests of',
    '  CloudWatch Logs and of ElastiCache to KMS; what people look at (queries of logs, the console).',
    '- What the rest of the account does: the audit trail notes that, too.',
    '- Work that is not like the measured one: many failures, screenshots of failed pages, operations that are tried again.',
  ];
}

function prices(): string[] {
  const rate = ({ rates }: Price, region: (typeof REGIONS)[number]) => eachText(rates[region].usd);
  const from = ({ rates }: Price) => {
    const { asOf, source, bill, unsourced } = rates['eu-west-1'];
    const by = bill === undefined ? '' : ` (by a bill: ${bill})`;
    return unsourced === undefined ? `${asOf}${by}, ${source}` : `not found; ${unsourced} (${asOf})`;
  };
  return [
    '## The prices',
    '',
    '`infra/cost/prices.ts` has them for two regions, each with its source. No list was asked from AWS here: each figure is as',
    'a public copy of the source that is named had it on that day. Here is where those of Ireland are from.',
    '',
    row('one', ...REGIONS, 'published or read, and where'),
    row('---', ...REGIONS.map(() => '--:'), '---'),
    ...Object.values<Price>(PRICES).map(price =>
      row(price.per, ...REGIONS.map(region => rate(price, region)), from(price)),
    ),
  ];
}
