/** What YANG does not say of MEPs: one for each VLAN of a port, and names that fit into a CCM together. */
import type { RowKey, View } from '../../datastore/view/view.ts';
import type { Fault } from '../../yang/fault.ts';
import type { InterfaceChange } from '../interfaces/change.ts';
import type { CfmModel, Mep } from './model.ts';

const MOST_REMOTES = 64;
/** Octets of a MAID (IEEE Std 802.1Q-2018, 21.6.5), and in front of its names. */
const MAID = 48;
const ICC = 32;

export function checkCfm(change: InterfaceChange, model: CfmModel): readonly Fault[] {
  const { view } = change.after;
  const faults: Fault[] = [];
  const seen = new Set<RowKey>();
  for (const { node, key } of change.change.rows) {
    for (const mep of model.mepsOf(view, node, key)) {
      if (seen.has(mep)) continue;
      seen.add(mep);
      const found = model.read(view, mep);
      if (found !== undefined) faults.push(...checkMep(view, model, mep, found));
    }
  }
  return faults;
}

function* checkMep(view: View, model: CfmModel, key: RowKey, mep: Mep): Generator<Fault> {
  const path = model.keys.path(key);
  for (const other of view.rowsWith(model.port, mep.port)) {
    if (other === key || model.read(view, other)?.vid !== mep.vid) continue;
    const message = `Port ${mep.port} has another MEP for the VLAN: ${model.keys.path(other)}.`;
    yield { type: 'application', tag: 'invalid-value', path: model.keys.path(key, model.vlan), message };
  }
  const { mdName, maName } = mep;
  const isNamed = mdName.format !== 1;
  if (isNamed && maName.format === ICC) {
    const message = 'An association with an ITU carrier code has a domain without a name.';
    yield { type: 'application', tag: 'invalid-value', path, message };
  }
  if ((isNamed ? 2 : 1) + mdName.octets.length + 2 + maName.octets.length > MAID) {
    const message = 'The names of domain and association are too long together: 44 octets are the most.';
    yield { type: 'application', tag: 'invalid-value', path, message };
  }
  if (mep.remotes.length > MOST_REMOTES) {
    const message = `A MEP watches ${MOST_REMOTES} others at most.`;
    yield { type: 'application', tag: 'invalid-value', path, message };
  }
}
