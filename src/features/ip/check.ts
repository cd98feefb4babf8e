/** What YANG does not say of addresses, neighbours and what routes. */
import type { RowKey } from '../../datastore/view/view.ts';
import type { Fault } from '../../yang/fault.ts';
import type { DataSchemaNode } from '../../yang/schema/node.ts';
import type { InterfaceChange } from '../interfaces/change.ts';
import type { InterfaceObjects } from '../interfaces/objects.ts';
import type { FamilyNodes } from './model.ts';
import { checkOverlaps } from './overlap.ts';

/** The engine's limit, of both families together. */
const MOST_ADDRESSES = 64;

export function checkIp(change: InterfaceChange): readonly Fault[] {
  const { after } = change;
  const { ip, interfaces, view, bridgeDomains } = after;
  const { keys } = interfaces;
  const faults: Fault[] = [];
  for (const name of change.touched) checkInterface(name);
  for (const port of change.changed) {
    if (mtuOf(change.after, port) >= mtuOf(change.before, port)) continue;
    for (const name of after.subInterfaces(port)) if (!change.touched.has(name)) checkMtu(name);
  }
  for (const { node, key, after: row } of change.change.rows) {
    if (row === undefined) continue;
    for (const nodes of ip.families) {
      if (node === nodes.address) checkAddress(key, nodes);
      if (node === nodes.neighbour) checkNeighbour(key, nodes);
    }
    if (node === ip.tap) checkTap(key);
  }
  return [...faults, ...checkOverlaps(change)];

  function refuse(key: RowKey, node: DataSchemaNode | undefined, message: string, mentions?: readonly string[]): void {
    const path = keys.path(key, node);
    faults.push({ type: 'application', tag: 'invalid-value', path, message, ...(mentions ? { mentions } : {}) });
  }

  function checkInterface(name: string): void {
    const found = after.interface(name);
    const present = ip.families.filter((nodes) => view.get(ip.familyKey(name, nodes)) !== undefined);
    const [first] = present;
    if (found === undefined || first === undefined) return;
    const member = after.member(name);
    if (member !== undefined) {
      const message =
        `Interface ${name} is a member of bridge domain ${member.bridgeDomain}: ` +
        'an interface of type iana-if-type:l3ipvlan routes for it.';
      const row = keys.child(bridgeDomains.key(member.bridgeDomain), bridgeDomains.member, [name]);
      for (const nodes of present) refuse(ip.familyKey(name, nodes), undefined, message, [keys.path(row)]);
    }
    if (found.kind === 'sub-interface' && found.rewrite !== 'pop') {
      refuse(
        interfaces.key(name),
        interfaces.action,
        'A sub-interface that routes removes its tags: the action is pop.',
      );
    }
    checkMtu(name);
    const addresses = present.reduce(
      (sum, nodes) => sum + [...view.entries(ip.familyKey(name, nodes), nodes.address)].length,
      0,
    );
    if (addresses > MOST_ADDRESSES) {
      refuse(ip.familyKey(name, first), first.address, `An interface has at most ${MOST_ADDRESSES} addresses.`);
    }
  }

  /** The engine has one MTU for both families, and a packet has to fit into a frame of the port. */
  function checkMtu(name: string): void {
    const found = after.interface(name);
    const ipv4 = ip.family(view, name, ip.ipv4);
    const ipv6 = ip.family(view, name, ip.ipv6);
    if (ipv4 !== undefined && ipv6 !== undefined && ipv4.mtu !== ipv6.mtu) {
      const other = ip.keys.path(ip.familyKey(name, ip.ipv4), ip.ipv4.mtu);
      refuse(ip.familyKey(name, ip.ipv6), ip.ipv6.mtu, 'IPv4 and IPv6 of an interface have one mtu.', [other]);
    }
    const below = found?.kind === 'sub-interface' ? after.interface(found.parent) : found;
    if (below?.kind !== 'port') return;
    for (const [family, nodes] of [
      [ipv4, ip.ipv4],
      [ipv6, ip.ipv6],
    ] as const) {
      if (family === undefined || family.mtu <= below.mtu) continue;
      const mentions = [keys.path(interfaces.key(below.name), interfaces.mtu)];
      refuse(ip.familyKey(name, nodes), nodes.mtu, `Frames of port ${below.name} hold ${below.mtu} bytes.`, mentions);
    }
  }

  function checkAddress(key: RowKey, nodes: FamilyNodes): void {
    const row = view.get(key);
    if (row === undefined) return;
    const { address, prefixLength } = ip.address(row, nodes);
    const problem = addressProblem(address, prefixLength);
    if (problem !== undefined) refuse(key, nodes.addressIp, problem);
  }

  function checkNeighbour(key: RowKey, nodes: FamilyNodes): void {
    const found = ip.neighbour(view, key, nodes);
    if (found === undefined) return;
    if (found.mac.length !== 6 || ((found.mac[0] ?? 0) & 1) !== 0) {
      refuse(key, nodes.neighbourMac, 'This is not the MAC address of one station.');
    }
    if (after.interface(found.interface)?.kind === 'loopback') refuse(key, undefined, 'A loopback has no neighbours.');
  }

  function checkTap(key: RowKey): void {
    const name = interfaces.nameOf(key);
    const row = view.get(interfaces.key(name));
    const own = row && ip.options(view, name, row).tap;
    if (own === undefined) return;
    for (const other of view.rowsWith(ip.tapDevice, own.device)) {
      if (other === key) continue;
      const otherName = interfaces.nameOf(other);
      const otherRow = view.get(interfaces.key(otherName));
      const tap = otherRow && ip.options(view, otherName, otherRow).tap;
      if (tap?.networkNamespace !== own.networkNamespace) continue;
      const message = `Interface ${otherName} has the device ${own.device} already.`;
      const path = keys.path(key, ip.tapDevice);
      faults.push({ type: 'application', tag: 'in-use', path, message, mentions: [keys.path(other)] });
    }
  }
}

/** 0: it is no port. */
function mtuOf(objects: InterfaceObjects, name: string): number {
  const found = objects.interface(name);
  return found?.kind === 'port' ? found.mtu : 0;
}

/** Why an address can be none of an interface. */
function addressProblem(address: Uint8Array, prefixLength: number): string | undefined {
  const bits = address.length * 8;
  const first = address[0] ?? 0;
  if (address.every((octet) => octet === 0)) return 'The unspecified address belongs to nobody.';
  if (bits === 128) return first === 0xff ? 'A multicast address is that of no interface.' : undefined;
  if (first >= 224) return 'A multicast or reserved address is that of no interface.';
  if (first === 0) return 'Addresses of 0.0.0.0/8 are those of no interface (RFC 1122, section 3.2.1.3).';
  if (prefixLength >= 31) return undefined;
  const host = hostBits(address, prefixLength);
  if (host.every((bit) => bit === 0)) return 'This is the address of the subnet itself.';
  return host.every((bit) => bit === 1) ? 'This is the broadcast address of the subnet.' : undefined;
}

function hostBits(address: Uint8Array, prefixLength: number): number[] {
  const bits: number[] = [];
  for (let at = prefixLength; at < address.length * 8; at += 1) {
    bits.push(((address[at >> 3] ?? 0) >> (7 - (at & 7))) & 1);
  }
  return bits;
}
