/**
 * What a new forwarder tells of addresses, beside what the engine does of its own accord (CeNotification): to the CE the
 * remote ones that a peer knew (also those that we know: the bridge forgets what it is not sure of when a VLAN opens); into the
 * transfer network those behind the segment, from their new place. Both again at the offsets of mac-move. What waits is bounded, and
 * further VLANs are left out: the frames of their stations tell in the end.
 */
import { AnnounceMacs_To as To } from '../../../engine/gen/sluice_pb.js';
import { hasVlan, type VlanSet, vlansOf } from '../decision/vlan-set.ts';
import type { MacTable } from '../exchange/mac-table.ts';
import type { SegmentEngine } from './engine.ts';

const WAITING_MAX = 16_384;
const UNANSWERED_MAX = 16;

type Announcement = Parameters<SegmentEngine['announceMacs']>[0];

export interface Tables {
  readonly remote: MacTable;
  readonly segment: MacTable;
}

export interface AnnouncerParts {
  readonly engine: Pick<SegmentEngine, 'announceMacs'>;
  /** The logical port that is a VLAN's attachment circuit. */
  readonly circuit: (vlan: number) => string | undefined;
  readonly own: Tables;
  readonly theirs: () => Iterable<Tables>;
  /** Whether the CE is told by mac-move. */
  readonly tellsCe: () => boolean;
  /** After the release, those of mac-move: a switch may take a move back that comes within a second of traffic. */
  readonly offsetsMs: () => readonly number[];
  /** VLANs that are forwarded now. */
  readonly open: () => VlanSet;
  readonly log: (message: string) => void;
}

export class Announcer {
  readonly #parts: AnnouncerParts;
  readonly #waiting: (() => Announcement | undefined)[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  #isSending = false;
  #lastRefusal = '';

  constructor(parts: AnnouncerParts) {
    this.#parts = parts;
  }

  /** Before the release: what we learned of the segment's stations while a peer forwarded is wrong from now on. */
  releasing(vlans: VlanSet): void {
    this.#each(vlans, (vlan) => this.#announcement(vlan, To.NOBODY, this.#segmentMacs(vlan)));
  }

  released(vlans: VlanSet): void {
    for (const offset of this.#parts.offsetsMs()) {
      if (offset === 0) {
        this.#announce(vlans);
        continue;
      }
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        this.#announce(vlans);
      }, offset);
      this.#timers.add(timer.unref());
    }
  }

  #announce(vlans: VlanSet): void {
    this.#each(vlans, (vlan) => this.#announcement(vlan, To.OTHERS, this.#segmentMacs(vlan)));
    if (this.#parts.tellsCe()) this.#each(vlans, (vlan) => this.#announcement(vlan, To.PORT, this.#remoteMacs(vlan)));
  }

  /** The engine is away. */
  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#waiting.length = 0;
  }

  #each(vlans: VlanSet, of: (vlan: number) => Announcement | undefined): void {
    for (const vlan of vlansOf(vlans)) {
      if (this.#waiting.length >= WAITING_MAX) break;
      this.#waiting.push(() => of(vlan));
    }
    if (!this.#isSending) void this.#send();
  }

  /** In their order: the engine takes requests one after the other. */
  async #send(): Promise<void> {
    this.#isSending = true;
    const unanswered = new Set<Promise<void>>();
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const announcement = next();
      if (announcement === undefined) continue;
      const answered = this.#request(announcement).finally(() => unanswered.delete(answered));
      unanswered.add(answered);
      if (unanswered.size >= UNANSWERED_MAX) await Promise.race(unanswered);
    }
    this.#isSending = false;
  }

  async #request(announcement: Announcement): Promise<void> {
    const refused = await this.#parts.engine.announceMacs(announcement);
    if (refused !== undefined && refused !== this.#lastRefusal) {
      this.#parts.log(`ethernet segments: addresses of ${announcement.logicalPort} are not announced: ${refused}`);
    }
    this.#lastRefusal = refused ?? '';
  }

  #announcement(vlan: number, to: To, macs: ReadonlySet<number>): Announcement | undefined {
    const logicalPort = this.#parts.circuit(vlan);
    if (logicalPort === undefined || macs.size === 0) return undefined;
    // Before a release the VLAN is not open yet; afterwards it may have gone to another PE again.
    if (to !== To.NOBODY && !hasVlan(this.#parts.open(), vlan)) return undefined;
    return { logicalPort, macs: macBytes(macs), to };
  }

  #segmentMacs(vlan: number): ReadonlySet<number> {
    const macs = new Set(this.#parts.own.segment.of(vlan));
    for (const { segment } of this.#parts.theirs()) for (const mac of segment.of(vlan)) macs.add(mac);
    return macs;
  }

  #remoteMacs(vlan: number): ReadonlySet<number> {
    const macs = new Set<number>();
    for (const { remote } of this.#parts.theirs()) for (const mac of remote.of(vlan)) macs.add(mac);
    for (const mac of this.#segmentMacs(vlan)) macs.delete(mac);
    return macs;
  }
}

function macBytes(macs: ReadonlySet<number>): Uint8Array {
  const bytes = Buffer.alloc(macs.size * 6);
  let at = 0;
  for (const mac of macs) at = bytes.writeUIntBE(mac, at, 6);
  return bytes;
}
