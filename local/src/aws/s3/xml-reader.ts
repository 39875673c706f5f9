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
const TOKEN =
  /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[([\s\S]*?)\]\]>|<(\/?)([^\s<>/!?]+)([^<>]*?)(\/?)>|([^<]+)/y;
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/**
 * Reads an XML document whose element is `root`.
 * @throws MalformedXML if it is anything else; a document type is refused with it, so nothing can be expanded
 */
export function parseXml(bytes: Uint8Array, root: string): XmlElement {
  const text = Buffer.from(bytes)
    .toString('utf8')
    .replace(/^\uFEFF/, '');
  const document: XmlElement = { name: '', text: '', children: [] };
  const open = [document];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const token = TOKEN.exec(text);
    const inside = open.at(-1);
    if (token === null || inside === undefined) throw malformedXml();
    const [, cdata, closing, qualified, , selfClosing, characters] = token;
    if (cdata !== undefined) inside.text += cdata;
    else if (characters !== undefined) inside.text += decode(characters);
    else if (qualified !== undefined) {
      const name = qualified.slice(qualified.indexOf(':') + 1);
      if (closing === '/') {
        if (open.pop()?.name !== name) throw malformedXml();
      } else {
        const element: XmlElement = { name, text: '', children: [] };
        inside.children.push(element);
        if (selfClosing === '') open.push(element);
        if (open.length > MAX_DEPTH) throw malformedXml();
      }
    }
  }
  const [element, ...others] = document.children;
  if (open.length !== 1 || others.length > 0 || document.text.trim() !== '') throw malformedXml();
  if (element?.name !== root) throw malformedXml();
  return element;
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
