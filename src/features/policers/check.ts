/** What YANG does not say of policers. */
import type { Fault } from '../../yang/fault.ts';
import type { LeafNode } from '../../yang/schema/node.ts';
import type { InterfaceChange } from '../interfaces/change.ts';
import type { PolicerModel } from './model.ts';

/** A burst is at most what its rate brings in so many seconds (native/stages/policer). */
const LONGEST_REFILL = 3600n;

export function checkPolicers(change: InterfaceChange, model: PolicerModel): readonly Fault[] {
  const faults: Fault[] = [];
  for (const { node, key, after } of change.change.rows) {
    if (node !== model.policer || after === undefined) continue;
    const { committedRate, committedBurst, peakRate, peakBurst } = model.parse(model.nameOf(key), after);
    const check = (leaf: LeafNode, burst: bigint, rate: bigint): void => {
      if (burst * 8n <= rate * LONGEST_REFILL) return;
      const message = 'A burst is at most what the rate brings in an hour.';
      faults.push({ type: 'application', tag: 'invalid-value', path: model.keys.path(key, leaf), message });
    };
    check(model.committedBurst, committedBurst, committedRate);
    if (peakRate === 0n) check(model.excessBurst, peakBurst, committedRate);
    else check(model.peakBurst, peakBurst, peakRate);
  }
  for (const name of change.touched) checkInterface(name);
  return faults;

  /** A policer holds what is routed. */
  function checkInterface(name: string): void {
    const { view, interfaces, ip } = change.after;
    const row = view.get(interfaces.key(name));
    if (row === undefined || ip.families.some((family) => ip.family(view, name, family) !== undefined)) return;
    for (const leaf of [model.ingress, model.egress]) {
      if (!row.leaves.has(leaf)) continue;
      const path = model.keys.path(interfaces.key(name), leaf);
      faults.push({ type: 'application', tag: 'invalid-value', path, message: `Interface ${name} does not route.` });
    }
  }
}
