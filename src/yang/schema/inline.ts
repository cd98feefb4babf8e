/** For tests: schemas of modules that are written in the test. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSchema, type ModuleRequest } from './load.ts';
import type { Schema } from './node.ts';

/** Debian's folders of standard modules, as the router searches them. */
export const STANDARD_PATHS = [
  '/usr/share/yuma/nmda-modules/ietf',
  '/usr/share/yuma/modules/ietf',
  '/usr/share/yang/modules/libyang',
];

/**
 * Loads modules from their texts, each found by the name in it. Those in `modules` are implemented, without it all.
 * Throws what loadSchema throws.
 */
export function inlineSchema(texts: readonly string[], modules?: readonly ModuleRequest[]): Schema {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-yang-'));
  try {
    const names: string[] = [];
    for (const text of texts) {
      const [, keyword, name] = /\b((?:sub)?module)\s+([\w.-]+)/.exec(text) ?? [];
      const [, revision] = /\brevision\s+([\d-]+)/.exec(text) ?? [];
      writeFileSync(join(folder, `${name}${revision ? `@${revision}` : ''}.yang`), text);
      if (keyword === 'module' && !names.includes(name as string)) names.push(name as string);
    }
    const all = names.map((name) => ({ name, features: 'all' as const }));
    return loadSchema({ paths: [folder, ...STANDARD_PATHS], modules: modules ?? all });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The usual header around the body of a module `x`, YANG 1.1. */
export function moduleX(body: string): string {
  return `module x { yang-version 1.1; namespace urn:x; prefix x; ${body} }`;
}
