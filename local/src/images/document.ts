import type { BuiltImages } from './build.ts';
import { isReached, type Check, type Contents, type Figure } from './judge.ts';

export interface Found {
  about: { at: string; cpus: number; architecture: string; seconds: number };
  built: BuiltImages;
  contents: Record<'scraper' | 'api', Contents>;
  figures: Figure[];
  checks: Check[];
}

/** The whole of docs/images.md. */
export function documentOf({ about, built, contents, figures, checks }: Found): string {
  const { browser, scraper, api, base } = built;
  const minutes = Math.ceil(about.seconds / 60);
  const stoodIn =
    browser.version === browser.madeFor
      ? `The browser is Playwright's own, ${browser.version}.`
      : `The browser is Debian's headless shell ${browser.version}, packed as Playwright's download is laid out and served from ` +
        `loopback; Playwright is made for ${browser.madeFor}, and without being told of the other version the build stops. ` +
        `Debian's build links libraries that Playwright's list doesn't bring; these came along, in the browser's folder: ` +
        `${contents.scraper.brought.map(name => `\`${name}\``).join(', ')}.`;
  return `${[
    '# The images, built and started without a daemon',
    '<!-- Made by `npm run images`. Change that, not this. -->',
    `\`npm run images\` builds both images with buildah, as root, on Debian or Ubuntu, and takes some ${minutes} minutes ` +
      `(measured on ${about.cpus} processors, ${about.architecture}, ${about.at.slice(0, 10)}). What was found is also in ` +
      '`bench/results/images.json`.',
    'Neither a registry of images nor a download of browsers is needed; two things are not what a deployment has:',
    `- \`${base}\` is made here, under its name: Debian's smallest root, this project's Node, and an npm.\n- ${stoodIn}`,
    'The containers are processes in namespaces of their own (`local/src/images/enter.sh`), and run as the stored task ' +
      'definitions say: user, read-only root, `/tmp`, no capability. Network and process numbers are the machine’s, and ' +
      'there is no bound on processor and memory, so what a start takes is what it takes here, with its files in the ' +
      'file cache.',
    '## Measured',
    table(
      ['what', 'value', 'bound'],
      figures.map(figure => [
        figure.name,
        `${figure.value.toLocaleString('en')} ${figure.unit}`,
        figure.bound === undefined
          ? ''
          : `${isReached(figure) ? 'reached' : '**missed**'}: at most ${figure.bound.atMost.toLocaleString('en')}`,
      ]),
    ),
    'Megabytes are 1,000,000 bytes. Of several starts and ends the median counts. 143 is how Next.js ends at SIGTERM, once ' +
      'what was under way is answered.',
    '## Held',
    table(
      ['what', 'seen', ''],
      checks.map(({ what, seen, holds }) => [what, seen, holds ? 'holds' : '**does not hold**']),
    ),
    '## What is in them',
    table(
      ['', 'scraper', 'api'],
      [
        ['packages of Debian', String(contents.scraper.packages), String(contents.api.packages)],
        ['modules of npm beside the bundle', list(contents.scraper.modules), list(contents.api.modules)],
        ['started with', code(scraper.config.Cmd.join(' ')), code(api.config.Cmd.join(' '))],
        ['environment', list(scraper.config.Env.map(code)), list(api.config.Env.map(code))],
      ],
    ),
    '## How they are built',
    ...[scraper, api].map(
      ({ name, steps }) =>
        `${name}:\n\n${steps.map(step => `    ${step.replaceAll(/\s+/g, ' ')}`).join('\n')}`,
    ),
  ].join('\n\n')}\n`;
}

const code = (text: string) => `\`${text}\``;
const list = (words: string[]) => words.join('<br>');

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
