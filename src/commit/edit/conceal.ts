/**
 * Faults of an edit as its caller may see them: `data-exists` and `data-missing` would tell whether there is a node that
 * the caller may not read. Where it may not change the node either, it hears that, and nothing of the node
 * (RFC 8341 section 3.2.3: what is restricted is not exposed in errors).
 */
import type { KeySpace } from '../../datastore/key.ts';
import { asRow } from '../../datastore/shape.ts';
import type { Row, View } from '../../datastore/view.ts';
import type { Fault } from '../../yang/fault.ts';
import type { Decisions } from '../access.ts';

export function concealed(faults: readonly Fault[], access: Decisions, keys: KeySpace, view: View): readonly Fault[] {
  return faults.flatMap((fault) => denial(fault, access, keys, view) ?? fault);
}

/** Undefined: the fault may be told. */
function denial(fault: Fault, access: Decisions, keys: KeySpace, view: View): readonly Fault[] | undefined {
  if ((fault.tag !== 'data-exists' && fault.tag !== 'data-missing') || fault.path === undefined) return undefined;
  const address = keys.rowOf(fault.path);
  const node = address?.node;
  if (address === undefined || node === undefined || access.read(node, address.key)) return undefined;
  const row = asRow(node);
  if (row === undefined && node.kind === 'container') return undefined;
  const leaves = row === undefined && node.kind !== 'container' ? new Map([[node, '']]) : new Map();
  const there = { leaves } as Row;
  const absent = row === undefined ? { leaves: new Map() } : undefined;
  const [before, after] = fault.tag === 'data-exists' ? [absent, there] : [there, absent];
  const rows = [{ key: address.key, node: keys.node(address.key), before, after }];
  const faults = access.write({ before: view, after: view, rows });
  return faults.length === 0 ? undefined : faults;
}
