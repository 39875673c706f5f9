import { expect, test } from 'vitest';
import { readJob as read } from './file.ts';

const readJob = (name: string, text: string) => read(name, new TextEncoder().encode(text));

const good = '{"kind":"profile.scrape","creator_id":"creator-1","params":{}}';

test('reads one request a line, in order, and passes over empty lines', () => {
  const job = readJob('job.jsonl', `${good}\n\n${good.replace('-1', '-2')}\n`);
  expect(job).toEqual({
    requests: ['creator-1', 'creator-2'].map(creator_id => ({
      kind: 'profile.scrape',
      creator_id,
      params: {},
    })),
  });
});

test('names every bad line by its number and its field', () => {
  const lines = [
    good,
    'not json',
    '{"kind":"profile.delete","creator_id":"a","params":{}}',
    '{"kind":"profile.scrape","params":{}}',
    '{"kind":"profile.scrape","creator_id":"../etc","params":{},"colour":"red"}',
    '[]',
  ];
  expect(readJob('job.jsonl', lines.join('\n'))).toEqual({
    faults: [
      'job.jsonl:2: is not JSON',
      expect.stringMatching(/^job\.jsonl:3: kind must be one of message\.send, profile\.scrape/),
      'job.jsonl:4: creator_id is missing',
      'job.jsonl:5: creator_id must be 1 to 128 letters, digits or . _ @ -, beginning with a letter or digit',
      'job.jsonl:5: colour is not a known field',
      expect.stringMatching(/^job\.jsonl:6: body /),
    ],
  });
});

test('an empty file is a fault, not a job that succeeds', () => {
  expect(readJob('job.jsonl', '\n \n')).toMatchObject({
    faults: [expect.stringContaining('has no requests')],
  });
});

test('a byte order mark and Windows line endings are no fault', () => {
  expect(readJob('job.jsonl', `\uFEFF${good}\r\n${good}\r\n`)).toMatchObject({ requests: [{}, {}] });
});

test('a line that is not UTF-8 is named, not sent damaged', () => {
  const bytes = Buffer.concat([Buffer.from(`${good}\n"caf`), Buffer.from([0xe9]), Buffer.from('"')]);
  expect(read('job.jsonl', bytes)).toEqual({ faults: ['job.jsonl:2: is not UTF-8; save the file as UTF-8'] });
});
