/** VLANs of which the engine's MEP hears nothing of the CE: their attachment circuits are down where the segment follows CFM. */
import type { View } from '../../../datastore/view/view.ts';
import type { CfmEvent, CfmMepState } from '../../../engine/gen/sluice_pb.js';
import type { CfmModel } from '../../cfm/model.ts';
import { difference, NO_VLANS, union, type VlanSet, vlanRange } from '../decision/vlan-set.ts';

/** DefRemoteCCM (IEEE Std 802.1Q-2018, 20.35.5): the CCMs of a remote MEP are missing. */
const REMOTE_CCM = 4;

export class CircuitFaults {
  readonly #model: CfmModel;
  readonly #byPort = new Map<string, VlanSet>();

  constructor(model: CfmModel) {
    this.#model = model;
  }

  of(port: string): VlanSet {
    return this.#byPort.get(port) ?? NO_VLANS;
  }

  /** All that the engine says, in place of what was known. */
  sync(view: View, states: readonly CfmMepState[]): void {
    this.#byPort.clear();
    const faulty = new Set(states.filter(({ defects }) => isFault(defects)).map(({ name }) => name));
    if (faulty.size === 0) return;
    for (const key of this.#model.all(view)) {
      const mep = this.#model.read(view, key);
      if (mep !== undefined && faulty.has(this.#model.nameOf(mep))) this.#set(mep.port, mep.vid, true);
    }
  }

  /** Returns whether something has changed. */
  on({ port, vid, defects }: CfmEvent): boolean {
    const before = this.of(port);
    this.#set(port, vid, isFault(defects));
    return this.of(port) !== before;
  }

  #set(port: string, vid: number, hasFault: boolean): void {
    if (vid === 0) return;
    const before = this.of(port);
    const its = vlanRange(vid, vid);
    this.#byPort.set(port, hasFault ? union(before, its) : difference(before, its));
  }
}

function isFault(defects: number): boolean {
  return (defects & REMOTE_CCM) !== 0;
}
