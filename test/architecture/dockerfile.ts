/** One instruction of a Dockerfile, its continued lines joined by a space. */
interface Instruction {
  word: string;
  rest: string;
}

/** A stage of a build, from its FROM on. */
interface Stage {
  from: string;
  name: string | undefined;
  instructions: Instruction[];
}

const KNOWN = /^(FROM|ARG|RUN|COPY|ADD|ENV|WORKDIR|VOLUME|USER|EXPOSE|CMD|ENTRYPOINT|LABEL)$/;
/** An exact version (24.21.0-bookworm-slim, bookworm-20261116-slim), or a digest behind whatever tag. */
const EXACT = /:[^@]*(\d+\.\d+\.\d+|\d{8})[^@]*$|@sha256:[0-9a-f]{64}$/;
const SECRET = /(secret|token|password|passwd|credential|api_?key|private_?key|_auth)/i;

/**
 * What is wrong with a Dockerfile by the rules of this house, a line for each.
 * @param text of the Dockerfile; of its language what we use: no directives, no here-documents
 */
export function faultsOf(text: string): string[] {
  const { args, stages, faults } = read(text);
  const last = stages.at(-1);
  if (last === undefined) return [...faults, 'no FROM'];
  if (stages.length < 2) faults.push('one stage only');
  const names = new Set(stages.map(({ name }) => name));
  for (const { from } of stages) {
    const image = from.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => args.get(name) ?? '');
    if (image !== 'scratch' && !names.has(from) && !EXACT.test(image))
      faults.push(`FROM ${image || from} is no exact version`);
  }
  const all = stages.flatMap(({ instructions }) => instructions);
  for (const one of all) faults.push(...faultsIn(one));
  for (const [name, value] of args)
    if (SECRET.test(`${name}=${value}`)) faults.push(`ARG ${name} names a secret`);

  const of = (word: string) => last.instructions.filter(one => one.word === word).map(({ rest }) => rest);
  if (!/^[1-9]\d*:[1-9]\d*$/.test(of('USER').at(-1) ?? ''))
    faults.push('the last stage has no numeric USER but root');
  if (!of('ENV').some(rest => /(^|\s)NODE_ENV=production(\s|$)/.test(rest)))
    faults.push('the last stage has no NODE_ENV=production');
  if (of('CMD').length !== 1) faults.push('the last stage has not one CMD');
  if (of('RUN').length > 0) faults.push('the last stage runs something');
  return faults;
}

function faultsIn({ word, rest }: Instruction): string[] {
  const faults: string[] = [];
  const says = (when: boolean, fault: string) => when && faults.push(`${fault}: ${word} ${rest}`);
  says(!KNOWN.test(word), 'not known here');
  says(word === 'ADD', 'COPY is meant');
  says(/^(CMD|ENTRYPOINT)$/.test(word) && !isWords(rest), 'not in exec form');
  says(/^(ARG|ENV)$/.test(word) && SECRET.test(rest), 'a secret');
  if (word === 'COPY') {
    const paths = rest.split(/\s+/).filter(part => !part.startsWith('--'));
    const isWhole = paths.slice(0, -1).some(path => /^(\.|\.\/|.*[*?].*)$/.test(path));
    says(!rest.includes('--from=') && (isWhole || paths.includes('/')), 'names no files');
  }
  if (word !== 'RUN') return faults;
  says(/\b(curl|wget)\b/.test(rest), 'downloads by hand');
  says(/\|\s*(ba|da)?sh\b/.test(rest), 'runs what it reads');
  says(/<</.test(rest), 'a here-document');
  says(/\bsudo\b/.test(rest), 'is root already');
  if (/\bapt(-get)?\s.*\binstall\b/.test(rest)) {
    says(!/--no-install-recommends/.test(rest), 'installs what is only recommended');
    says(!/\bapt-get update\b.*\binstall\b/.test(rest), 'installs by another layer’s lists');
    says(!/rm -rf .*\/var\/lib\/apt\/lists\/\*/.test(rest), 'leaves apt’s lists in its layer');
  }
  says(/\bapt(-get)?\s+(dist-|full-)?upgrade\b/.test(rest), 'upgrades whatever there is');
  says(
    /\b(npm (i|install|add)|npx|yarn|pnpm)\b/.test(rest.replaceAll(/rm -rf [^&]*/g, '')),
    'resolves modules anew',
  );
  if (/\bnpm ci\b/.test(rest))
    for (const option of ['--omit=dev', '--ignore-scripts'])
      says(!rest.includes(option), `npm ci without ${option}`);
  return faults;
}

function isWords(text: string): boolean {
  try {
    const words: unknown = JSON.parse(text);
    return Array.isArray(words) && words.every(word => typeof word === 'string');
  } catch {
    return false;
  }
}

function read(text: string): { args: Map<string, string>; stages: Stage[]; faults: string[] } {
  const faults: string[] = [];
  if (/^#\s*(syntax|escape|check)\s*=/im.test(text)) faults.push('a directive: it is read by other rules');
  const args = new Map<string, string>();
  const stages: Stage[] = [];
  const joined = text.replaceAll(/^\s*#.*\n/gm, '').replaceAll(/\\\s*\n\s*/g, ' ');
  for (const line of joined.split('\n').filter(one => one.trim() !== '')) {
    const [, word = line, rest = ''] = /^\s*(\S+)\s+(.*)$/.exec(line) ?? [];
    const instruction = { word: word.toUpperCase(), rest: rest.trim() };
    if (instruction.word === 'FROM') {
      const [, from = rest, name] =
        /^(?:--platform=\S+\s+)?(\S+)(?:\s+AS\s+(\S+))?$/i.exec(instruction.rest) ?? [];
      stages.push({ from, name, instructions: [] });
    } else if (stages.length > 0) stages.at(-1)!.instructions.push(instruction);
    else if (instruction.word === 'ARG') {
      const [name = '', value = ''] = instruction.rest.split('=', 2);
      args.set(name, value);
    } else faults.push(`before the first FROM: ${line}`);
  }
  return { args, stages, faults };
}

/** The packages that apt installs, sorted. */
export function packagesOf(text: string): string[] {
  const { stages } = read(text);
  return stages
    .flatMap(({ instructions }) => instructions)
    .flatMap(
      ({ rest }) =>
        /\binstall\b([^&]*)/.exec(/\bapt-get install\b/.test(rest) ? rest : '')?.[1]?.split(/\s+/) ?? [],
    )
    .filter(word => word !== '' && !word.startsWith('-'))
    .sort();
}
