import { createHash } from 'node:crypto';
import type { Input } from '../input.ts';
import { invalidParameter, unsupported } from './errors.ts';

/** A message attribute: `dataType` is String, Number or Binary, with an optional label (`Number.float`). */
export type MessageAttribute =
  | { dataType: string; stringValue: string; binaryValue?: never }
  | { dataType: string; binaryValue: Buffer; stringValue?: never };

export type MessageAttributes = ReadonlyMap<string, MessageAttribute>;

const MAX_ATTRIBUTES = 10;
const NAME = /^(?!\.)(?!.*\.\.)[A-Za-z0-9_.-]{1,256}(?<!\.)$/;
const RESERVED_NAME = /^(aws|amazon)\./i;

/** What is outside XML 1.0's characters; SQS refuses it in bodies and attribute values. */
// oxlint-disable-next-line no-control-regex -- these are the very characters that are looked for
export const FORBIDDEN_CHARACTER = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

/**
 * Reads `MessageAttributes` of a request.
 * @throws InvalidParameterValue in AWS's words for a bad name, type or value, or more than 10
 */
export function readMessageAttributes(input: Input): MessageAttributes {
  const fields = input.structureMap('MessageAttributes');
  if (fields.size > MAX_ATTRIBUTES)
    throw invalidParameter(`Number of message attributes [${fields.size}] exceeds the allowed maximum [10].`);
  return new Map([...fields].map(([name, field]) => [name, readAttribute(name, field)]));
}

/** Reads `MessageSystemAttributes`: only the X-Ray header exists. */
export function readSystemAttributes(input: Input): MessageAttributes {
  const fields = input.structureMap('MessageSystemAttributes');
  return new Map(
    [...fields].map(([name, field]) => {
      const attribute = readAttribute(name, field);
      if (name !== 'AWSTraceHeader' || attribute.dataType !== 'String')
        throw invalidParameter(
          `Message system attribute name '${name}' is invalid. The only one is AWSTraceHeader, of type String.`,
        );
      return [name, attribute];
    }),
  );
}

function readAttribute(name: string, field: Input): MessageAttribute {
  const named = `The message attribute '${name}'`;
  if (!NAME.test(name) || RESERVED_NAME.test(name))
    throw invalidParameter(
      `${named} has an invalid name. It can be 1 to 256 letters, digits, underscores, hyphens and periods, without a ` +
        'period at its ends or two in a row, and must not begin with AWS. or Amazon.',
    );
  const dataType = field.string('DataType') ?? '';
  if (dataType === '') throw invalidParameter(`${named} must contain a non-empty message attribute type.`);
  const kind = dataType.split('.', 1)[0];
  if (dataType.length > 256 || (kind !== 'String' && kind !== 'Number' && kind !== 'Binary'))
    throw invalidParameter(
      `${named} has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
    );
  if (field.strings('StringListValues').length > 0 || field.strings('BinaryListValues').length > 0)
    throw unsupported('Message attribute lists in SendMessage operation are not supported');
  const stringValue = field.string('StringValue');
  const binaryValue = field.blob('BinaryValue');
  if (kind === 'Binary') {
    if (binaryValue === undefined || binaryValue.length === 0 || stringValue !== undefined)
      throw invalidParameter(`${named} must contain a non-empty value of type 'Binary'.`);
    return { dataType, binaryValue };
  }
  if (stringValue === undefined || stringValue === '' || binaryValue !== undefined)
    throw invalidParameter(`${named} must contain a non-empty value of type 'String'.`);
  if (kind === 'Number' && !isNumber(stringValue))
    throw invalidParameter(`Can't cast the value of message attribute '${name}' to a number.`);
  if (FORBIDDEN_CHARACTER.test(stringValue))
    throw invalidParameter(`${named} contains a character that is not allowed.`);
  return { dataType, stringValue };
}

/** More than any number with 38 digits takes, be it written without an exponent: 10^-128 has 130 characters. */
const MAX_NUMBER_LENGTH = 256;
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?$/;

/** Up to 38 digits of precision, between -10^128 and 10^126. */
function isNumber(value: string): boolean {
  if (value.length > MAX_NUMBER_LENGTH || !NUMBER.test(value)) return false;
  const digits = value
    .replace(/[eE].*$/, '')
    .replace(/[^\d]/g, '')
    .replace(/^0+/, '');
  return digits.length <= 38 && Number(value) <= 1e126 && Number(value) >= -1e128;
}

/** What an attribute counts against the message's size: name, type and value, in bytes. */
export function attributesSize(attributes: MessageAttributes): number {
  let bytes = 0;
  for (const [name, attribute] of attributes)
    bytes +=
      Buffer.byteLength(name) +
      Buffer.byteLength(attribute.dataType) +
      (attribute.binaryValue?.length ?? Buffer.byteLength(attribute.stringValue ?? ''));
  return bytes;
}

const STRING_MARK = Buffer.from([1]);
const BINARY_MARK = Buffer.from([2]);

/**
 * AWS's digest over attributes: sorted by name; of each the name, the type, a byte for the transport type
 * (1 string, 2 binary) and the value, all but that byte preceded by their length as 4 bytes, big-endian.
 * Undefined if there are none.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
 */
export function md5OfAttributes(attributes: MessageAttributes): string | undefined {
  if (attributes.size === 0) return undefined;
  const digest = createHash('md5');
  const add = (value: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(value.length);
    digest.update(length).update(value);
  };
  const sorted = [...attributes].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, attribute] of sorted) {
    add(Buffer.from(name));
    add(Buffer.from(attribute.dataType));
    digest.update(attribute.binaryValue === undefined ? STRING_MARK : BINARY_MARK);
    add(attribute.binaryValue ?? Buffer.from(attribute.stringValue ?? ''));
  }
  return digest.digest('hex');
}

/** The attributes a receive asks for: by name, `All`, `.*`, or all that begin with `prefix.` (`prefix.*`). */
export function selectAttributes(attributes: MessageAttributes, wanted: string[]): MessageAttributes {
  if (wanted.includes('All') || wanted.includes('.*')) return attributes;
  const prefixes = wanted.filter(name => name.endsWith('.*')).map(name => name.slice(0, -1));
  return new Map(
    [...attributes].filter(
      ([name]) => wanted.includes(name) || prefixes.some(prefix => name.startsWith(prefix)),
    ),
  );
}

/** Attributes as a response writes them. */
export function writeAttributes(attributes: MessageAttributes): Record<string, Record<string, string>> {
  return Object.fromEntries(
    [...attributes].map(
      ([name, { dataType, stringValue, binaryValue }]): [string, Record<string, string>] => [
        name,
        binaryValue === undefined
          ? { DataType: dataType, StringValue: stringValue }
          : { DataType: dataType, BinaryValue: binaryValue.toString('base64') },
      ],
    ),
  );
}

/** Reads what {@link writeAttributes} has written, as JSON. */
export function parseAttributes(json: string): MessageAttributes {
  const fields = JSON.parse(json) as Record<
    string,
    { DataType: string; StringValue?: string; BinaryValue?: string }
  >;
  return new Map(
    Object.entries(fields).map(([name, { DataType: dataType, StringValue, BinaryValue }]) => [
      name,
      StringValue === undefined
        ? { dataType, binaryValue: Buffer.from(BinaryValue ?? '', 'base64') }
        : { dataType, stringValue: StringValue },
    ]),
  );
}
