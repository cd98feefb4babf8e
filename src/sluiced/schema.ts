/** The schema that this router serves: its own modules, the standard ones, and those of `--yang-path`. */
import { readdirSync, readFileSync } from 'node:fs';
import { moduleFolders, servedModules } from '../features/modules.ts';
import { loadSchema, type ModuleRequest } from '../yang/schema/load.ts';
import type { Schema } from '../yang/schema/node.ts';
import { parseStatement } from '../yang/statement/parse.ts';

/** @param more folders whose modules are served too, each with all of its features */
export function routerSchema(more: readonly string[]): Schema {
  return loadSchema({
    paths: [...moduleFolders, ...more],
    modules: [...servedModules, ...more.flatMap(modulesIn)],
  });
}

/** The modules of a folder; submodules come with the modules that include them. */
function modulesIn(folder: string): ModuleRequest[] {
  const names = new Set<string>();
  for (const file of readdirSync(folder)) {
    const name = /^([^@]+)(?:@\d{4}-\d{2}-\d{2})?\.yang$/.exec(file)?.[1];
    if (name !== undefined && isModule(`${folder}/${file}`)) names.add(name);
  }
  const known = new Set(servedModules.map(({ name }) => name));
  return [...names].filter((name) => !known.has(name)).map((name) => ({ name, features: 'all' }));
}

function isModule(path: string): boolean {
  return parseStatement(readFileSync(path, 'utf8'), path).keyword === 'module';
}
