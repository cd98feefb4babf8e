/** ifIndex by name: how every other table names an interface. */
import type { InterfaceRow } from '../state/interfaces.ts';
import { memo } from './memo.ts';

/** Undefined: there is no such interface, or it has no number yet. */
export function interfaceNumbers(
  interfaces: () => readonly InterfaceRow[],
): (name: string | undefined) => number | undefined {
  const numbers = memo(interfaces, (all) => new Map(all.map(({ name, index }) => [name, index])));
  return (name) => (name === undefined ? undefined : numbers().get(name));
}
