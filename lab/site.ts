/**
 * A customer's site: a CE switch with one or more uplinks to the router, and an untagged host behind it in each VLAN.
 *
 *   host VLAN 10 ─┐                 ┌─ uplink (veth) ─ the router's port
 *   host VLAN 20 ─┴─ Open vSwitch ──┴─ …
 */
import { LinuxBridge } from './guest/linux-bridge.ts';
import { attachHost, deleteNamespaces, type Host, makeNamespaces, plainDevice } from './host.ts';
import { ipBatch } from './run.ts';
import { Switch } from './switch.ts';

/** In the namespace of the caller unless said. */
export type RouterDevice = string | { readonly device: string; readonly namespace: string };

export interface SiteOptions {
  /** Prefix of every namespace: `sluice-1a2b-`. */
  readonly prefix: string;
  /** 1 to 250, and to 100 with several hosts in a VLAN: decides names, addresses and MACs. */
  readonly number: number;
  /** Kernel devices at the router's end, one for each uplink. Made here. */
  readonly routerDevices: readonly RouterDevice[];
  readonly vlans: readonly number[];
  /** Folder for the switch's files. */
  readonly folder: string;
  readonly ageingSeconds?: number;
  /** Its switch goes before everything else on the machine (`SwitchOptions`). */
  readonly isFirst?: boolean;
  /** In each VLAN; 1 unless said. */
  readonly hostsPerVlan?: number;
  /** The uplinks are one bond with these columns of its port, such as lacp=active, and not a port each. */
  readonly bond?: Readonly<Record<string, string>>;
  /** The CE is a bridge of the Linux kernel in a guest; the switch before it only makes hosts' frames tagged. */
  readonly linuxBridge?: boolean;
}

export class Site {
  /** That the hosts are attached to; with `linuxBridge` the CE is behind it. */
  readonly switch: Switch;
  readonly linuxBridge: LinuxBridge | undefined;
  /** By VLAN. */
  readonly #hosts: ReadonlyMap<number, readonly Host[]>;
  readonly #namespaces: readonly string[];

  private constructor(
    ce: Switch,
    linuxBridge: LinuxBridge | undefined,
    hosts: ReadonlyMap<number, readonly Host[]>,
    namespaces: readonly string[],
  ) {
    this.switch = ce;
    this.linuxBridge = linuxBridge;
    this.#hosts = hosts;
    this.#namespaces = namespaces;
  }

  static async build(options: SiteOptions): Promise<Site> {
    const site = `${options.prefix}site${options.number}`;
    const numbers = Array.from({ length: options.hostsPerVlan ?? 1 }, (_, index) => index + 1);
    const hosts = new Map(
      options.vlans.map((vlan) => [vlan, numbers.map((number) => hostOf(site, options.number, vlan, number))] as const),
    );
    const cables = [...hosts].flatMap(([vlan, list]) =>
      list.map((host, index) => ({ host, vlan, device: index === 0 ? `vlan${vlan}` : `vlan${vlan}-${index + 1}` })),
    );
    const namespaces = [site, ...cables.map(({ host }) => host.namespace)];
    await makeNamespaces(namespaces);

    const uplinks = options.routerDevices.map((end, index) => ({
      ...(typeof end === 'string' ? { device: end, namespace: undefined } : end),
      uplink: `uplink${index + 1}`,
    }));
    const [ce] = await Promise.all([
      Switch.start(site, options.folder, {
        ageingSeconds: options.ageingSeconds ?? 300,
        isFirst: options.isFirst ?? false,
      }),
      ...uplinks.map(async ({ device, namespace, uplink }) => {
        await ipBatch([`link add ${device} type veth peer name ${uplink} netns ${site}`], namespace);
        await Promise.all([plainDevice(namespace, device), plainDevice(site, uplink)]);
        await ipBatch([`link set ${device} up`], namespace);
        await ipBatch([`link set ${uplink} up`], site);
      }),
      ...cables.map(({ host, device }) => attachHost(host, { namespace: site, device })),
    ]);
    const devices = uplinks.map(({ uplink }) => uplink);
    const linuxBridge =
      options.linuxBridge === true
        ? await LinuxBridge.start({
            namespace: site,
            folder: `${options.folder}/guest`,
            cables: devices,
            trunk: 'trunk',
            vlans: options.vlans,
            ageingSeconds: options.ageingSeconds ?? 300,
          })
        : undefined;
    if (options.bond !== undefined) await ce.addBond('bond', devices, options.bond);
    const trunks = linuxBridge !== undefined ? ['trunk'] : options.bond === undefined ? devices : [];
    await ce.addPorts([
      ...trunks.map((device) => ({ device })),
      ...cables.map(({ device, vlan }) => ({ device, accessVlan: vlan })),
    ]);
    return new Site(ce, linuxBridge, hosts, namespaces);
  }

  /** `number` counts the hosts of a VLAN from 1. */
  host(vlan: number, number = 1): Host {
    const host = this.#hosts.get(vlan)?.[number - 1];
    if (host === undefined) throw new Error(`no host ${number} in VLAN ${vlan}`);
    return host;
  }

  /** Takes everything down again. */
  async remove(): Promise<void> {
    await this.linuxBridge?.stop();
    await this.switch.stop();
    await deleteNamespaces(this.#namespaces);
  }
}

/** 10.0.<vlan>.<site>, 02:00:00:<vlan>:<site>; the VLAN in two bytes. Of the second host in a VLAN <site> + 100, and so on. */
function hostOf(site: string, siteNumber: number, vlan: number, number: number): Host {
  const hex = (value: number): string => value.toString(16).padStart(2, '0');
  const last = siteNumber + 100 * (number - 1);
  return {
    namespace: `${site}-vlan${vlan}${number === 1 ? '' : `-${number}`}`,
    address: `10.${vlan >> 8}.${vlan & 255}.${last}`,
    mac: `02:00:00:${hex(vlan >> 8)}:${hex(vlan & 255)}:${hex(last)}`,
  };
}
