/**
 * The demo of `npm start`: two customer sites whose VLANs 10 and 20 the router bridges.
 *
 *   site 1: host VLAN 10 ─┐            ┌── router ──┐            ┌─ host VLAN 10 :site 2
 *           host VLAN 20 ─┴─ switch ───┤ VLAN 10, 20├─── switch ─┴─ host VLAN 20
 */
import { Site } from '../../lab/site.ts';
import { connectUnix } from '../northbound/netconf/client.ts';
import { devicePrefix } from './clear.ts';
import type { Places } from './record.ts';

export const demoVlans = [10, 20] as const;

/** Builds both sites. Undone by clear(). */
export async function buildSites(places: Places): Promise<Site[]> {
  return Promise.all(
    [1, 2].map((number) =>
      Site.build({
        prefix: places.namespacePrefix,
        number,
        routerDevices: [deviceOf(places, number)],
        vlans: demoVlans,
        folder: `${places.run}/site${number}`,
      }),
    ),
  );
}

/**
 * Loads the demo configuration through NETCONF, over the recovery session's socket, into a router that has no
 * interface yet; what somebody configured stays as it is.
 */
export async function loadDemo(places: Places): Promise<void> {
  const client = await connectUnix(places.netconfSocket);
  try {
    const present = await client.rpc(
      `<get-config><source><running/></source><filter><interfaces xmlns="${namespaces.interfaces}"><interface><name/></interface></interfaces></filter></get-config>`,
    );
    if (present.includes('<interface>')) return;
    await client.rpc(
      `<edit-config><target><candidate/></target><error-option>rollback-on-error</error-option><config>${demoConfiguration(places)}</config></edit-config>`,
    );
    await client.rpc('<commit/>');
    await client.rpc('<copy-config><target><startup/></target><source><running/></source></copy-config>');
  } finally {
    await client.close();
  }
}

const namespaces = {
  interfaces: 'urn:ietf:params:xml:ns:yang:ietf-interfaces',
  types: 'urn:ietf:params:xml:ns:yang:iana-if-type',
};

function deviceOf(places: Places, site: number): string {
  return `${devicePrefix(places)}s${site}`;
}

function demoConfiguration(places: Places): string {
  const sites = [1, 2];
  const ports = sites.map(
    (site) => `
    <interface>
      <name>site${site}</name>
      <description>Trunk to the switch of site ${site}</description>
      <type>ianaift:ethernetCsmacd</type>
      <port xmlns="urn:sluice:yang:sluice-interfaces"><af-packet>${deviceOf(places, site)}</af-packet></port>
    </interface>`,
  );
  const subInterfaces = sites.flatMap((site) =>
    demoVlans.map(
      (vlan) => `
    <interface>
      <name>site${site}.${vlan}</name>
      <type>ianaift:l2vlan</type>
      <parent-interface xmlns="urn:sluice:yang:sluice-interfaces">site${site}</parent-interface>
      <encapsulation xmlns="urn:sluice:yang:sluice-interfaces"><outer-vlan-id>${vlan}</outer-vlan-id></encapsulation>
    </interface>`,
    ),
  );
  const bridgeDomains = demoVlans.map(
    (vlan) => `
    <bridge-domain>
      <name>vlan${vlan}</name>${sites.map((site) => `\n      <member><interface>site${site}.${vlan}</interface></member>`).join('')}
    </bridge-domain>`,
  );
  const notifications = sites.map(
    (site) => `
    <ce-notification>
      <port>site${site}</port>
      <mvrp><enabled>true</enabled></mvrp>
    </ce-notification>`,
  );
  return `
  <interfaces xmlns="${namespaces.interfaces}" xmlns:ianaift="${namespaces.types}">${ports.join('')}${subInterfaces.join('')}
  </interfaces>
  <bridge-domains xmlns="urn:sluice:yang:sluice-bridge-domains">${bridgeDomains.join('')}
  </bridge-domains>
  <ce-notifications xmlns="urn:sluice:yang:sluice-ce-notification">${notifications.join('')}
  </ce-notifications>`;
}
