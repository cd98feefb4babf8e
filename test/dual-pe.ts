/**
 * Two PEs that share a CE, each a router in a network namespace of its own, and a transfer network between them:
 *
 *   hosts ─ CE (Open vSwitch) ─┬─ ce │ PE 1 │ core ─┬─ transfer network (Open vSwitch) ─┬─ remote hosts
 *                              └─ ce │ PE 2 │ core ─┘                                   └─ two routers (FRR) that answer BFD
 *
 * The transfer network carries the VLANs, and one of its own for the addresses of PEs and routers. The kernels of the PEs'
 * namespaces share these by TAPs: sessions between PEs take the way that frames take.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Frr } from '../lab/frr.ts';
import { deleteNamespaces, type Host, knowNeighbours, makeNamespaces } from '../lab/host.ts';
import { runIn, until } from '../lab/run.ts';
import { Site, type SiteOptions } from '../lab/site.ts';
import { clear } from '../src/start/clear.ts';
import { placesOf, readRecord } from '../src/start/record.ts';
import { bridgeDomain, bridgeDomains, bundle, interfaces, port, subInterface } from './configuration.ts';
import { Router } from './router.ts';
import {
  type BfdTimes,
  Credentials,
  ethernetSegment,
  type SegmentSettings,
  segmentRoles,
  segmentState,
} from './segment.ts';
import { configure } from './topology.ts';

const UNDERLAY_VLAN = 100;
export const UNDERLAY = `core.${UNDERLAY_VLAN}`;
const routers = [1, 2] as const;

/** The one system that both PEs are for a CE with LACP. */
const SYSTEM = '02:00:00:00:00:fe';

const ip = 'urn:ietf:params:xml:ns:yang:ietf-ip';

export interface DualPeOptions {
  readonly vlans: readonly number[];
  /** Of the CE; the least that Open vSwitch takes is 15. */
  readonly ageingSeconds?: number;
  /** Between the PEs. */
  readonly bfd: BfdTimes;
  /** Of each PE with the routers of the transfer network; by default as between the PEs. */
  readonly tracking?: BfdTimes;
  /** Of the segment. */
  readonly settings?: SegmentSettings;
  /** Further configuration of each PE, such as ce-notifications. */
  readonly more?: readonly string[] | ((pe: number) => readonly string[]);
  /** How the CE is attached: two ports of its bridge, one bond over both without LACP, one with it. */
  readonly attachment?: 'ports' | 'bond' | 'lacp';
  /** The CE is a bridge of the Linux kernel, in a guest. */
  readonly linuxBridge?: boolean;
}

/** Frames that come by a link which is in use are taken, whichever the switch sends by. */
function ceOf({ attachment, linuxBridge }: DualPeOptions): Pick<SiteOptions, 'bond' | 'linuxBridge'> {
  if (linuxBridge === true) return { linuxBridge };
  if (attachment !== 'bond' && attachment !== 'lacp') return {};
  const lacp = attachment === 'lacp' ? { lacp: 'active', 'other_config:lacp-time': 'fast' } : {};
  return { bond: { bond_mode: 'balance-slb', ...lacp } };
}

export class Pe {
  readonly number: number;
  readonly namespace: string;
  readonly address: string;
  readonly #state: string;
  #router: Router | undefined;
  #isFrozen = false;

  constructor(number: number, prefix: string, folder: string) {
    this.number = number;
    this.namespace = `${prefix}pe${number}`;
    this.address = `10.0.${UNDERLAY_VLAN}.${10 + number}`;
    this.#state = join(folder, `pe${number}`);
  }

  /** Of the PE that runs. */
  get router(): Router {
    if (this.#router === undefined) throw new Error(`PE ${this.number} does not run`);
    return this.#router;
  }

  get isRunning(): boolean {
    return this.#router !== undefined && !this.#isFrozen;
  }

  /** With the configuration that it had. */
  async start(): Promise<void> {
    this.#router = await Router.start({ namespace: this.namespace, state: this.#state });
  }

  /** As one that loses its power; `crash` follows. */
  freeze(): void {
    this.router.freeze();
    this.#isFrozen = true;
  }

  /** kill -9 of all of it. Its devices stay. */
  async crash(): Promise<void> {
    await this.router.crash();
    this.#router = undefined;
    this.#isFrozen = false;
  }

  async stop(): Promise<void> {
    const places = placesOf(this.#state);
    if (this.#isFrozen) await this.crash();
    await this.#router?.stop();
    this.#router = undefined;
    // What one that was killed has left behind.
    const record = readRecord(places);
    if (record !== undefined) await clear(places, record);
  }
}

export class DualPe {
  readonly options: DualPeOptions;
  readonly ce: Site;
  readonly transfer: Site;
  readonly pes: readonly [Pe, Pe];
  readonly folder: string;
  readonly #credentials: Credentials;
  readonly #frrs: Frr[] = [];

  private constructor(
    options: DualPeOptions,
    ce: Site,
    transfer: Site,
    pes: readonly [Pe, Pe],
    folder: string,
    credentials: Credentials,
  ) {
    this.options = options;
    this.ce = ce;
    this.transfer = transfer;
    this.pes = pes;
    this.folder = folder;
    this.#credentials = credentials;
  }

  /** Resolves when both PEs are configured; who forwards what is then still to be decided. */
  static async build(options: DualPeOptions): Promise<DualPe> {
    const folder = mkdtempSync(join(tmpdir(), 'dual-pe-'));
    const prefix = `sluice-${folder.slice(-6)}-`;
    const pes = [new Pe(1, prefix, folder), new Pe(2, prefix, folder)] as const;
    await makeNamespaces(pes.map((pe) => pe.namespace));
    const site = (number: number, device: string, vlans: readonly number[]): Promise<Site> =>
      Site.build({
        prefix,
        number,
        vlans,
        // One that sends, one that is silent.
        hostsPerVlan: 2,
        routerDevices: pes.map((pe) => ({ device, namespace: pe.namespace })),
        folder: join(folder, device),
        isFirst: true,
        ageingSeconds: number === 1 ? (options.ageingSeconds ?? 300) : 300,
        ...(number === 1 ? ceOf(options) : {}),
      });
    const { vlans } = options;
    const [ce, transfer] = await Promise.all([site(1, 'ce', vlans), site(2, 'core', [...vlans, UNDERLAY_VLAN])]);
    const net = new DualPe(options, ce, transfer, pes, folder, new Credentials(folder, pes));
    try {
      for (const vlan of vlans) {
        for (const number of [1, 2]) {
          await knowNeighbours(ce.host(vlan, number), [transfer.host(vlan, number)]);
          await knowNeighbours(transfer.host(vlan, number), [ce.host(vlan, number)]);
        }
      }
      for (const pe of pes) await pe.start();
      for (const router of net.coreRouters) net.#frrs.push(await net.#startFrr(router));
      await Promise.all(pes.map((pe) => configure(pe.router, net.#configuration(pe))));
      await until('the PEs to reach each other', 30_000, () => net.#ping());
    } catch (error) {
      await net.remove();
      throw error;
    }
    return net;
  }

  /** What answers BFD in the transfer network. */
  get coreRouters(): readonly Host[] {
    return routers.map((number) => this.transfer.host(UNDERLAY_VLAN, number));
  }

  /** Waits until this PE forwards the VLANs, and every other one that runs blocks them: both say that nothing is under way. */
  async settled(vlans: readonly number[], pe: Pe): Promise<void> {
    const running = this.pes.filter((one) => one.isRunning);
    await until(`VLANs ${vlans} at PE ${pe.number}`, 60_000, async () => {
      for (const one of running) {
        const roles = await segmentRoles(one.router);
        const wanted = one === pe ? 'forwarder' : 'blocked';
        if (!vlans.every((vlan) => roles.get(vlan) === wanted)) return undefined;
      }
      return true;
    }).catch(async (error: Error) => {
      const states = await Promise.all(running.map((one) => segmentState(one.router)));
      throw new Error([error.message, ...states].join('\n'));
    });
  }

  peerOf(pe: Pe): Pe {
    return this.pes[pe.number === 1 ? 1 : 0];
  }

  /** The device of the transfer network, or of the CE, to which the PE is attached. */
  uplinkOf(pe: Pe): string {
    return `uplink${pe.number}`;
  }

  /** Frames from one PE do not pass the CE to the other one, or do again. */
  async cutCePath(isCut: boolean): Promise<void> {
    // A bond passes nothing from one of its links to another.
    if (ceOf(this.options).bond !== undefined) return;
    const ports = this.pes.map((pe) => this.uplinkOf(pe));
    if (this.ce.linuxBridge !== undefined) {
      await this.ce.linuxBridge.isolate(ports, isCut);
      return;
    }
    // Open vSwitch sends nothing from one protected port to another.
    for (const name of ports) await this.ce.switch.setPort(name, { protected: String(isCut) });
  }

  async #ping(): Promise<true | undefined> {
    const [one, two] = this.pes;
    const answer = await runIn(one.namespace, 'ping', '-c', '1', '-W', '1', two.address).catch(() => '');
    return answer.includes(' 1 received') || undefined;
  }

  get #tracking(): BfdTimes {
    return this.options.tracking ?? this.options.bfd;
  }

  #startFrr(host: Host): Promise<Frr> {
    const { ms, multiplier } = this.#tracking;
    const peers = this.pes.flatMap((pe) => [
      ` peer ${pe.address} local-address ${host.address} interface eth0`,
      `  detect-multiplier ${multiplier}`,
      `  receive-interval ${ms}`,
      `  transmit-interval ${ms}`,
      ' exit',
    ]);
    return Frr.start({
      namespace: host.namespace,
      configuration: ['bfd', ...peers, 'exit'],
      daemons: ['bfdd'],
    });
  }

  #configuration(pe: Pe): string[] {
    const { vlans, bfd, settings, more = [], attachment } = this.options;
    const underlay = subInterface('core', UNDERLAY_VLAN).replace(
      '</interface>',
      `<ipv4 xmlns="${ip}"><address><ip>${pe.address}</ip><prefix-length>24</prefix-length></address></ipv4><ip-options xmlns="urn:sluice:yang:sluice-ip"><tap><device>core${UNDERLAY_VLAN}</device></tap></ip-options></interface>`,
    );
    return [
      interfaces(
        attachment === 'lacp' ? bundle('ce', 'ce', SYSTEM) : port('ce', 'ce'),
        port('core', 'core'),
        underlay,
        ...vlans.flatMap((vlan) => ['ce', 'core'].map((name) => subInterface(name, vlan))),
      ),
      bridgeDomains(...vlans.map((vlan) => bridgeDomain(`vlan${vlan}`, [`ce.${vlan}`, `core.${vlan}`]))),
      ...this.#credentials.of(pe),
      ethernetSegment({
        local: pe.address,
        peer: this.peerOf(pe).address,
        interface: UNDERLAY,
        targets: this.coreRouters.map(({ address }) => address),
        uplink: 'core',
        port: 'ce',
        vlans,
        bfd,
        tracking: this.#tracking,
        settings: settings ?? {},
      }),
      ...(typeof more === 'function' ? more(pe.number) : more),
    ];
  }

  async remove(): Promise<void> {
    for (const pe of this.pes) await pe.stop();
    for (const frr of this.#frrs) await frr.stop();
    await this.ce.remove();
    await this.transfer.remove();
    await deleteNamespaces(this.pes.map((pe) => pe.namespace));
    rmSync(this.folder, { recursive: true, force: true });
  }
}
