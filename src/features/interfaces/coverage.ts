/** What each leaf of ietf-interfaces and sluice-interfaces does (../coverage.ts). */
import type { LeafEffect } from '../coverage.ts';
import { INTERFACE } from './model.ts';

const P = `${INTERFACE}[name='p']`;
const Q = `${INTERFACE}[name='q']`;
const SUB = `${INTERFACE}[name='p.10']`;
const port = 'sluice-interfaces:port';
const match = 'sluice-interfaces:encapsulation';
const rewrite = 'sluice-interfaces:vlan-rewrite';
const translated = { [`${rewrite}/action`]: 'translate', [`${rewrite}/tags/outer-vlan-id`]: '20' };
const C_10 = { type: 0, vid: 10 };

const memif = { [`${port}/memif/socket`]: '/run/m' };
const memifOf = (value: object): Record<string, unknown> => ({
  device: { case: 'memif', value: { socket: '/run/m', role: 0, id: 0, secret: '', ...value } },
});
const shared = [['test/engine/shared-memory.test.ts', 'carries frames between two engines']] as const;
const bundled = [['test/engine/bundle.test.ts', 'a bundle agrees with Open vSwitch']] as const;
const storms = [['test/engine/storm.test.ts', 'storm control']] as const;
const lagOf = (leaves: Readonly<Record<string, string>>) => ({
  [`${INTERFACE}[name='lag']`]: { type: 'iana-if-type:ieee8023adLag', ...leaves },
});
/** A leaf of a bundle; the bundle as the engine is told otherwise. */
function bundleLeaf(leaf: string, value: string, effect: string, gives: object): LeafEffect {
  const path = `sluice-interfaces:bundle/${leaf}`;
  const otherwise = {
    lacp: 1,
    fast: false,
    systemPriority: 32768,
    system: Buffer.alloc(0),
    key: 0,
    minLinks: 1,
    maxLinks: 32,
  };
  return {
    leaf: `${INTERFACE}/${path}`,
    effect,
    set: lagOf({ [path]: value }),
    object: '1:lag',
    gives: { device: { case: 'bundle', value: { ...otherwise, ...gives } } },
    shownBy: bundled,
  };
}
const ports = [['test/case/engine/ports.case.ts', 'ports']] as const;
const tags = [['test/case/engine/tags.case.ts', 'tags']] as const;

export const interfaceEffects: readonly LeafEffect[] = [
  {
    leaf: `${INTERFACE}/name`,
    effect: 'names the port or logical port',
    set: { [`${INTERFACE}[name='r']`]: { type: 'iana-if-type:ethernetCsmacd', [`${port}/ring`]: 'r0' } },
    object: '1:r',
    gives: { name: 'r' },
  },
  {
    leaf: `${INTERFACE}/description`,
    effect: 'a text for people',
    shownBy: [['src/features/nacm/access.test.ts', 'a hidden leaf']],
  },
  {
    leaf: `${INTERFACE}/type`,
    effect:
      'ethernetCsmacd: a physical port; ieee8023adLag: a bundle; l2vlan: a VLAN sub-interface; l3ipvlan: the router in a bridge domain; ' +
      'softwareLoopback: an interface that is always up; others are refused',
    shownBy: [['src/features/forwarding.test.ts', 'check refuses other types']],
  },
  {
    leaf: `${INTERFACE}/enabled`,
    effect: 'a disabled interface neither receives nor sends',
    set: { [P]: { enabled: 'false' } },
    object: '1:p',
    gives: { enabled: false },
    shownBy: ports,
  },
  {
    leaf: `${INTERFACE}/link-up-down-trap-enable`,
    effect: 'whether linkUp and linkDown are sent; left out: of interfaces that are on top of no other',
    shownBy: [['test/case/snmp/notifications.case.ts', 'snmp-traps']],
  },
  {
    leaf: `${INTERFACE}/${port}/af-packet`,
    effect: 'the device, by an AF_PACKET socket',
    set: { [Q]: { [`${port}/af-packet`]: 'veth1' } },
    object: '1:q',
    gives: { device: { case: 'afPacket', value: 'veth1' } },
    shownBy: ports,
  },
  {
    leaf: `${INTERFACE}/${port}/af-xdp`,
    effect: 'the device, by an AF_XDP socket',
    set: { [Q]: { [`${port}/af-xdp`]: 'veth1' } },
    object: '1:q',
    gives: { device: { case: 'afXdp', value: 'veth1' } },
    shownBy: ports,
  },
  {
    leaf: `${INTERFACE}/${port}/ring`,
    effect: 'a ring of the engine as the device',
    set: { [Q]: { [`${port}/ring`]: 'r0' } },
    object: '1:q',
    gives: { device: { case: 'ring', value: 'r0' } },
  },
  {
    leaf: `${INTERFACE}/${port}/pcap/rx-file`,
    effect: 'a capture file whose frames are received',
    set: { [Q]: { [`${port}/pcap/rx-file`]: '/in', [`${port}/pcap/tx-file`]: '/out' } },
    object: '1:q',
    gives: { device: { case: 'pcap', value: { rxFile: '/in', txFile: '/out' } } },
  },
  {
    leaf: `${INTERFACE}/${port}/pcap/tx-file`,
    effect: 'a capture file to which sent frames are written',
    set: { [Q]: { [`${port}/pcap/rx-file`]: '/in', [`${port}/pcap/tx-file`]: '/out' } },
    object: '1:q',
    gives: { device: { case: 'pcap', value: { rxFile: '/in', txFile: '/out' } } },
  },
  {
    leaf: `${INTERFACE}/${port}/memif/socket`,
    effect: 'shared memory with another process, met at this socket',
    set: { [Q]: memif },
    object: '1:q',
    gives: memifOf({}),
    shownBy: shared,
  },
  {
    leaf: `${INTERFACE}/${port}/memif/role`,
    effect: 'listens on the socket, or connects to it',
    set: { [Q]: { ...memif, [`${port}/memif/role`]: 'client' } },
    object: '1:q',
    gives: memifOf({ role: 1 }),
    shownBy: shared,
  },
  {
    leaf: `${INTERFACE}/${port}/memif/id`,
    effect: 'number of the interface on the socket',
    set: { [Q]: { ...memif, [`${port}/memif/id`]: '3' } },
    object: '1:q',
    gives: memifOf({ id: 3 }),
    shownBy: shared,
  },
  {
    leaf: `${INTERFACE}/${port}/memif/secret`,
    effect: 'both ends must have the same',
    set: { [Q]: { ...memif, [`${port}/memif/secret`]: 'hidden' } },
    object: '1:q',
    gives: memifOf({ secret: 'hidden' }),
    shownBy: shared,
  },
  {
    leaf: `${INTERFACE}/${port}/vhost-user/socket`,
    effect: 'a virtual machine or virtio-user connects to this socket',
    set: { [Q]: { [`${port}/vhost-user/socket`]: '/run/v' } },
    object: '1:q',
    gives: { device: { case: 'vhostUser', value: { socket: '/run/v' } } },
    shownBy: shared,
  },
  {
    leaf: `${INTERFACE}/${port}/virtio-user/socket`,
    effect: 'the router connects to a vhost-user device at this socket',
    set: { [Q]: { [`${port}/virtio-user/socket`]: '/run/v' } },
    object: '1:q',
    gives: { device: { case: 'virtioUser', value: { socket: '/run/v' } } },
    shownBy: shared,
  },
  {
    leaf: `${INTERFACE}/${port}/pci`,
    effect: 'a device on the PCI bus, by its address',
    set: { [Q]: { [`${port}/pci`]: '0000:03:00.0' } },
    object: '1:q',
    gives: { device: { case: 'pci', value: { address: '0000:03:00.0' } } },
    shownBy: [['test/engine/shared-memory.test.ts', 'a PCI device that is not there is refused']],
  },
  {
    leaf: `${INTERFACE}/${port}/mtu`,
    effect: 'the longest payload of a frame',
    set: { [P]: { [`${port}/mtu`]: '9000' } },
    object: '1:p',
    gives: { mtu: 9000 },
    shownBy: ports,
  },
  {
    leaf: `${INTERFACE}/${port}/aggregate-id`,
    effect: 'the port is a link of this bundle',
    set: { ...lagOf({}), [Q]: { [`${port}/af-packet`]: 'veth1', [`${port}/aggregate-id`]: 'lag' } },
    object: '1:q',
    gives: { bundleName: 'lag', lacpPortPriority: 32768 },
    shownBy: bundled,
  },
  {
    leaf: `${INTERFACE}/${port}/lacp-port-priority`,
    effect: 'which links of a bundle stand by',
    set: {
      ...lagOf({}),
      [Q]: { [`${port}/ring`]: 'r', [`${port}/aggregate-id`]: 'lag', [`${port}/lacp-port-priority`]: '1' },
    },
    object: '1:q',
    gives: { bundleName: 'lag', lacpPortPriority: 1 },
    shownBy: bundled,
  },
  bundleLeaf('lacp-mode', 'static', 'links without LACP, with it, or only answering it', { lacp: 0 }),
  bundleLeaf('interval', 'fast', 'a LACPDU every second instead of every 30', { fast: true }),
  bundleLeaf('system-priority', '7', 'priority of the router towards its partner', { systemPriority: 7 }),
  bundleLeaf('system-id-mac', '02:00:00:00:00:09', 'address that the router names itself by in LACP', {
    system: Buffer.from('020000000009', 'hex'),
  }),
  bundleLeaf('admin-key', '12', 'key of the links in LACP', { key: 12 }),
  bundleLeaf('min-links', '2', 'with fewer links the bundle is down', { minLinks: 2 }),
  bundleLeaf('max-links', '3', 'further links stand by', { maxLinks: 3 }),
  ...(['broadcast', 'multicast', 'unknown-unicast'] as const).flatMap((kind): LeafEffect[] => {
    const limit = (leaf: string): string => `sluice-interfaces:storm-control/${kind}/${leaf}`;
    const field = { broadcast: 'Broadcast', multicast: 'Multicast', 'unknown-unicast': 'UnknownUnicast' }[kind];
    const told = (value: object): Record<string, unknown> => ({ [`storm${field}`]: value });
    return [
      {
        leaf: `${INTERFACE}/${limit('packets-per-second')}`,
        effect: `most ${kind} frames that are flooded`,
        set: { [SUB]: { [limit('packets-per-second')]: '100' } },
        object: '2:p.10',
        gives: told({ packetsPerSecond: 100n, bitsPerSecond: 0n }),
        shownBy: storms,
      },
      {
        leaf: `${INTERFACE}/${limit('bits-per-second')}`,
        effect: `most bits of ${kind} frames that are flooded`,
        set: { [SUB]: { [limit('bits-per-second')]: '64000' } },
        object: '2:p.10',
        gives: told({ packetsPerSecond: 0n, bitsPerSecond: 64000n }),
        shownBy: storms,
      },
    ];
  }),
  {
    leaf: `${INTERFACE}/sluice-interfaces:parent-interface`,
    effect: 'the physical port of a sub-interface',
    object: '2:p.10',
    gives: { port: 'p' },
    shownBy: tags,
  },
  {
    leaf: `${INTERFACE}/${match}/outer-tag-type`,
    effect: 'frames with a customer tag or a service tag',
    set: { [SUB]: { [`${match}/outer-tag-type`]: 's-vlan' } },
    object: '2:p.10',
    gives: { match: [{ type: 1, vid: 10 }] },
    shownBy: tags,
  },
  {
    leaf: `${INTERFACE}/${match}/outer-vlan-id`,
    effect: 'frames with this VLAN identifier',
    object: '2:p.10',
    gives: { match: [C_10] },
    shownBy: tags,
  },
  {
    leaf: `${INTERFACE}/${match}/inner-vlan-id`,
    effect: 'frames with this second tag',
    set: { [SUB]: { [`${match}/inner-vlan-id`]: '7' } },
    object: '2:p.10',
    gives: { match: [C_10, { type: 0, vid: 7 }] },
    shownBy: tags,
  },
  {
    leaf: `${INTERFACE}/${rewrite}/action`,
    effect: 'tags are kept, removed, replaced or pushed on the way in, and the reverse on the way out',
    set: { [SUB]: { [`${rewrite}/action`]: 'none' } },
    object: '2:p.10',
    gives: { rewrite: 0, rewriteTags: [] },
    shownBy: tags,
  },
  {
    leaf: `${INTERFACE}/${rewrite}/tags/outer-tag-type`,
    effect: 'kind of the tag that is written',
    set: { [SUB]: { ...translated, [`${rewrite}/tags/outer-tag-type`]: 's-vlan' } },
    object: '2:p.10',
    gives: { rewrite: 2, rewriteTags: [{ type: 1, vid: 20 }] },
    shownBy: tags,
  },
  {
    leaf: `${INTERFACE}/${rewrite}/tags/outer-vlan-id`,
    effect: 'VLAN identifier of the tag that is written',
    set: { [SUB]: translated },
    object: '2:p.10',
    gives: { rewrite: 2, rewriteTags: [{ type: 0, vid: 20 }] },
    shownBy: tags,
  },
  {
    leaf: `${INTERFACE}/${rewrite}/tags/inner-vlan-id`,
    effect: 'second tag that is written',
    set: { [SUB]: { ...translated, [`${rewrite}/tags/inner-vlan-id`]: '30' } },
    object: '2:p.10',
    gives: {
      rewriteTags: [
        { type: 0, vid: 20 },
        { type: 0, vid: 30 },
      ],
    },
    shownBy: tags,
  },
];
