/** What a package-lock.json of version 3 says of an installed package; of many fields those that matter here. */
interface Locked {
  version: string;
  integrity?: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

export interface Lock {
  packages: Record<string, Locked>;
}

export interface Manifest {
  name: string;
  version: string;
  dependencies: Record<string, string>;
}

/**
 * The lock file of an image's context: of the project's own, what the manifest asks for and what that needs in turn, each
 * with its version and its integrity, and without a registry's address.
 * @throws when the project's lock file lacks one of them, has it in another place than the top, or without its integrity
 */
export function contextLock({ name, version, dependencies }: Manifest, project: Lock) {
  const packages: Record<string, object> = { '': { name, version, dependencies } };
  const wanted = Object.keys(dependencies);
  // Each name once: the list only grows by names that the lock file has.
  for (let next = wanted.shift(); next !== undefined; next = wanted.shift()) {
    const place = `node_modules/${next}`;
    if (place in packages) continue;
    const locked = project.packages[place];
    if (locked === undefined) throw new Error(`package-lock.json has no ${place}`);
    const { integrity, dependencies: needed, optionalDependencies: perhaps } = locked;
    if (integrity === undefined) throw new Error(`package-lock.json has no integrity for ${place}`);
    packages[place] = {
      version: locked.version,
      integrity,
      ...(needed && { dependencies: needed }),
      ...(perhaps && { optionalDependencies: perhaps }),
    };
    wanted.push(...Object.keys({ ...needed, ...perhaps }));
  }
  return { name, version, lockfileVersion: 3, requires: true, packages };
}
