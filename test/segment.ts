/** An ethernet segment on two PEs that share a CE (dual-pe.ts), configured by NETCONF, with sessions by TLS. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { type Identity, makeIdentity } from '../src/platform/peer-session/testing/identity.ts';
import { ceNotification, ceNotifications, namespace } from './configuration.ts';
import { type DualPe, type Pe, UNDERLAY_VLAN } from './dual-pe.ts';
import { configure } from './topology.ts';

const SEGMENTS = 'urn:sluice:yang:sluice-ethernet-segments';
const KEY = Array(32).fill('5e').join(':');
export const SEGMENT_NAME = 'customer';

export interface SegmentOptions {
  /** Between BFD packets, three of which may be missed. */
  readonly bfdMicroseconds: number;
  /** Further elements of the segment. */
  readonly more?: string;
}

/** The segment takes the place of the block points that the topology begins with. */
export async function configureSegment(net: DualPe, options: SegmentOptions): Promise<void> {
  const authority = makeIdentity(net.folder, 'authority');
  for (const [at, pe] of net.pes.entries()) {
    const peer = net.pes[1 - at] as Pe;
    const identity = makeIdentity(net.folder, `identity${pe.number}`, `IP:${pe.address}`, authority);
    await configure(pe.router, [
      `<block-points xmlns="${namespace.blockPoints}" xmlns:nc="${namespace.netconf}" nc:operation="delete"/>`,
      ceNotifications(ceNotification('ce', { macMove: true, mvrp: false })),
      keys(identity, authority),
      segments(net, pe, peer, options),
    ]);
  }
}

function segments(net: DualPe, pe: Pe, peer: Pe, { bfdMicroseconds: interval, more = '' }: SegmentOptions): string {
  return `<ethernet-segments xmlns="${SEGMENTS}"><provider-edge><local-address>${pe.address}</local-address>
    <session><asymmetric-key>pe</asymmetric-key><certificate>pe</certificate><peer-authorities>peers</peer-authorities></session>
    <peer><address>${peer.address}</address><bfd><interface>core.${UNDERLAY_VLAN}</interface><desired-min-tx-interval>${interval}</desired-min-tx-interval><required-min-rx-interval>${interval}</required-min-rx-interval></bfd></peer></provider-edge>
    <ethernet-segment><name>${SEGMENT_NAME}</name><ethernet-segment-identifier>00:11:22:33:44:55:66:77:88:99</ethernet-segment-identifier>
    <interface>ce</interface>${net.vlans.map((vlan) => `<vlan>${vlan}</vlan>`).join('')}<peer>${peer.address}</peer><probe-key>${KEY}</probe-key>
    <redirect><vni>7432</vni></redirect><df-election><election-wait-time>500</election-wait-time></df-election>
    <timers><recovery-time>500</recovery-time><peering-time>10000</peering-time></timers>${more}</ethernet-segment></ethernet-segments>`;
}

function keys(identity: Identity, authority: Identity): string {
  const pkcs8 = createPrivateKey(identity.key).export({ type: 'pkcs8', format: 'der' }).toString('base64');
  const der = ({ certificate }: Identity): string => new X509Certificate(certificate).raw.toString('base64');
  return `<keystore xmlns="urn:ietf:params:xml:ns:yang:ietf-keystore"><asymmetric-keys><asymmetric-key><name>pe</name><private-key-format xmlns:ct="urn:ietf:params:xml:ns:yang:ietf-crypto-types">ct:one-asymmetric-key-format</private-key-format><cleartext-private-key>${pkcs8}</cleartext-private-key><certificates><certificate><name>pe</name><cert-data>${der(identity)}</cert-data></certificate></certificates></asymmetric-key></asymmetric-keys></keystore>
    <truststore xmlns="urn:ietf:params:xml:ns:yang:ietf-truststore"><certificate-bags><certificate-bag><name>peers</name><certificate><name>authority</name><cert-data>${der(authority)}</cert-data></certificate></certificate-bag></certificate-bags></truststore>`;
}

/** VLANs that a PE forwards, by its operational state. */
export async function forwarded(pe: Pe): Promise<readonly number[]> {
  const state = await segmentState(pe);
  return [...state.matchAll(/<vlan><vlan-id>(\d+)<\/vlan-id><role>(\w+)<\/role>/g)].flatMap(([, vlan, role]) =>
    role === 'forwarder' ? [Number(vlan)] : [],
  );
}

/** Configuration and state of the segments, as NETCONF has them. */
export async function segmentState(pe: Pe): Promise<string> {
  const client = await pe.router.connect();
  try {
    return await client.rpc(`<get><filter type="subtree"><ethernet-segments xmlns="${SEGMENTS}"/></filter></get>`);
  } finally {
    await client.close();
  }
}

/** Calls an action of the segment; resolves with the reply. */
export async function segmentAction(pe: Pe, action: string): Promise<string> {
  const client = await pe.router.connect();
  const target = `<ethernet-segments xmlns="${SEGMENTS}"><ethernet-segment><name>${SEGMENT_NAME}</name>${action}</ethernet-segment></ethernet-segments>`;
  try {
    return await client.rpc(`<action xmlns="urn:ietf:params:xml:ns:yang:1">${target}</action>`);
  } finally {
    await client.close();
  }
}
