/** What YANG does not say of bridge domains. */

import { notUnique } from '../../commit/edit/faults.ts';
import type { Change } from '../../datastore/view/view.ts';
import type { Fault } from '../../yang/fault.ts';
import { MAX_NAME_BYTES } from '../object-name.ts';
import type { BridgeDomainModel } from './model.ts';

export function checkBridgeDomains(change: Change, model: BridgeDomainModel): readonly Fault[] {
  const faults: Fault[] = [];
  for (const { node, key, after } of change.rows) {
    if (after === undefined) continue;
    if (node === model.bridgeDomain) {
      const octets = Buffer.byteLength(model.keys.last(key)?.keys[0] ?? '');
      if (octets > MAX_NAME_BYTES) {
        const message = `The name has ${octets} octets in UTF-8; at most ${MAX_NAME_BYTES} are possible.`;
        faults.push({ type: 'application', tag: 'invalid-value', path: model.keys.path(key), message });
      }
    } else if (node === model.member) {
      const other = otherMember(change, model, key);
      if (other !== undefined) {
        const leaves = [model.keys.path(key, model.memberInterface), other];
        faults.push(notUnique(model.keys.path(key), leaves, 'An interface is a member of one bridge domain at most.'));
      }
    }
  }
  return faults;
}

/** Path of the interface's membership in another bridge domain, by the index. */
function otherMember(change: Change, model: BridgeDomainModel, key: string): string | undefined {
  const name = model.keys.last(key)?.keys[0] as string;
  for (const other of change.after.rowsWith(model.memberInterface, name)) {
    if (other !== key) return model.keys.path(other, model.memberInterface);
  }
  return undefined;
}
