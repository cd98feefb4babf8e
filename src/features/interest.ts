/** What a reader of state asks for (src/commit/operational/state.ts), as providers use it. */
import type { Interest } from '../commit/operational/state.ts';

/** Whether a reader wants something of the subtree. */
export function wants(interests: readonly Interest[], path: string): boolean {
  return interests.length === 0 || interests.some((interest) => overlaps(interest.node.path, path));
}

/**
 * The entries of a list that readers want something of, as key values; undefined: all of them. `path` is the list's, or
 * that of a subtree of its entries; `keyLeaves` how many keys the list has.
 */
export function wantedEntries(
  interests: readonly Interest[],
  list: string,
  path = list,
  keyLeaves = 1,
): readonly (readonly string[])[] | undefined {
  if (interests.length === 0) return undefined;
  const entries = new Map<string, readonly string[]>();
  for (const interest of interests) {
    if (!overlaps(interest.node.path, path)) continue;
    const keys = interest.keys.get(list);
    if (keys === undefined || keys.length < keyLeaves) return undefined;
    entries.set(keys.join('\0'), keys);
  }
  return [...entries.values()];
}

/** One path lies below the other. */
function overlaps(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`) || a === '/' || b === '/';
}
