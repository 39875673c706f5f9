import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '@huntaze/local/supervisor/tools';
import openapiTS, { astToString } from 'openapi-typescript';

/** The client's program beside types that were made from a description, and what the compiler says of the two. */
export interface Compiled {
  folder: string;
  program: string;
  /** Empty: nothing is wrong. */
  said: string;
}

/** Makes types from a description of the API, and compiles the program against them, in a folder of its own. */
export async function compileAgainst(description: object): Promise<Compiled> {
  const dist = join(PROJECT_ROOT, 'dist');
  mkdirSync(dist, { recursive: true });
  const folder = mkdtempSync(join(dist, 'client-'));
  const program = join(folder, 'program.ts');
  writeFileSync(join(folder, 'api.ts'), astToString(await openapiTS(description as never)));
  copyFileSync(new URL('program.ts', import.meta.url), program);
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const settings = { extends: '../../tsconfig.json', include: ['*.ts'], exclude: [] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings));
  const tsc = join(PROJECT_ROOT, 'node_modules/typescript/bin/tsc');
  const { stdout, stderr } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });
  return { folder, program, said: stdout + stderr };
}
