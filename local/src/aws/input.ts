import { serializationError } from './aws-error.ts';

/**
 * The fields of one AWS JSON request, read by the type the service's model gives them. A field of another
 * type is a SerializationException, a required one that is missing whatever the service calls that.
 */
export class Input {
  readonly #fields: Record<string, unknown>;
  readonly #missing: (name: string) => Error;

  constructor(value: unknown, missing: (name: string) => Error) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw serializationError('Start of structure expected');
    this.#fields = value as Record<string, unknown>;
    this.#missing = missing;
  }

  string(name: string): string | undefined {
    return this.#read(name, 'a string', value => (typeof value === 'string' ? value : undefined));
  }

  /** An empty string counts as missing. */
  requiredString(name: string): string {
    const value = this.string(name);
    if (value === undefined || value === '') throw this.#missing(name);
    return value;
  }

  integer(name: string): number | undefined {
    return this.#read(name, 'an integer', value =>
      Number.isSafeInteger(value) ? (value as number) : undefined,
    );
  }

  requiredInteger(name: string): number {
    const value = this.integer(name);
    if (value === undefined) throw this.#missing(name);
    return value;
  }

  boolean(name: string): boolean | undefined {
    return this.#read(name, 'a boolean', value => (typeof value === 'boolean' ? value : undefined));
  }

  structure(name: string): Input | undefined {
    const isStructure = (value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value);
    return this.#read(name, 'a structure', value =>
      isStructure(value) ? new Input(value, this.#missing) : undefined,
    );
  }

  /** A list of strings; absent is empty. */
  strings(name: string): string[] {
    const isStrings = (value: unknown): value is string[] =>
      Array.isArray(value) && value.every(item => typeof item === 'string');
    return this.#read(name, 'a list of strings', value => (isStrings(value) ? value : undefined)) ?? [];
  }

  /** A list of structures; absent is empty. */
  structures(name: string): Input[] {
    const list = this.#read(name, 'a list', value =>
      Array.isArray(value) ? (value as unknown[]) : undefined,
    );
    return (list ?? []).map(item => new Input(item, this.#missing));
  }

  /** A map from strings to strings; absent is empty. */
  stringMap(name: string): Map<string, string> {
    const entries = Object.entries(this.#map(name));
    return new Map(
      entries.map(([key, value]) => {
        if (typeof value !== 'string') throw serializationError(`${name}.${key} must be a string`);
        return [key, value];
      }),
    );
  }

  /** A map from strings to structures; absent is empty. */
  structureMap(name: string): Map<string, Input> {
    const entries = Object.entries(this.#map(name));
    return new Map(entries.map(([key, value]) => [key, new Input(value, this.#missing)]));
  }

  /** Bytes, base64 on the wire. */
  blob(name: string): Buffer | undefined {
    const encoded = this.string(name);
    if (encoded === undefined) return undefined;
    const bytes = Buffer.from(encoded, 'base64');
    if (withoutPadding(bytes.toString('base64')) !== withoutPadding(encoded))
      throw serializationError(`${name} must be base64`);
    return bytes;
  }

  #map(name: string): Record<string, unknown> {
    const isMap = (value: unknown): value is Record<string, unknown> =>
      typeof value === 'object' && value !== null && !Array.isArray(value);
    return this.#read(name, 'a map', value => (isMap(value) ? value : undefined)) ?? {};
  }

  #read<T>(name: string, expected: string, read: (value: unknown) => T | undefined): T | undefined {
    const value = Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined;
    if (value === undefined || value === null) return undefined;
    const result = read(value);
    if (result === undefined) throw serializationError(`${name} must be ${expected}`);
    return result;
  }
}

/** Looks at each character once, whereas a regular expression would begin anew at every `=`. */
function withoutPadding(base64: string): string {
  let end = base64.length;
  while (base64[end - 1] === '=') end -= 1;
  return base64.slice(0, end);
}
