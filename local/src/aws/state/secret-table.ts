import type { Secret, SecretArchive, SecretVersion } from '../secrets/secret-store.ts';
import type { StateFile } from './state-file.ts';

interface Row {
  name: string;
  arn: string;
  versions: string;
}

/** Secrets in the state file, a row each. */
export class SecretTable implements SecretArchive {
  readonly #file: StateFile;

  constructor(file: StateFile) {
    this.#file = file;
  }

  load(): Secret[] {
    return this.#file.read(() => {
      const rows = this.#file.prepare('SELECT name, arn, versions FROM secret').all() as unknown as Row[];
      return rows.map(({ name, arn, versions }) => ({ name, arn, versions: parseVersions(versions) }));
    });
  }

  save({ name, arn, versions }: Secret): void {
    const saved = [...versions.values()].map(({ id, value, stages, createdAt }): SavedVersion => {
      return { id, value, stages: [...stages], createdAt };
    });
    const save = this.#file.prepare('INSERT OR REPLACE INTO secret (name, arn, versions) VALUES (?, ?, ?)');
    this.#file.write(() => save.run(name, arn, JSON.stringify(saved)));
  }
}

type SavedVersion = Omit<SecretVersion, 'stages'> & { stages: string[] };

function parseVersions(json: string): Map<string, SecretVersion> {
  const saved = JSON.parse(json) as SavedVersion[];
  return new Map(
    saved.map(({ id, value, stages, createdAt }) => [id, { id, value, stages: new Set(stages), createdAt }]),
  );
}
