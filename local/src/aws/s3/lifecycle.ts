import type { ServerResponse } from 'node:http';
import { invalidArgument, invalidRequest, malformedXml, notImplemented } from './errors.ts';
import type { ObjectStore, ObjectSummary } from './object-store.ts';
import type { UploadStore } from './upload-store.ts';
import { child, childText, childrenOf, onlyChildren, type XmlElement } from './xml-reader.ts';

const DAY_MS = 86_400_000;
const MAX_RULES = 1_000;
/** As long as keys and their tags get. Characters. */
const MAX_PREFIX = 1_024;
const MAX_TAG_KEY = 128;
const MAX_TAG_VALUE = 256;

type Subject = Pick<ObjectSummary, 'key' | 'modifiedAt' | 'size' | 'tags'>;

interface Rule {
  id: string;
  isEnabled: boolean;
  prefix: string;
  tags: [string, string][];
  largerThan: number;
  smallerThan: number;
  /** Days after its last writing, or a date in milliseconds, at which the current version expires. */
  expires: { days: number } | { at: number } | undefined;
  removesLoneMarkers: boolean;
  /** Days after a version was replaced, and how many newer ones are kept nevertheless. */
  oldVersions: { days: number; keep: number } | undefined;
  /** Days after which a multipart upload is given up. */
  uploadDays: number | undefined;
}

/**
 * Reads a lifecycle configuration, giving a name to rules that have none.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html
 * @throws MalformedXML, InvalidArgument, InvalidRequest; NotImplemented for transitions between storage classes
 */
export function checkLifecycle(document: XmlElement): XmlElement {
  onlyChildren(document, ['Rule']);
  const rules = childrenOf(document, 'Rule');
  if (rules.length === 0 || rules.length > MAX_RULES) throw malformedXml();
  for (const rule of rules) {
    if (childText(rule, 'ID') === undefined)
      rule.children.unshift({ name: 'ID', text: crypto.randomUUID(), children: [] });
    readRule(rule);
  }
  const ids = rules.map(rule => childText(rule, 'ID'));
  if (new Set(ids).size !== ids.length)
    throw invalidArgument('Rule ID must be unique. Found same ID for more than one rule');
  return document;
}

/**
 * Does what a bucket's lifecycle configuration says is due by now. AWS does it some time after midnight
 * UTC; here it is done before the first look at the bucket after it, so nobody sees what has expired.
 */
export class Lifecycle {
  readonly #store: ObjectStore;
  readonly #uploads: UploadStore;
  /** The day up to which a bucket has been looked through, by its rules. */
  readonly #doneTo = new Map<string, { day: number; document: string }>();

  constructor(store: ObjectStore, uploads: UploadStore) {
    this.#store = store;
    this.#uploads = uploads;
  }

  apply(bucket: string, now: number): void {
    if (!this.#store.buckets.has(bucket)) return;
    const { lifecycle } = this.#store.buckets.require(bucket);
    if (lifecycle === undefined) return;
    const document = JSON.stringify(lifecycle);
    const day = Math.floor(now / DAY_MS);
    const done = this.#doneTo.get(bucket);
    if (done?.document === document && done.day >= day) return;
    const rules = childrenOf(lifecycle, 'Rule')
      .map(readRule)
      .filter(rule => rule.isEnabled);
    this.#expireVersions(bucket, rules, now);
    for (const { uploadDays, prefix } of rules)
      if (uploadDays !== undefined)
        this.#uploads.abortOlder(bucket, prefix, startedAt => midnightAfter(startedAt, uploadDays) <= now);
    this.#doneTo.set(bucket, { day, document });
  }

  #expireVersions(bucket: string, rules: Rule[], now: number): void {
    let newer: ObjectSummary[] = [];
    const versions = [...this.#store.versions(bucket, '', '')]; // All of them: what follows deletes some.
    for (const version of versions) {
      if (newer[0]?.key !== version.key) newer = [];
      const applying = rules.filter(rule => appliesTo(rule, version));
      const remove = (which: string | undefined) =>
        this.#store.delete(bucket, version.key, { version: which, now });
      const replacedAt = newer.at(-1)?.modifiedAt;
      if (replacedAt === undefined) {
        if (!version.isMarker && applying.some(rule => (expiryOf(rule, version) ?? Infinity) <= now))
          remove(undefined);
      } else if (
        applying.some(
          ({ oldVersions }) =>
            oldVersions !== undefined &&
            newer.length > oldVersions.keep &&
            midnightAfter(replacedAt, oldVersions.days) <= now,
        )
      )
        remove(version.version);
      newer.push(version);
    }
    this.#removeLoneMarkers(
      bucket,
      rules.filter(rule => rule.removesLoneMarkers),
      now,
    );
  }

  #removeLoneMarkers(bucket: string, rules: Rule[], now: number): void {
    if (rules.length === 0) return;
    const versions = [...this.#store.versions(bucket, '', '')];
    for (const [index, version] of versions.entries()) {
      const isLone = versions[index - 1]?.key !== version.key && versions[index + 1]?.key !== version.key;
      if (version.isMarker && isLone && rules.some(rule => appliesTo(rule, version)))
        this.#store.delete(bucket, version.key, { version: version.version, now });
    }
  }
}

/** Says when the current version expires, and by which rule, as AWS does in `x-amz-expiration`. */
export function tellExpiry(
  response: ServerResponse,
  lifecycle: XmlElement | undefined,
  object: Subject,
): void {
  const expiries = childrenOf(lifecycle, 'Rule')
    .map(readRule)
    .filter(rule => rule.isEnabled && appliesTo(rule, object))
    .flatMap(rule => {
      const at = expiryOf(rule, object);
      return at === undefined ? [] : [{ at, id: rule.id }];
    })
    .sort((a, b) => a.at - b.at);
  const [first] = expiries;
  if (first === undefined) return;
  const date = new Date(first.at).toUTCString();
  response.setHeader('x-amz-expiration', `expiry-date="${date}", rule-id="${encodeURIComponent(first.id)}"`);
}

function expiryOf({ expires }: Rule, { modifiedAt }: Subject): number | undefined {
  if (expires === undefined) return undefined;
  return 'at' in expires ? expires.at : midnightAfter(modifiedAt, expires.days);
}

/** AWS adds the days and rounds up to the next midnight UTC. */
function midnightAfter(time: number, days: number): number {
  return (Math.floor((time + days * DAY_MS) / DAY_MS) + 1) * DAY_MS;
}

function appliesTo(rule: Rule, { key, tags, size }: Subject): boolean {
  return (
    key.startsWith(rule.prefix) &&
    rule.tags.every(([name, value]) => tags.get(name) === value) &&
    size > rule.largerThan &&
    size < rule.smallerThan
  );
}

function readRule(rule: XmlElement): Rule {
  if (child(rule, 'Transition') ?? child(rule, 'NoncurrentVersionTransition'))
    throw notImplemented('A transition between storage classes');
  onlyChildren(rule, [
    'ID',
    'Status',
    'Prefix',
    'Filter',
    'Expiration',
    'NoncurrentVersionExpiration',
    'AbortIncompleteMultipartUpload',
  ]);
  const id = childText(rule, 'ID') ?? '';
  const status = childText(rule, 'Status');
  if (status !== 'Enabled' && status !== 'Disabled') throw malformedXml();
  if (id.length > 255) throw invalidArgument('ID length should not exceed allowed limit of 255');
  const filter = child(rule, 'Filter');
  const scope = child(filter, 'And') ?? filter;
  const prefix = childText(scope, 'Prefix', true) ?? childText(rule, 'Prefix', true) ?? '';
  if (prefix.length > MAX_PREFIX) throw invalidRequest(`The maximum size of a prefix is ${MAX_PREFIX}`);
  const tags = childrenOf(scope, 'Tag').map((tag): [string, string] => [
    childText(tag, 'Key', true) ?? '',
    childText(tag, 'Value', true) ?? '',
  ]);
  if (tags.some(([key, value]) => key.length > MAX_TAG_KEY || value.length > MAX_TAG_VALUE))
    throw malformedXml();
  const expiration = child(rule, 'Expiration');
  const noncurrent = child(rule, 'NoncurrentVersionExpiration');
  const abort = child(rule, 'AbortIncompleteMultipartUpload');
  if (expiration === undefined && noncurrent === undefined && abort === undefined)
    throw invalidRequest('At least one action needs to be specified in a rule');
  return {
    id,
    isEnabled: status === 'Enabled',
    prefix,
    tags,
    largerThan: readDays(childText(scope, 'ObjectSizeGreaterThan'), 0) ?? -1,
    smallerThan: readDays(childText(scope, 'ObjectSizeLessThan'), 0) ?? Infinity,
    expires: readExpiration(expiration),
    removesLoneMarkers: childText(expiration, 'ExpiredObjectDeleteMarker') === 'true',
    oldVersions: noncurrent && {
      days: required(readDays(childText(noncurrent, 'NoncurrentDays'))),
      keep: readDays(childText(noncurrent, 'NewerNoncurrentVersions')) ?? 0,
    },
    uploadDays: abort && required(readDays(childText(abort, 'DaysAfterInitiation'))),
  };
}

function readExpiration(expiration: XmlElement | undefined): Rule['expires'] {
  if (expiration === undefined) return undefined;
  const days = readDays(childText(expiration, 'Days'));
  const date = childText(expiration, 'Date');
  const given = [days, date, childText(expiration, 'ExpiredObjectDeleteMarker')];
  if (given.filter(value => value !== undefined).length !== 1) throw malformedXml();
  if (days !== undefined) return { days };
  if (date === undefined) return undefined;
  const at = Date.parse(date);
  if (Number.isNaN(at)) throw malformedXml();
  if (at % DAY_MS !== 0) throw invalidArgument("'Date' must be at midnight GMT");
  return { at };
}

function readDays(text: string | undefined, least = 1): number | undefined {
  if (text === undefined) return undefined;
  if (!/^-?\d{1,10}$/.test(text)) throw malformedXml();
  if (Number(text) < least)
    throw invalidArgument("'Days' in the lifecycle configuration must be a positive integer");
  return Number(text);
}

function required(value: number | undefined): number {
  if (value === undefined) throw malformedXml();
  return value;
}
