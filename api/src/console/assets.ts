import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Where the browser finds its script and its style: each is named by its content, and never changes. */
export interface Assets {
  script: string;
  style: string;
}

/** Beside the server, where the build puts them, and at what path Next.js serves them. */
const [FOLDER, PATH] = ['.next/static/console', '/_next/static/console'];

let found: Assets | undefined;

/** @throws when the server was built without them */
export function assets(): Assets {
  found ??= assetsIn(join(process.cwd(), FOLDER));
  return found;
}

function assetsIn(folder: string): Assets {
  const names = readdirSync(folder);
  const one = (ending: string) => {
    const name = names.find(each => each.endsWith(ending));
    if (name === undefined) throw new Error(`${folder} has no ${ending}; npm run build makes it`);
    return `${PATH}/${name}`;
  };
  return { script: one('.js'), style: one('.css') };
}
