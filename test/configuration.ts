/** Configuration of the router as NETCONF clients write it, for tests. */

export const namespace = {
  netconf: 'urn:ietf:params:xml:ns:netconf:base:1.0',
  interfaces: 'urn:ietf:params:xml:ns:yang:ietf-interfaces',
  interfaceTypes: 'urn:ietf:params:xml:ns:yang:iana-if-type',
  ports: 'urn:sluice:yang:sluice-interfaces',
  bridgeDomains: 'urn:sluice:yang:sluice-bridge-domains',
  blockPoints: 'urn:sluice:yang:sluice-block-points',
  ceNotification: 'urn:sluice:yang:sluice-ce-notification',
} as const;

type Operation = 'merge' | 'create' | 'delete' | 'remove' | 'replace';

const operationAttribute = (operation: Operation | undefined): string =>
  operation === undefined ? '' : ` xmlns:nc="${namespace.netconf}" nc:operation="${operation}"`;

/** A physical port on a kernel device; without one it is not present. */
export function port(name: string, device?: string, driver: 'af-packet' | 'af-xdp' = 'af-packet'): string {
  const binding =
    device === undefined ? '' : `<port xmlns="${namespace.ports}"><${driver}>${device}</${driver}></port>`;
  return `<interface><name>${name}</name><type xmlns:t="${namespace.interfaceTypes}">t:ethernetCsmacd</type>${binding}</interface>`;
}

/** A bundle that speaks LACP every second, of which the device is the only link; routers with one system look like one. */
export function bundle(name: string, device: string, system: string): string {
  const link = port(`${name}-link`, device).replace('</port>', `<aggregate-id>${name}</aggregate-id></port>`);
  return `<interface><name>${name}</name><type xmlns:t="${namespace.interfaceTypes}">t:ieee8023adLag</type><bundle xmlns="${namespace.ports}"><lacp-mode>active</lacp-mode><interval>fast</interval><system-id-mac>${system}</system-id-mac><admin-key>1</admin-key></bundle></interface>${link}`;
}

/** A sub-interface `<port>.<vlan>`. */
export function subInterface(parent: string, vlan: number, operation?: Operation): string {
  return `<interface${operationAttribute(operation)}><name>${parent}.${vlan}</name><type xmlns:t="${namespace.interfaceTypes}">t:l2vlan</type><parent-interface xmlns="${namespace.ports}">${parent}</parent-interface><encapsulation xmlns="${namespace.ports}"><outer-vlan-id>${vlan}</outer-vlan-id></encapsulation></interface>`;
}

export function interfaces(...entries: readonly string[]): string {
  return `<interfaces xmlns="${namespace.interfaces}">${entries.join('')}</interfaces>`;
}

/** A bridge domain; `more` are further elements of it. */
export function bridgeDomain(name: string, members: readonly string[], more = ''): string {
  const list = members.map((member) => `<member><interface>${member}</interface></member>`);
  return `<bridge-domain><name>${name}</name>${more}${list.join('')}</bridge-domain>`;
}

export function bridgeDomains(...entries: readonly string[]): string {
  return `<bridge-domains xmlns="${namespace.bridgeDomains}">${entries.join('')}</bridge-domains>`;
}

export function blockPoint(onPort: string, vlan: number | 'untagged', operation?: Operation): string {
  return `<block-point${operationAttribute(operation)}><port>${onPort}</port><vlan-id>${vlan}</vlan-id></block-point>`;
}

export function blockPoints(...entries: readonly string[]): string {
  return `<block-points xmlns="${namespace.blockPoints}">${entries.join('')}</block-points>`;
}

export function ceNotification(onPort: string, methods: { macMove: boolean; mvrp: boolean }): string {
  return `<ce-notification><port>${onPort}</port><mac-move><enabled>${methods.macMove}</enabled></mac-move><mvrp><enabled>${methods.mvrp}</enabled></mvrp></ce-notification>`;
}

export function ceNotifications(...entries: readonly string[]): string {
  return `<ce-notifications xmlns="${namespace.ceNotification}">${entries.join('')}</ce-notifications>`;
}

export function editConfig(target: 'running' | 'candidate', ...content: readonly string[]): string {
  return `<edit-config><target><${target}/></target><error-option>rollback-on-error</error-option><config>${content.join('')}</config></edit-config>`;
}
