/** One navigation to `/my/…`, or one effect on the site. */
export interface SiteLogEntry {
  /** When the request arrived, ms since the epoch. */
  at_ms: number;
  /** E-mail address of the account; null when there was no session. */
  account: string | null;
  method: string;
  path: string;
  status: number;
  effect?: string;
}

/** More than any job here needs (a week at 10 a minute); the oldest go first. */
const MAX_ENTRIES = 100_000;

/** What happened at the site: the audit of a job reads it. */
export class SiteLog {
  readonly #entries: SiteLogEntry[] = [];

  add(entry: SiteLogEntry): void {
    this.#entries.push(entry);
    if (this.#entries.length > MAX_ENTRIES) this.#entries.shift();
  }

  entries(): SiteLogEntry[] {
    return [...this.#entries];
  }

  /** One JSON object a line. */
  toNdjson(): string {
    return this.#entries.map(entry => `${JSON.stringify(entry)}\n`).join('');
  }
}
