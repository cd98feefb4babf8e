/** Ethernet segments of the reference engine: what orders released, as long as the segment and the VLAN are there. */
import type { MessageInitShape } from '@bufbuild/protobuf';
import { type EthernetSegmentStateSchema, ObjectKind, type SegmentOrder } from '../gen/sluice_pb.js';
import { objectId } from '../operation.ts';
import type { Objects } from './objects.ts';

type StateInit = MessageInitShape<typeof EthernetSegmentStateSchema>;

export class ReferenceSegments {
  /** Every order that was carried out, as `segment +10 -20`; where peers redirect here, with `peers 3000 ms`. */
  readonly orders: string[] = [];
  /** Every announcement, as `logical-port to addresses`. */
  readonly announced: string[] = [];
  readonly #open = new Map<string, Map<number, bigint>>();

  /** VLANs that are forwarded, ascending. */
  open(name: string): readonly number[] {
    return [...(this.#open.get(name)?.keys() ?? [])].sort((a, b) => a - b);
  }

  /** A transaction was committed: what is no more is closed. */
  committed(objects: Objects): void {
    for (const [name, open] of this.#open) {
      const vlans = vlansOf(objects, name);
      if (vlans === undefined) this.#open.delete(name);
      else for (const vid of open.keys()) if (!has(vlans, vid)) open.delete(vid);
    }
  }

  /** Why it is refused; undefined: it is carried out. */
  order(objects: Objects, order: SegmentOrder, atNs: bigint): string | undefined {
    const { segment, block, release, peersRedirectMs } = order;
    const vlans = vlansOf(objects, segment);
    if (vlans === undefined) return `there is no segment ${segment}`;
    const [blocked, released] = [vidsOf(block), vidsOf(release)];
    const foreign = [...blocked, ...released].find((vid) => !has(vlans, vid));
    if (foreign !== undefined) return `VLAN ${foreign} is not in ${segment}`;
    const open = this.#open.get(segment) ?? new Map<number, bigint>();
    this.#open.set(segment, open);
    for (const vid of blocked) open.delete(vid);
    for (const vid of released) open.set(vid, atNs);
    const words = [...released.map((vid) => `+${vid}`), ...blocked.map((vid) => `-${vid}`)];
    if (peersRedirectMs > 0) words.push(`peers ${peersRedirectMs} ms`);
    this.orders.push([segment, ...words].join(' '));
    return undefined;
  }

  states(objects: Objects): readonly StateInit[] {
    const states: StateInit[] = [];
    for (const operation of objects.values()) {
      if (operation.case !== 'setEthernetSegment') continue;
      const { name = '', vlans = new Uint8Array() } = operation.value;
      const open = this.#open.get(name);
      states.push({
        name,
        vlans: vidsOf(vlans).map((vid) => ({ vid, open: open?.has(vid) === true, sinceNs: open?.get(vid) ?? 1n })),
      });
    }
    return states;
  }
}

function vlansOf(objects: Objects, name: string): Uint8Array | undefined {
  const operation = objects.get(objectId(ObjectKind.KIND_ETHERNET_SEGMENT, name));
  return operation?.case === 'setEthernetSegment' ? (operation.value.vlans ?? new Uint8Array()) : undefined;
}

function has(set: Uint8Array, vid: number): boolean {
  return (((set[vid >> 3] ?? 0) >> (vid & 7)) & 1) === 1;
}

function vidsOf(set: Uint8Array): number[] {
  return Array.from({ length: set.length * 8 }, (_, vid) => vid).filter((vid) => has(set, vid));
}
