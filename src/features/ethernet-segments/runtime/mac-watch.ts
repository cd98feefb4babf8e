/**
 * The addresses that each segment exchanges with its peers, from what the engine has learned: those behind the segment, and
 * those of the transfer network in the same bridge domain. Found by reading the engine's table again and again and taking
 * the difference. A reading is followed by a pause that grows with the table, so that it costs a twentieth of a processor at
 * most; how long the reading took says nothing of that, since it waits for a processor too.
 */
import type { FdbEntry } from '../../../engine/gen/sluice_pb.js';
import type { MacTable } from '../exchange/mac-table.ts';
import type { Circuit } from './circuits.ts';
import type { SegmentEngine } from './engine.ts';

const SHORTEST_PAUSE_MS = 500;
/** Twenty times 5 µs: 1.2 to 2.1 µs of sluiced, measured at 100,000 of them, and the rest left to the engine. */
const PAUSE_PER_ENTRY_MS = 0.1;
/** Of each set of a segment; further addresses are not told. */
const MACS_MAX = 131_072;

/** One VLAN of a segment, and its addresses. */
interface Place {
  readonly own: { readonly remote: MacTable; readonly segment: MacTable };
  readonly vlan: number;
}

export class MacWatch {
  readonly #engine: Pick<SegmentEngine, 'stream'>;
  readonly #places = new Map<string, Place>();
  readonly #byDomain = new Map<string, Place[]>();
  #timer: NodeJS.Timeout | undefined;
  #isReading = false;
  /** A reading that began with other circuits says nothing of these. */
  #generation = 0;

  constructor(engine: Pick<SegmentEngine, 'stream'>) {
    this.#engine = engine;
  }

  /** Takes the circuits of all segments that have peers. */
  follow(segments: Iterable<{ readonly own: Place['own']; readonly circuits: readonly Circuit[] }>): void {
    this.#generation += 1;
    this.#places.clear();
    this.#byDomain.clear();
    for (const { own, circuits } of segments) {
      for (const { interface: name, vlan, bridgeDomain } of circuits) {
        if (bridgeDomain === undefined) continue;
        const place = { own, vlan };
        this.#places.set(name, place);
        const places = this.#byDomain.get(bridgeDomain);
        if (places === undefined) this.#byDomain.set(bridgeDomain, [place]);
        else places.push(place);
      }
    }
    if (this.#places.size === 0) this.stop();
    else if (this.#timer === undefined && !this.#isReading) this.#again(0);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #again(afterMs: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#read();
    }, afterMs).unref();
  }

  async #read(): Promise<void> {
    this.#isReading = true;
    const generation = this.#generation;
    let entries = 0;
    const seen = new Map<MacTable, Map<number, Set<number>>>();
    const isWhole = await this.#engine.stream({ case: 'fdb', value: {} }, ({ fdb }) => {
      entries += fdb.length;
      for (const entry of fdb) this.#note(entry, seen);
    });
    this.#isReading = false;
    // What the engine did not say to its end says nothing of what is gone.
    if (isWhole && generation === this.#generation)
      for (const { own, vlan } of this.#places.values())
        for (const table of Object.values(own)) apply(table, vlan, seen);
    if (this.#places.size > 0) this.#again(Math.max(SHORTEST_PAUSE_MS, entries * PAUSE_PER_ENTRY_MS));
  }

  #note({ logicalPort, bridgeDomain, mac }: FdbEntry, seen: Map<MacTable, Map<number, Set<number>>>): void {
    const places = this.#byDomain.get(bridgeDomain);
    if (places === undefined) return;
    const address = macNumber(mac);
    const at = this.#places.get(logicalPort);
    for (const place of places) {
      if (at === undefined) put(seen, place.own.remote, place.vlan, address);
      else if (at === place) put(seen, place.own.segment, place.vlan, address);
    }
  }
}

function put(seen: Map<MacTable, Map<number, Set<number>>>, table: MacTable, vlan: number, mac: number): void {
  let vlans = seen.get(table);
  if (vlans === undefined) {
    vlans = new Map();
    seen.set(table, vlans);
  }
  const macs = vlans.get(vlan);
  if (macs === undefined) vlans.set(vlan, new Set([mac]));
  else macs.add(mac);
}

function apply(
  table: MacTable,
  vlan: number,
  seen: ReadonlyMap<MacTable, ReadonlyMap<number, ReadonlySet<number>>>,
): void {
  const macs = seen.get(table)?.get(vlan) ?? NONE;
  for (const mac of [...table.of(vlan)]) if (!macs.has(mac)) table.remove(vlan, mac);
  for (const mac of macs) if (table.size < MACS_MAX) table.add(vlan, mac);
}

const NONE: ReadonlySet<number> = new Set();

function macNumber(bytes: Uint8Array): number {
  let number = 0;
  for (const octet of bytes) number = number * 256 + octet;
  return number;
}
