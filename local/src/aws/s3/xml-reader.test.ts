import { expect, test } from 'vitest';
import { checkLifecycle } from './lifecycle.ts';
import { checkBucketTagging } from './tags.ts';
import { child, childText, parseXml } from './xml-reader.ts';

const read = (text: string, root = 'a') => parseXml(Buffer.from(text), root);
const LONG = 500_000;

test('what is read of a document', () => {
  const document = read(
    '\uFEFF<?xml version="1.0"?>\n<!-- <b> --> <x:a xmlns="u" y=\'/\'>\n <b >1 &lt; &#50;<![CDATA[<&>]]></b\n> <c/><c d="e" /> </x:a>\n',
  );
  expect(document).toEqual({
    name: 'a',
    text: '',
    children: [
      { name: 'b', text: '1 < 2<&>', children: [] },
      { name: 'c', text: '', children: [] },
      { name: 'c', text: '', children: [] },
    ],
  });
  expect(childText(document, 'c')).toBe('');
  expect(child(document, 'd')).toBeUndefined();
});

test.each([
  ['text beside elements', '<a>x<b/></a>'],
  ['a tag within a tag', '<a <b></a>'],
  ['an end with attributes', '<a></a b="c">'],
  ['an end that is empty', '<a></a/>'],
  ['an end too many', '<a></a></a>'],
  ['no name', '< a></a>'],
  ['a document type', '<!DOCTYPE a><a/>'],
  ['a comment that never ends', '<a/><!--'],
  ['CDATA that never ends', '<a><![CDATA[x</a>'],
  ['an instruction that never ends', '<?xml <a/>'],
  ['more elements than any document has', `<a>${'<b/>'.repeat(100_000)}</a>`],
])('%s is malformed', (_, text) => {
  expect(() => read(text)).toThrow('The XML you provided was not well-formed');
});

test.each([
  ['a name', '<a'.padEnd(LONG, 'a')],
  ['space in a tag', '<a'.padEnd(LONG)],
  ['space and slashes in a tag', `<a${' /'.repeat(LONG / 2)}`],
  ['a comment', '<!--'.padEnd(LONG, '-')],
  ['comments in a comment', '<!--'.repeat(LONG / 4)],
  ['CDATA', `<a>${'<![CDATA['.repeat(LONG / 9)}`],
  ['an instruction', '<?'.repeat(LONG / 2)],
  ['tags', '<'.repeat(LONG)],
  ['an entity', `<a>&${'a'.repeat(LONG)}</a>`],
  ['a character', `<a>&#${'1'.repeat(LONG)}</a>`],
])('%s that never ends, and is long, is refused all the same', { timeout: 20_000 }, (_, text) => {
  expect(() => read(text)).toThrow('not well-formed');
});

test('a document of nothing but entities, and one of nothing but space', { timeout: 20_000 }, () => {
  expect(read(`<a>${'&amp;'.repeat(LONG)}</a>`).text).toHaveLength(LONG);
  expect(childText(read(`<a><b>${' '.repeat(LONG)}x</b></a>`), 'b')).toBe('x');
});

test('settings whose texts are longer than what they could be about', () => {
  const lifecycle = (filter: string) =>
    read(
      `<a><Rule><Status>Enabled</Status><Filter>${filter}</Filter><Expiration><Days>1</Days></Expiration></Rule></a>`,
    );
  const tag = (key: string) => `<Tag><Key>${key}</Key><Value>v</Value></Tag>`;
  expect(() => checkLifecycle(lifecycle(`<Prefix>${'p'.repeat(1_024)}</Prefix>`))).not.toThrow();
  expect(() => checkLifecycle(lifecycle(`<Prefix>${'p'.repeat(1_025)}</Prefix>`))).toThrow('prefix');
  expect(() => checkLifecycle(lifecycle(tag('k'.repeat(129))))).toThrow('not well-formed');
  const tagging = (tags: string) => read(`<a><TagSet>${tags}</TagSet></a>`);
  expect(() => checkBucketTagging(tagging(tag('k').repeat(50)))).not.toThrow();
  expect(() => checkBucketTagging(tagging(tag('k').repeat(51)))).toThrow('50');
  expect(() => checkBucketTagging(tagging(tag('k'.repeat(129))))).toThrow('128');
});
