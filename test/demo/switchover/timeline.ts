/** What both PEs notify, with times from a moment on. */
import type { NetconfClient } from '../../../src/northbound/netconf/client.ts';
import type { DualPe, Pe } from '../../dual-pe.ts';

export interface Line {
  /** Milliseconds since the moment. */
  readonly atMs: number;
  readonly pe: number;
  readonly text: string;
}

const value = (xml: string, leaf: string): string | undefined =>
  new RegExp(`<${leaf}>([^<]*)</${leaf}>`).exec(xml)?.[1];

export class Timeline {
  readonly #lines: { readonly at: number; readonly pe: number; readonly text: string }[] = [];
  readonly #clients: NetconfClient[] = [];
  #from = 0;

  /** Listens to the PEs that run. */
  static async start(net: DualPe): Promise<Timeline> {
    const timeline = new Timeline();
    for (const pe of net.pes) if (pe.isRunning) await timeline.#listen(pe);
    return timeline;
  }

  /** Times count from now on. */
  mark(): void {
    this.#from = performance.now();
    this.#lines.length = 0;
  }

  async #listen(pe: Pe): Promise<void> {
    const client = await pe.router.connect();
    this.#clients.push(client);
    await client.rpc('<create-subscription xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0"/>');
    const read = async (): Promise<void> => {
      for await (const { xml, receivedAt } of client.notifications()) {
        if (!xml.includes('<ethernet-segment-change')) continue;
        const vlans = [...xml.matchAll(/<vlan>([^<]*)</g)].map((match) => match[1]).join(', ');
        const text = `VLAN ${vlans} ${value(xml, 'new-state')} (${value(xml, 'cause')})`;
        this.#lines.push({ at: receivedAt, pe: pe.number, text });
      }
    };
    // A PE that is killed ends its session: nobody's error.
    void read().catch(() => undefined);
  }

  async stop(): Promise<readonly Line[]> {
    for (const client of this.#clients) await client.close().catch(() => undefined);
    return this.#lines.map(({ at, pe, text }) => ({ atMs: at - this.#from, pe, text }));
  }
}
