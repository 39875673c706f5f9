import { malformedXml } from './errors.ts';

/** An element of a request's body: no attributes, no namespace, since none of them means anything to S3. */
export interface XmlElement {
  name: string;
  /** The text directly inside. */
  text: string;
  children: XmlElement[];
}

/** Deeper than any document of S3's. */
const MAX_DEPTH = 16;
/** More than any document of S3's has: 10,000 parts, of each four or five. Every one takes far more memory than wire. */
const MAX_ELEMENTS = 100_000;
const NAME = /^[^\s/!?]+/;
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/**
 * Reads an XML document whose element is `root`, in one go from its beginning to its end: what isn't closed
 * is looked for once.
 * @throws MalformedXML if it is anything else; a document type is refused with it, so nothing can be expanded
 */
export function parseXml(bytes: Uint8Array, root: string): XmlElement {
  const text = Buffer.from(bytes)
    .toString('utf8')
    .replace(/^\uFEFF/, '');
  const document: XmlElement = { name: '', text: '', children: [] };
  const open = [document];
  let elements = 0;
  let position = 0;
  /** What is there up to `end`, which is passed over, too. */
  const upTo = (end: string): string => {
    const at = text.indexOf(end, position);
    if (at === -1) throw malformedXml();
    const passed = text.slice(position, at);
    position = at + end.length;
    return passed;
  };
  const isNext = (mark: string): boolean => {
    if (!text.startsWith(mark, position)) return false;
    position += mark.length;
    return true;
  };
  while (position < text.length) {
    const inside = open.at(-1);
    if (inside === undefined) throw malformedXml();
    if (isNext('<!--')) upTo('-->');
    else if (isNext('<?')) upTo('?>');
    else if (isNext('<![CDATA[')) inside.text += upTo(']]>');
    else if (isNext('<')) {
      const tag = readTag(upTo('>'));
      if (tag.is === 'end') {
        if (open.pop()?.name !== tag.name) throw malformedXml();
        dropSpace(inside);
        continue;
      }
      elements += 1;
      const element: XmlElement = { name: tag.name, text: '', children: [] };
      inside.children.push(element);
      if (tag.is === 'start') open.push(element);
      if (open.length > MAX_DEPTH || elements > MAX_ELEMENTS) throw malformedXml();
    } else {
      const next = text.indexOf('<', position);
      const end = next === -1 ? text.length : next;
      inside.text += decode(text.slice(position, end));
      position = end;
    }
  }
  const [element, ...others] = document.children;
  if (open.length !== 1 || others.length > 0 || document.text.trim() !== '') throw malformedXml();
  if (element?.name !== root) throw malformedXml();
  return element;
}

/** Reads what stands between `<` and `>`. */
function readTag(content: string): { is: 'start' | 'end' | 'empty'; name: string } {
  const isEnd = content.startsWith('/');
  const isEmpty = !isEnd && content.endsWith('/');
  const inner = content.slice(isEnd ? 1 : 0, isEmpty ? -1 : undefined);
  const qualified = NAME.exec(inner)?.[0] ?? '';
  const attributes = inner.slice(qualified.length);
  const isApart = attributes === '' || attributes.trimStart() !== attributes;
  if (qualified === '' || !isApart || inner.includes('<')) throw malformedXml();
  if (isEnd && attributes.trim() !== '') throw malformedXml();
  return {
    is: isEnd ? 'end' : isEmpty ? 'empty' : 'start',
    name: qualified.slice(qualified.indexOf(':') + 1),
  };
}

/** Between elements S3's documents have nothing but white space, which is not kept. */
function dropSpace(element: XmlElement): void {
  if (element.children.length === 0) return;
  if (element.text.trim() !== '') throw malformedXml();
  element.text = '';
}

/** The first child called `name`. */
export function child(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find(candidate => candidate.name === name);
}

/** All children called `name`. */
export function childrenOf(element: XmlElement | undefined, name: string): XmlElement[] {
  return element?.children.filter(candidate => candidate.name === name) ?? [];
}

/** The text of the child called `name`, white space around it left out unless `exact`. */
export function childText(element: XmlElement | undefined, name: string, exact = false): string | undefined {
  const text = child(element, name)?.text;
  return exact ? text : text?.trim();
}

/** @throws MalformedXML if `element` has a child that isn't among `known` */
export function onlyChildren(element: XmlElement, known: readonly string[]): void {
  if (element.children.some(({ name }) => !known.includes(name))) throw malformedXml();
}

function decode(characters: string): string {
  return characters.replace(/&(#x[\da-f]{1,6}|#\d{1,7}|\w+);|&/gi, (_, entity: string | undefined) => {
    const code = /^#(x?)([\da-f]+)$/i.exec(entity ?? '');
    const known =
      code === null
        ? ENTITIES[entity ?? '']
        : character(Number.parseInt(code[2] ?? '', code[1] === '' ? 10 : 16));
    if (known === undefined) throw malformedXml();
    return known;
  });
}

function character(code: number): string | undefined {
  return code <= 0x10_ff_ff ? String.fromCodePoint(code) : undefined;
}
