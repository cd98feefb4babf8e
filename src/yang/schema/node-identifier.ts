/** Schema node identifiers (RFC 7950 section 6.5): through choices and cases, prefixes of the file that writes them. */
import type { Statement } from '../statement/statement.ts';
import type { Draft } from './draft.ts';
import type { LoadedModule, Unit } from './module.ts';

/**
 * Follows the identifier down from `start`.
 * @param here the namespace of the nodes being made; names of the own module of `unit` are looked for there first,
 *   because a grouping's nodes get the namespace of the module that uses it
 */
export function findDraft(
  start: Draft,
  path: string,
  unit: Unit,
  here: LoadedModule,
  place: Statement,
): Draft | undefined {
  let draft: Draft | undefined = start;
  for (const step of path.split('/')) {
    if (step === '') continue;
    const { module, name } = unit.resolve(step, place);
    const own: Draft | undefined = module === unit.module ? draft?.child(here, name) : undefined;
    draft = own ?? draft?.child(module, name);
    if (!draft) return undefined;
  }
  return draft;
}
