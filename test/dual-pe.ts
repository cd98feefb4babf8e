/**
 * Two PEs that share a CE, each a router in a network namespace of its own, and a transfer network between them:
 *
 *   hosts ─ CE (Open vSwitch) ─┬─ ce │ PE 1 │ core ─┬─ transfer network (Open vSwitch) ─ remote hosts
 *                              └─ ce │ PE 2 │ core ─┘
 *
 * The transfer network carries the VLANs, and VLAN 100 for the PEs' own addresses (10.100.0.1 and .2), which the kernels of
 * their namespaces share by TAPs: sessions between them take the way that frames take.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deleteNamespaces, knowNeighbours, makeNamespaces } from '../lab/host.ts';
import { Site } from '../lab/site.ts';
import { bridgeDomain, bridgeDomains, interfaces, namespace, port, subInterface } from './configuration.ts';
import { Router } from './router.ts';
import { configure } from './topology.ts';

export const UNDERLAY_VLAN = 100;

const ip = 'urn:ietf:params:xml:ns:yang:ietf-ip';

export interface DualPeOptions {
  readonly vlans: readonly number[];
  /** Of the CE; the least that Open vSwitch takes is 15. */
  readonly ageingSeconds?: number;
}

export class Pe {
  readonly number: number;
  readonly namespace: string;
  readonly address: string;
  readonly #state: string;
  #router: Router | undefined;

  constructor(number: number, prefix: string, folder: string) {
    this.number = number;
    this.namespace = `${prefix}pe${number}`;
    this.address = `10.100.0.${number}`;
    this.#state = join(folder, `pe${number}`);
  }

  /** Of the PE that runs. */
  get router(): Router {
    if (this.#router === undefined) throw new Error(`PE ${this.number} does not run`);
    return this.#router;
  }

  /** With the configuration that it had. */
  async start(): Promise<void> {
    this.#router = await Router.start({ namespace: this.namespace, state: this.#state });
  }

  async cutPower(): Promise<void> {
    await this.router.cutPower();
    this.#router = undefined;
  }

  async stop(): Promise<void> {
    await this.#router?.stop();
    this.#router = undefined;
  }
}

export class DualPe {
  readonly vlans: readonly number[];
  readonly ce: Site;
  readonly transfer: Site;
  readonly pes: readonly [Pe, Pe];
  readonly folder: string;
  readonly #spaces: readonly string[];

  private constructor(vlans: readonly number[], ce: Site, transfer: Site, pes: readonly [Pe, Pe], folder: string) {
    this.vlans = vlans;
    this.ce = ce;
    this.transfer = transfer;
    this.pes = pes;
    this.folder = folder;
    this.#spaces = pes.map((pe) => pe.namespace);
  }

  /** Both PEs run and bridge the VLANs; nothing yet keeps the loop from closing that they make: blocked is every VLAN at `ce`. */
  static async build(options: DualPeOptions): Promise<DualPe> {
    const folder = mkdtempSync(join(tmpdir(), 'dual-pe-'));
    const prefix = `sluice-${folder.slice(-6)}-`;
    const pes = [new Pe(1, prefix, folder), new Pe(2, prefix, folder)] as const;
    await makeNamespaces(pes.map((pe) => pe.namespace));
    const site = (number: number, device: string): Promise<Site> =>
      Site.build({
        prefix,
        number,
        vlans: options.vlans,
        // One sends, the other is silent.
        hostsPerVlan: 2,
        routerDevices: pes.map((pe) => ({ device, namespace: pe.namespace })),
        folder: join(folder, device),
        ageingSeconds: number === 1 ? (options.ageingSeconds ?? 300) : 300,
      });
    const [ce, transfer] = await Promise.all([site(1, 'ce'), site(2, 'core')]);
    for (const vlan of options.vlans) {
      for (const number of [1, 2]) {
        await knowNeighbours(ce.host(vlan, number), [transfer.host(vlan, number)]);
        await knowNeighbours(transfer.host(vlan, number), [ce.host(vlan, number)]);
      }
    }
    const net = new DualPe(options.vlans, ce, transfer, pes, folder);
    try {
      for (const pe of pes) await pe.start();
      await Promise.all(pes.map((pe) => configure(pe.router, net.#configuration(pe))));
    } catch (error) {
      await net.remove();
      throw error;
    }
    return net;
  }

  #configuration(pe: Pe): string[] {
    const underlay = subInterface('core', UNDERLAY_VLAN).replace(
      '</interface>',
      `<ipv4 xmlns="${ip}"><address><ip>${pe.address}</ip><prefix-length>24</prefix-length></address></ipv4><ip-options xmlns="urn:sluice:yang:sluice-ip"><tap><device>core100</device></tap></ip-options></interface>`,
    );
    const blocks = this.vlans.map((vlan) => `<block-point><port>ce</port><vlan-id>${vlan}</vlan-id></block-point>`);
    return [
      interfaces(
        port('ce', 'ce'),
        port('core', 'core'),
        underlay,
        ...this.vlans.flatMap((vlan) => ['ce', 'core'].map((name) => subInterface(name, vlan))),
      ),
      bridgeDomains(...this.vlans.map((vlan) => bridgeDomain(`vlan${vlan}`, [`ce.${vlan}`, `core.${vlan}`]))),
      `<block-points xmlns="${namespace.blockPoints}">${blocks.join('')}</block-points>`,
    ];
  }

  async remove(): Promise<void> {
    for (const pe of this.pes) await pe.stop();
    await this.ce.remove();
    await this.transfer.remove();
    await deleteNamespaces(this.#spaces);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
