/** Finds modules and submodules in folders, as `name.yang` or `name@revision.yang` (RFC 7950 section 5.2). */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkGrammar } from '../statement/check.ts';
import { ModuleError } from '../statement/error.ts';
import { parseStatement } from '../statement/parse.ts';
import { Unit } from './module.ts';

interface Candidate {
  readonly file: string;
  /** From the file's name; empty where it has none. */
  readonly revision: string;
}

export class SearchPath {
  private readonly folders: readonly ReadonlyMap<string, readonly Candidate[]>[];
  private readonly units = new Map<string, Unit>();

  /** @param folders the first that has a module wins; those that do not exist are passed over */
  constructor(folders: readonly string[]) {
    this.folders = folders.map(listFolder);
  }

  /**
   * The file of that revision from any folder; without a revision the newest one of the first folder that has one.
   * Undefined where there is none. Throws ModuleError where the file is not a valid (sub)module of that name.
   */
  find(name: string, revision: string | undefined): Unit | undefined {
    for (const folder of this.folders) {
      const candidates = folder.get(name) ?? [];
      if (revision === undefined) {
        const units =
          candidates.length > 1 && candidates.some((one) => one.revision === '')
            ? candidates.map((one) => this.read(one.file, name))
            : undefined;
        if (units) return units.reduce((best, unit) => (unit.revision > best.revision ? unit : best));
        const newest = candidates.reduce<Candidate | undefined>(
          (best, one) => (!best || one.revision > best.revision ? one : best),
          undefined,
        );
        if (newest) return this.read(newest.file, name);
        continue;
      }
      const exact = candidates.find((one) => one.revision === revision);
      if (exact) return this.read(exact.file, name);
      for (const one of candidates) {
        if (one.revision !== '') continue;
        const unit = this.read(one.file, name);
        if (unit.revision === revision) return unit;
      }
    }
    return undefined;
  }

  private read(file: string, name: string): Unit {
    const known = this.units.get(file);
    if (known) return known;
    const unit = readUnit(file);
    if (unit.name !== name)
      throw new ModuleError(unit.root, `the file is named after "${name}" but holds "${unit.name}"`);
    this.units.set(file, unit);
    return unit;
  }
}

/** Parses and checks one file. */
export function readUnit(file: string): Unit {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    const reason = error instanceof TypeError ? 'the file is not UTF-8' : `cannot be read: ${(error as Error).message}`;
    throw new ModuleError({ file, line: 1, column: 1 }, reason);
  }
  return parseUnit(text, file);
}

export function parseUnit(text: string, file: string): Unit {
  const root = parseStatement(text, file);
  const version = checkGrammar(root);
  return new Unit(root, version, text);
}

function listFolder(folder: string): ReadonlyMap<string, readonly Candidate[]> {
  const found = new Map<string, Candidate[]>();
  let names: string[];
  try {
    names = readdirSync(folder).sort();
  } catch {
    return found;
  }
  for (const name of names) {
    const match = /^([A-Za-z_][\w.-]*?)(?:@(\d{4}-\d{2}-\d{2}))?\.yang$/.exec(name);
    if (!match) continue;
    const module = match[1] as string;
    const candidates = found.get(module) ?? [];
    candidates.push({ file: join(folder, name), revision: match[2] ?? '' });
    found.set(module, candidates);
  }
  return found;
}
