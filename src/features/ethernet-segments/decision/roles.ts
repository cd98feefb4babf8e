/** DF_CALC: who is the designated forwarder of which VLAN, and what this PE wants of it. */
import { type Draft, ownAdvert, serviceable, synced } from './draft.ts';
import { compareAddresses } from './election/candidate.ts';
import { type Elected, elect } from './election/election.ts';
import type { Advert, Pin } from './message.ts';
import { type ElectionInput, isCandidate } from './state.ts';
import { difference, intersection, isEmpty, NO_VLANS, sameVlans, union, type VlanSet } from './vlan-set.ts';

type Candidate = ElectionInput['candidates'][number];

/** Elects anew what changed since the last time. */
export function calculate(draft: Draft): void {
  const input = electionInput(draft);
  const changed = changedVlans(draft.electedFrom, input);
  draft.electedFrom = input;
  if (isEmpty(changed)) return;
  const fresh = designate(input, changed, draft.segment.esi);
  const elected = new Map<string, VlanSet>();
  for (const { address } of input.candidates) {
    const kept = difference(draft.elected.get(address) ?? NO_VLANS, changed);
    elected.set(address, union(kept, fresh.get(address) ?? NO_VLANS));
  }
  draft.elected = elected;
}

/** The VLANs that this PE should forward and does not, or does. */
export function wanted(draft: Draft): VlanSet {
  if (draft.phase !== 'DF_DONE') return NO_VLANS;
  const own = draft.segment.address;
  let vlans = intersection(draft.elected.get(own) ?? NO_VLANS, serviceable(draft));
  if (draft.segment.revertive) return vlans;
  const pinned = pinnedTo(allPins(draft.electedFrom.candidates), own);
  for (const { advert, forwarding } of synced(draft)) {
    if (advert === undefined || advert.draining) continue;
    vlans = difference(vlans, difference(intersection(forwarding, advert.able), union(pinned, draft.open)));
  }
  return vlans;
}

function electionInput(draft: Draft): ElectionInput {
  const { address } = draft.segment;
  const candidates: Candidate[] = [{ ...ownAdvert(draft), address, isForeign: false }];
  for (const peer of draft.peers) {
    if (isCandidate(peer)) candidates.push({ ...peer.advert, address: peer.address, isForeign: peer.isForeign });
  }
  return { vlans: draft.vlans, pins: draft.pins, candidates };
}

/** The VLANs whose election can have another result. */
function changedVlans(before: ElectionInput, after: ElectionInput): VlanSet {
  const isAlike =
    before.candidates.length === after.candidates.length &&
    after.candidates.every((candidate, at) => sameButCircuits(before.candidates[at], candidate));
  if (!isAlike) return union(before.vlans, after.vlans);
  let changed = xor(before.vlans, after.vlans);
  for (const [at, { able }] of after.candidates.entries()) {
    changed = union(changed, xor(before.candidates[at]?.able ?? NO_VLANS, able));
  }
  return changed;
}

function sameButCircuits(a: Candidate | undefined, b: Candidate): boolean {
  return a !== undefined && a.address === b.address && sameAdvert({ ...a, able: b.able }, b);
}

export function sameAdvert(a: Advert, b: Advert): boolean {
  return (
    a.method === b.method &&
    a.preference === b.preference &&
    a.dontPreempt === b.dontPreempt &&
    a.acDf === b.acDf &&
    a.draining === b.draining &&
    sameVlans(a.able, b.able) &&
    a.pins.length === b.pins.length &&
    a.pins.every(({ address, vlans }, at) => address === b.pins[at]?.address && sameVlans(vlans, b.pins[at].vlans))
  );
}

/** The algorithm among those that do not drain; what none of them serves, among those that do; then the pins. */
function designate(input: ElectionInput, changed: VlanSet, esi: Uint8Array): Elected {
  const vlans = intersection(changed, input.vlans);
  // One of ours that serves nothing, such as in DF_WAIT, has sent no ES route as far as RFC 8584 goes; a foreign one has.
  const serving = input.candidates.filter(({ able, isForeign }) => isForeign || !isEmpty(able));
  const staying = elect(
    serving.filter(({ draining }) => !draining),
    vlans,
    esi,
  );
  const left = difference(vlans, [...staying.values()].reduce(union, NO_VLANS));
  const leaving = isEmpty(left)
    ? new Map<string, VlanSet>()
    : elect(
        serving.filter(({ draining }) => draining),
        left,
        esi,
      );
  const elected = new Map([...staying, ...leaving]);
  // A foreign PE knows no pins: what it is elected for it forwards, and nothing else.
  let done = serving.reduce<VlanSet>(
    (all, { address, isForeign }) => (isForeign ? union(all, elected.get(address) ?? NO_VLANS) : all),
    NO_VLANS,
  );
  for (const pin of allPins(input.candidates)) {
    const target = serving.find(({ address }) => address === pin.address);
    if (target === undefined || target.isForeign) continue;
    const pinned = difference(intersection(intersection(pin.vlans, vlans), target.able), done);
    for (const [address, its] of elected) elected.set(address, difference(its, pinned));
    elected.set(pin.address, union(elected.get(pin.address) ?? NO_VLANS, pinned));
    done = union(done, pinned);
  }
  return elected;
}

/** Of pins of one VLAN the one counts that the PE with the lowest address made; the candidates' order differs by PE. */
function allPins(candidates: readonly Candidate[]): readonly Pin[] {
  if (candidates.every(({ pins }) => pins.length === 0)) return [];
  return [...candidates].sort((a, b) => compareAddresses(a.address, b.address)).flatMap(({ pins }) => pins);
}

function pinnedTo(pins: readonly Pin[], address: string): VlanSet {
  let [pinned, taken] = [NO_VLANS, NO_VLANS];
  for (const pin of pins) {
    if (pin.address === address) pinned = union(pinned, difference(pin.vlans, taken));
    taken = union(taken, pin.vlans);
  }
  return pinned;
}

function xor(a: VlanSet, b: VlanSet): VlanSet {
  return sameVlans(a, b) ? NO_VLANS : union(difference(a, b), difference(b, a));
}
