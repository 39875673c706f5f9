import type { XmlElement } from './xml-reader.ts';

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const PROLOG = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** A child of an XML element: text, or elements. A list repeats its element. */
type XmlContent = string | number | boolean | XmlFields | (string | XmlFields)[];
export interface XmlFields {
  [element: string]: XmlContent | undefined;
}

/** An XML document with `root` as its element. Undefined fields are left out. */
export function xmlDocument(root: string, fields: XmlFields): string {
  return `${PROLOG}${element(root, fields)}`;
}

/** An XML document of an element as it was read. */
export function writeXml(root: XmlElement): string {
  return `${PROLOG}${writeElement(root)}`;
}

function writeElement({ name, text, children }: XmlElement): string {
  const inner = children.length > 0 ? children.map(writeElement).join('') : escape(text);
  return `<${name}>${inner}</${name}>`;
}

function element(name: string, content: XmlContent | undefined): string {
  if (content === undefined) return '';
  if (Array.isArray(content)) return content.map(item => element(name, item)).join('');
  if (typeof content !== 'object') return `<${name}>${escape(String(content))}</${name}>`;
  const inner = Object.entries(content).map(([child, value]) => element(child, value));
  return `<${name}>${inner.join('')}</${name}>`;
}

/** Control characters, which keys may contain, are written as references. */
function escape(text: string): string {
  return text.replace(
    /[&<>"]|\p{Cc}/gu,
    found => ESCAPES[found] ?? `&#x${found.charCodeAt(0).toString(16)};`,
  );
}
