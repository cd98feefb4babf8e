/**
 * A customer's site: a CE switch with one or more uplinks to the router, and an untagged host behind it in each VLAN.
 *
 *   host VLAN 10 ─┐                 ┌─ uplink (veth) ─ the router's port
 *   host VLAN 20 ─┴─ Open vSwitch ──┴─ …
 */
import { attachHost, deleteNamespaces, type Host, makeNamespaces, plainDevice } from './host.ts';
import { ipBatch } from './run.ts';
import { Switch } from './switch.ts';

export interface SiteOptions {
  /** Prefix of every namespace: `sluice-1a2b-`. */
  readonly prefix: string;
  /** 1 to 250: decides names, addresses and MACs. */
  readonly number: number;
  /** Kernel devices at the router's end, one for each uplink. Made here, in the namespace that the router runs in. */
  readonly routerDevices: readonly string[];
  readonly vlans: readonly number[];
  /** Folder for the switch's files. */
  readonly folder: string;
  readonly ageingSeconds?: number;
}

export class Site {
  readonly switch: Switch;
  /** By VLAN. */
  readonly hosts: ReadonlyMap<number, Host>;
  readonly #namespaces: readonly string[];

  private constructor(ce: Switch, hosts: ReadonlyMap<number, Host>, namespaces: readonly string[]) {
    this.switch = ce;
    this.hosts = hosts;
    this.#namespaces = namespaces;
  }

  static async build(options: SiteOptions): Promise<Site> {
    const site = `${options.prefix}site${options.number}`;
    const hosts = new Map(options.vlans.map((vlan) => [vlan, hostOf(site, options.number, vlan)]));
    const namespaces = [site, ...[...hosts.values()].map((host) => host.namespace)];
    await makeNamespaces(namespaces);

    const uplinks = options.routerDevices.map((device, index) => ({ device, uplink: `uplink${index + 1}` }));
    const [ce] = await Promise.all([
      Switch.start(site, options.folder, { ageingSeconds: options.ageingSeconds ?? 300 }),
      ...uplinks.map(async ({ device, uplink }) => {
        await ipBatch([`link add ${device} type veth peer name ${uplink} netns ${site}`]);
        await Promise.all([plainDevice(undefined, device), plainDevice(site, uplink)]);
        await ipBatch([`link set ${device} up`]);
        await ipBatch([`link set ${uplink} up`], site);
      }),
      ...[...hosts].map(([vlan, host]) => attachHost(host, { namespace: site, device: `vlan${vlan}` })),
    ]);
    await ce.addPorts([
      ...uplinks.map(({ uplink }) => ({ device: uplink })),
      ...options.vlans.map((vlan) => ({ device: `vlan${vlan}`, accessVlan: vlan })),
    ]);
    return new Site(ce, hosts, namespaces);
  }

  host(vlan: number): Host {
    const host = this.hosts.get(vlan);
    if (host === undefined) throw new Error(`no host in VLAN ${vlan}`);
    return host;
  }

  /** Takes everything down again. */
  async remove(): Promise<void> {
    await this.switch.stop();
    await deleteNamespaces(this.#namespaces);
  }
}

/** 10.0.<vlan>.<site>, 02:00:00:<vlan>:<site>; the VLAN in two bytes. */
function hostOf(site: string, number: number, vlan: number): Host {
  const hex = (value: number): string => value.toString(16).padStart(2, '0');
  return {
    namespace: `${site}-vlan${vlan}`,
    address: `10.${vlan >> 8}.${vlan & 255}.${number}`,
    mac: `02:00:00:${hex(vlan >> 8)}:${hex(vlan & 255)}:${hex(number)}`,
  };
}
