/** What both kinds of tree print as it was written: types and if-features. */
import type { Statement } from '../statement/statement.ts';

/** The type's name as written; of a leafref its path. */
export function typeText(leaf: Statement): string | undefined {
  const type = leaf.children.find(({ keyword }) => keyword === 'type');
  const path = type?.children.find(({ keyword }) => keyword === 'path');
  return path ? `-> ${path.argument}` : type?.argument;
}

export function ifFeatures(statement: Statement): string[] {
  return statement.children.filter(({ keyword }) => keyword === 'if-feature').map(({ argument }) => argument ?? '');
}
