/** How the site's JSON has changed, from when that is set up until it is taken back. */
export interface Drift {
  /** The path that is asked for; `{name}` stands for any id. */
  path: string;
  /** The field: `a.b`, or `list[].a` for each item of a list. */
  field: string;
  /** Of which type it is now, how it is called, or that it isn't there any more. */
  becomes: 'text' | 'null' | 'gone' | { name: string };
  /** Whose JSON it is (an e-mail address); absent: everybody's. */
  account?: string;
}

type Json = Record<string, unknown>;

/** All that has changed at the moment. */
export class Drifts {
  readonly #all = new Set<Drift>();

  /** @returns takes it back */
  add(drift: Drift): () => void {
    this.#all.add(drift);
    return () => this.#all.delete(drift);
  }

  /** The JSON that a path answers, as it is by now. */
  applied(path: string, account: string, body: unknown): unknown {
    const drifts = [...this.#all].filter(
      drift => matches(drift.path, path) && (drift.account ?? account) === account,
    );
    if (drifts.length === 0) return body;
    const changed: unknown = structuredClone(body);
    for (const { field, becomes } of drifts) change(changed, field.split('.'), becomes);
    return changed;
  }
}

function matches(template: string, path: string): boolean {
  const [wanted, given] = [template.split('/'), path.split('/')];
  return (
    wanted.length === given.length && wanted.every((part, i) => /^{.+}$/.test(part) || part === given[i])
  );
}

function change(json: unknown, [first = '', ...rest]: string[], becomes: Drift['becomes']): void {
  if (typeof json !== 'object' || json === null) return;
  const object = json as Json;
  const name = first.replace(/\[\]$/, '');
  if (first !== name) {
    for (const item of object[name] as unknown[]) change(item, rest, becomes);
  } else if (rest.length > 0) change(object[name], rest, becomes);
  else if (name in object) become(object, name, becomes);
}

function become(object: Json, name: string, becomes: Drift['becomes']): void {
  const value = object[name];
  if (becomes === 'text') object[name] = String(value);
  else if (becomes === 'null') object[name] = null;
  else {
    delete object[name];
    if (becomes !== 'gone') object[becomes.name] = value;
  }
}
