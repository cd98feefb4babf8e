/** The two topologies that most cases need, built and configured. */
import { knowNeighbours, makeNamespaces, plainDevice } from '../lab/host.ts';
import { ipBatch } from '../lab/run.ts';
import type { Site } from '../lab/site.ts';
import {
  bridgeDomain,
  bridgeDomains,
  ceNotification,
  ceNotifications,
  editConfig,
  interfaces,
  port,
  subInterface,
} from './configuration.ts';
import type { Router } from './router.ts';

export const vlans = [10, 20] as const;

/** Two sites with one uplink each, at the ports `site1` and `site2`; VLANs 10 and 20 bridged between them. */
export async function twoSites(
  router: Router,
  driver: 'af-packet' | 'af-xdp' = 'af-packet',
): Promise<{ site1: Site; site2: Site }> {
  const [site1, site2] = await Promise.all([
    router.buildSite({ number: 1, vlans, routerDevices: [router.device('s1')] }),
    router.buildSite({ number: 2, vlans, routerDevices: [router.device('s2')] }),
  ]);
  await introduce(site1, site2);
  await configure(router, [
    interfaces(
      port('site1', router.device('s1'), driver),
      port('site2', router.device('s2'), driver),
      ...vlans.flatMap((vlan) => [subInterface('site1', vlan), subInterface('site2', vlan)]),
    ),
    bridgeDomains(...vlans.map((vlan) => bridgeDomain(`vlan${vlan}`, [`site1.${vlan}`, `site2.${vlan}`]))),
  ]);
  return { site1, site2 };
}

export interface DualHomed {
  /** Its switch has two uplinks: `uplink1` to the router's port `left`, `uplink2` to `right`. */
  readonly ce: Site;
  /** The other end of the transfer network, at the port `remote`. */
  readonly remote: Site;
}

/**
 * A customer edge with two uplinks to the router, and a remote site; VLANs 10 and 20. Block points on `right` keep the
 * two uplinks from being a loop.
 */
export async function dualHomed(
  router: Router,
  options: { ageingSeconds: number; more: readonly string[] },
): Promise<DualHomed> {
  const [ce, remote] = await Promise.all([
    router.buildSite({
      number: 1,
      vlans,
      routerDevices: [router.device('l'), router.device('r')],
      ageingSeconds: options.ageingSeconds,
    }),
    router.buildSite({ number: 2, vlans, routerDevices: [router.device('m')] }),
  ]);
  await introduce(ce, remote);
  await configure(router, [
    interfaces(
      port('left', router.device('l')),
      port('right', router.device('r')),
      port('remote', router.device('m')),
      ...vlans.flatMap((vlan) => ['left', 'right', 'remote'].map((name) => subInterface(name, vlan))),
    ),
    bridgeDomains(
      ...vlans.map((vlan) =>
        bridgeDomain(
          `vlan${vlan}`,
          ['left', 'right', 'remote'].map((name) => `${name}.${vlan}`),
        ),
      ),
    ),
    ...options.more,
  ]);
  return { ce, remote };
}

export async function configure(router: Router, content: readonly string[]): Promise<void> {
  const client = await router.connect();
  try {
    await client.rpc(editConfig('running', ...content));
  } finally {
    await client.close();
  }
}

/**
 * A Linux host at the router's device of this name, with the addresses 10.SUBNET.2 and 2001:db8:SUBNET::2 ("77.1"). Returns
 * its namespace.
 */
export async function linuxHost(router: Router, name: string, subnet: string): Promise<string> {
  const space = `${router.places.namespacePrefix}${name}`;
  const device = router.device(name);
  await makeNamespaces([space]);
  await ipBatch([`link add name eth0 netns ${space} type veth peer name ${device}`, `link set dev ${device} up`]);
  await plainDevice(undefined, device);
  await ipBatch(
    [
      'link set dev eth0 up',
      `address add 10.${subnet}.2/24 dev eth0`,
      `address add 2001:db8:${subnet.replace('.', ':')}::2/64 dev eth0 nodad`,
    ],
    space,
  );
  return space;
}

/** CE notification on or off, by both methods, on both uplinks of a dual-homed CE. */
export const notifyUplinks = (on: boolean): string =>
  ceNotifications(...['left', 'right'].map((name) => ceNotification(name, { macMove: on, mvrp: on })));

/** The hosts of both sites know each other's addresses: no ARP, and a silent host stays silent. */
async function introduce(a: Site, b: Site): Promise<void> {
  for (const vlan of vlans) {
    await knowNeighbours(a.host(vlan), [b.host(vlan)]);
    await knowNeighbours(b.host(vlan), [a.host(vlan)]);
  }
}
