import type { SecretArchive } from '../secrets/secret-store.ts';
import type { Secret, SecretVersion } from '../secrets/secret.ts';
import type { StateFile } from './state-file.ts';

interface Row {
  name: string;
  arn: string;
  settings: string;
  versions: string;
}

type SavedVersion = Omit<SecretVersion, 'stages'> & { stages: string[] };
type SavedSettings = Omit<Secret, 'name' | 'arn' | 'versions' | 'tags'> & { tags: [string, string][] };

/** Secrets in the state file, a row each. */
export class SecretTable implements SecretArchive {
  readonly #file: StateFile;

  constructor(file: StateFile) {
    this.#file = file;
  }

  load(): Secret[] {
    return this.#file.read(() => {
      const rows = this.#file.prepare('SELECT name, arn, settings, versions FROM secret').all();
      return (rows as unknown as Row[]).map(({ name, arn, settings, versions }) => ({
        name,
        arn,
        ...parseSettings(settings),
        versions: parseVersions(versions),
      }));
    });
  }

  save({ name, arn, versions, tags, ...settings }: Secret): void {
    const savedVersions = [...versions.values()].map(({ id, value, stages, createdAt }): SavedVersion => {
      return { id, value, stages: [...stages], createdAt };
    });
    const savedSettings: SavedSettings = { ...settings, tags: [...tags] };
    const save = this.#file.prepare(
      'INSERT OR REPLACE INTO secret (name, arn, settings, versions) VALUES (?, ?, ?, ?)',
    );
    this.#file.write(() => save.run(name, arn, JSON.stringify(savedSettings), JSON.stringify(savedVersions)));
  }

  remove(name: string): void {
    const remove = this.#file.prepare('DELETE FROM secret WHERE name = ?');
    this.#file.write(() => remove.run(name));
  }
}

function parseSettings(json: string): Omit<Secret, 'name' | 'arn' | 'versions'> {
  const { tags, ...settings } = JSON.parse(json) as SavedSettings;
  return { ...settings, tags: new Map(tags) };
}

function parseVersions(json: string): Map<string, SecretVersion> {
  const saved = JSON.parse(json) as SavedVersion[];
  return new Map(
    saved.map(({ id, value, stages, createdAt }) => [id, { id, value, stages: new Set(stages), createdAt }]),
  );
}
