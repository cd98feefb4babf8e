/** What both PEs notify, with times from a moment on. */
import { EventEmitter, once } from 'node:events';
import { vlansOf } from '../../../src/features/ethernet-segments/decision/vlan-set.ts';
import { vlansOfRanges } from '../../../src/features/ethernet-segments/vlan-ranges.ts';
import { orLate } from '../../../src/features/or-late.ts';
import type { NetconfClient } from '../../../src/northbound/netconf/client.ts';
import type { DualPe, Pe } from '../../dual-pe.ts';

export interface Line {
  /** Milliseconds since the moment: when it was heard, and when the engine had carried it out. */
  readonly atMs: number;
  readonly effectiveMs: number;
  readonly pe: number;
  readonly vlans: readonly number[];
  readonly isForwarding: boolean;
  readonly text: string;
}

const value = (xml: string, leaf: string): string | undefined =>
  new RegExp(`<${leaf}>([^<]*)</${leaf}>`).exec(xml)?.[1];

export class Timeline {
  readonly #lines: Line[] = [];
  readonly #clients: NetconfClient[] = [];
  readonly #heard = new EventEmitter<{ line: [] }>();
  #from = 0;

  /** Listens to the PEs that run. */
  static async start(net: DualPe): Promise<Timeline> {
    const timeline = new Timeline();
    for (const pe of net.pes) if (pe.isRunning) await timeline.listen(pe);
    return timeline;
  }

  /** Times count from now on. */
  mark(): void {
    this.#from = performance.now();
    this.#lines.length = 0;
  }

  /** Resolves once the PE has notified that it forwards all of the VLANs, or blocks them, since the mark; it is asked nothing. */
  async told(pe: Pe, state: 'forwarding' | 'blocked', vlans: readonly number[]): Promise<void> {
    const isTold = (): boolean =>
      vlans.every((vlan) => {
        const last = this.#lines.findLast((line) => line.pe === pe.number && line.vlans.includes(vlan));
        return last !== undefined && last.isForwarding === (state === 'forwarding');
      });
    const heard = async (): Promise<void> => {
      while (!isTold()) await once(this.#heard, 'line');
    };
    if ((await orLate(60_000, heard())) === 'late')
      throw new Error(`PE ${pe.number} ${state} ${vlans.join(', ')}: not notified within a minute`);
  }

  async listen(pe: Pe): Promise<void> {
    const client = await pe.router.connect();
    this.#clients.push(client);
    await client.rpc('<create-subscription xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0"/>');
    const read = async (): Promise<void> => {
      for await (const { xml, receivedAt } of client.notifications()) {
        if (xml.includes('<ethernet-segment-change')) this.#take(pe.number, xml, receivedAt - this.#from);
      }
    };
    // A PE that is killed ends its session: nobody's error.
    void read().catch(() => undefined);
  }

  #take(pe: number, xml: string, atMs: number): void {
    const ranges = [...xml.matchAll(/<vlan>([^<]*)</g)].map((match) => match[1] as string);
    const state = value(xml, 'new-state');
    const effective = value(xml, 'effective-at');
    const text = `VLAN ${ranges.join(', ')} ${state} (${value(xml, 'cause')})`;
    this.#lines.push({
      atMs,
      effectiveMs: effective === undefined ? atMs : realtimeMs(effective) - performance.timeOrigin - this.#from,
      pe,
      vlans: [...vlansOf(vlansOfRanges(ranges))],
      isForwarding: state === 'forwarding',
      text,
    });
    this.#heard.emit('line');
  }

  async stop(): Promise<readonly Line[]> {
    for (const client of this.#clients) await client.close().catch(() => undefined);
    return [...this.#lines].sort((a, b) => a.effectiveMs - b.effectiveMs);
  }
}

/** Milliseconds since 1970 of a date-and-time, with its fraction. */
function realtimeMs(text: string): number {
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? '0';
  return Date.parse(text.replace(/\.\d+/, '')) + Number(`0.${fraction}`) * 1000;
}
