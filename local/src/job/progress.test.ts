import type { State } from '@huntaze/core/operations';
import { describe, expect, test } from 'vitest';
import { jobProgress, plainProgress } from './progress.ts';
import type { Entry } from './run.ts';

const NOW = 1_800_000_000_000;
const at = (s: number) => NOW + s * 1_000;
const entry = (id: string, state: State, expectedInS?: number): Entry => ({
  operationId: id,
  request: { kind: 'profile.scrape', creator_id: id, params: {} },
  seen: {
    state,
    receives: 1,
    attempts: 0,
    ...(expectedInS === undefined ? {} : { expected_at: new Date(at(expectedInS)).toISOString() }),
  },
});

/** A terminal as far as it is used here: what stands on it, and every write. */
function terminal(columns: number, rows = 24) {
  const lines = [''];
  let [row, column] = [0, 0];
  const state = { isTTY: true, columns, rows, writes: [] as string[], cursor: true, lines };
  const put = (text: string) => {
    lines[row] = lines[row]!.slice(0, column).padEnd(column) + text;
    column += text.length;
    if (column > state.columns) throw new Error(`breaks its line: ${lines[row]}`);
  };
  return Object.assign(state, {
    write(text: string) {
      state.writes.push(text);
      // oxlint-disable-next-line no-control-regex -- that is what it reads
      for (const [all, code, , written] of text.matchAll(
        /\u001B\[(\??(\d*)[A-Za-z])|([^\u001B\r\n]+)|[\r\n]/g,
      ))
        if (code === '?25l' || code === '?25h') state.cursor = code === '?25h';
        else if (code === 'K') lines[row] = lines[row]!.slice(0, column);
        else if (code === 'J') lines.splice(row, Infinity, '');
        else if (code?.endsWith('A')) row -= Number.parseInt(code, 10);
        else if (code?.endsWith('m')) continue;
        else if (code) throw new Error(`unknown: ${code}`);
        else if (written !== undefined) put(written);
        else {
          column = 0;
          if (all === '\n') lines[++row] ??= '';
        }
    },
  });
}

describe('on a terminal', () => {
  test('finished operations scroll by above a picture that is drawn in place, in one write each', () => {
    const screen = terminal(60);
    const progress = jobProgress(screen, {});
    progress.say('up');
    progress.progress([entry('a', 'running'), entry('b', 'waiting', 42)], NOW);
    expect(screen.lines).toEqual([
      'up',
      '',
      '0 of 2 done · 1 running · 1 waiting · next slot in 42 s',
      '─'.repeat(48),
      'a, the only one: profile.scrape is running',
      'b, the only one: profile.scrape, next slot in 42 s',
      '',
    ]);
    expect(screen.cursor).toBe(false);
    progress.progress([entry('a', 'succeeded'), entry('b', 'waiting', 42)], at(1));
    progress.say('scraper has ended');
    expect(screen.lines).toEqual([
      'up',
      '✓ a, the only one: profile.scrape succeeded',
      'scraper has ended',
      '',
      '1 of 2 done · 1 waiting · next slot in 41 s',
      '━'.repeat(24) + '─'.repeat(24),
      'b, the only one: profile.scrape, next slot in 41 s',
      '',
    ]);
    expect(screen.writes).toHaveLength(4);
    progress.end();
    expect(screen.lines.slice(0, 4)).toEqual([
      'up',
      '✓ a, the only one: profile.scrape succeeded',
      'scraper has ended',
      '',
    ]);
    expect(screen.lines).toHaveLength(4);
    expect(screen.cursor).toBe(true);
  });

  test('a Ctrl-C that the terminal echoes leaves no trace in the picture', () => {
    const screen = terminal(60);
    const progress = jobProgress(screen, {});
    progress.progress([entry('a', 'running')], NOW);
    screen.write('^C');
    progress.end();
    progress.say('stopping …');
    expect(screen.lines).toEqual(['stopping …', '']);
  });

  test('nothing is written while nothing changes', () => {
    const screen = terminal(60);
    const progress = jobProgress(screen, {});
    for (const ms of [0, 100, 200]) progress.progress([entry('a', 'running')], NOW + ms);
    expect(screen.writes).toHaveLength(1);
    progress.end();
  });

  test('no line is ever broken, and the picture never fills the terminal', () => {
    const screen = terminal(20, 8);
    const progress = jobProgress(screen, {});
    const entries = Array.from({ length: 30 }, (_, i) => entry(`creator-${i}`, 'waiting', i));
    progress.progress(entries, NOW);
    expect(screen.lines).toHaveLength(8);
    expect(screen.lines.slice(1, 4)).toEqual([
      '0 of 30 done · 30 w…',
      '─'.repeat(20),
      'creator-0, the only…',
    ]);
    expect(screen.lines.at(-2)).toBe('… and 27 more creat…');
    progress.end();
  });

  test('made narrower meanwhile, it begins as far up as its lines now reach', () => {
    const screen = terminal(60);
    const progress = jobProgress(screen, {});
    progress.progress([entry('a', 'running')], NOW);
    screen.columns = 30;
    screen.writes.length = 0;
    const stop = new Error('seen');
    screen.write = (text: string) => {
      screen.writes.push(text);
      throw stop;
    };
    expect(() => progress.progress([entry('a', 'waiting')], NOW)).toThrow(stop);
    // An empty line, one of 26 columns, and two of 48 and 42 that take two lines now.
    expect(screen.writes[0]).toContain('\u001B[6A');
    screen.write = () => undefined;
    progress.end();
  });

  test.each([
    [{}, true],
    [{ NO_COLOR: '1' }, false],
    [{ NO_COLOR: '' }, true],
  ])('%j: colours %s', (env, inColour) => {
    const screen = terminal(60);
    const progress = jobProgress(screen, env);
    progress.progress([entry('a', 'succeeded')], NOW);
    progress.end();
    expect(screen.writes.join('').includes('\u001B[32m')).toBe(inColour);
  });
});

describe('elsewhere', () => {
  test.each([
    [{ isTTY: false }, {}],
    [{ isTTY: true }, { TERM: 'dumb' }],
  ])('%j %j: plain lines', (screen, env) => {
    const written: string[] = [];
    const progress = jobProgress({ ...screen, write: text => written.push(text) }, env);
    progress.progress([entry('a', 'succeeded')], NOW);
    progress.end();
    expect(written).toEqual(['1 of 1 ✓ a, the only one: profile.scrape succeeded\n']);
  });

  test('a line when something ends or is put off, and else at most one every 10 s', () => {
    const lines: string[] = [];
    const progress = plainProgress(line => lines.push(line));
    const b = entry('b', 'waiting', 42);
    for (let s = 0; s < 12; s += 0.5) progress.progress([entry('a', 'running'), b], at(s));
    for (let s = 12; s < 31; s += 0.5) progress.progress([entry('a', 'succeeded'), b], at(s));
    const late = entry('b', 'forwarded');
    Object.assign(late.seen!, { retry_at: new Date(at(60)).toISOString(), error: 'site answered 502' });
    for (const s of [31, 32]) progress.progress([entry('a', 'succeeded'), late], at(s));
    progress.progress([entry('a', 'succeeded'), entry('b', 'failed')], at(61));
    expect(lines).toEqual([
      '0 of 2 done · 1 running · 1 waiting · next slot in 42 s',
      '0 of 2 done · 1 running · 1 waiting · next slot in 32 s',
      '1 of 2 ✓ a, the only one: profile.scrape succeeded',
      '1 of 2 done · 1 waiting · next slot in 20 s',
      '↻ b, the only one: profile.scrape is tried again in 29 s: site answered 502',
      '2 of 2 ✗ b, the only one: profile.scrape failed',
    ]);
  });
});
