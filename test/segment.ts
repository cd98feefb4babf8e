/** Ethernet segments as NETCONF clients write them, and the keys of their PEs. */
import { makeCertificate, type TestCertificate } from '../src/northbound/netconf/testing/certificates.ts';
import { bag, storedKey } from '../src/northbound/netconf/testing/transports.ts';
import type { Router } from './router.ts';

export const namespaceOf = 'urn:sluice:yang:sluice-ethernet-segments';

export interface BfdTimes {
  /** Between packets, both ways. */
  readonly ms: number;
  readonly multiplier: number;
}

/** Elements of a segment in place of the usual ones. */
export interface SegmentSettings {
  readonly revertive?: boolean;
  readonly redirect?: boolean;
  readonly splitBrain?: 'block' | 'lowest-address-keeps';
  /** `timers` by name, milliseconds. */
  readonly timers?: Readonly<Record<string, number>>;
}

export interface TestSegment {
  readonly local: string;
  readonly peer: string;
  /** By which peer and targets are reached. */
  readonly interface: string;
  readonly targets: readonly string[];
  readonly uplink: string;
  readonly port: string;
  readonly vlans: readonly number[];
  /** With the peer. */
  readonly bfd: BfdTimes;
  /** With the targets of core tracking. */
  readonly tracking: BfdTimes;
  readonly settings: SegmentSettings;
}

/** The segment `ce1`, with one peer; timers that suit a lab, where nothing has to converge first. */
export function ethernetSegment(it: TestSegment): string {
  const { settings } = it;
  const session = ({ ms, multiplier }: BfdTimes): string =>
    `<interface>${it.interface}</interface><local-multiplier>${multiplier}</local-multiplier><desired-min-tx-interval>${ms * 1000}</desired-min-tx-interval><required-min-rx-interval>${ms * 1000}</required-min-rx-interval>`;
  const targets = it.targets.map((address) => `<target><address>${address}</address>${session(it.tracking)}</target>`);
  const timers = { 'recovery-time': 0, ...settings.timers };
  const redirect = settings.redirect === false ? '' : '<redirect><vni>5000</vni></redirect>';
  return `<ethernet-segments xmlns="${namespaceOf}"><provider-edge><local-address>${it.local}</local-address><session><asymmetric-key>pe</asymmetric-key><certificate>pe</certificate><peer-authorities>peers</peer-authorities></session><peer><address>${it.peer}</address><bfd>${session(it.bfd)}</bfd></peer><core-tracking>${targets.join('')}<uplink>${it.uplink}</uplink></core-tracking></provider-edge><ethernet-segment><name>ce1</name><ethernet-segment-identifier>00:11:22:33:44:55:66:77:88:01</ethernet-segment-identifier><interface>${it.port}</interface>${it.vlans.map((vlan) => `<vlan>${vlan}</vlan>`).join('')}<peer>${it.peer}</peer><df-election><revertive>${settings.revertive ?? true}</revertive><election-wait-time>500</election-wait-time></df-election><split-brain-policy>${settings.splitBrain ?? 'block'}</split-brain-policy><probe-key>${Buffer.alloc(
    16,
    7,
  )
    .toString('hex')
    .replace(/..(?!$)/g, '$&:')}</probe-key>${redirect}<timers>${Object.entries(timers)
    .map(([name, value]) => `<${name}>${value}</${name}>`)
    .join('')}</timers></ethernet-segment></ethernet-segments>`;
}

/** The operational state of a router's segments. */
export function segmentState(router: Router): Promise<string> {
  return inSession(router, `<get><filter><ethernet-segments xmlns="${namespaceOf}"/></filter></get>`);
}

/** `forwarder`, `blocked` or `moving`, by VLAN. */
export async function segmentRoles(router: Router): Promise<ReadonlyMap<number, string>> {
  const state = await segmentState(router);
  const roles = new Map<number, string>();
  for (const [, vlan, role] of state.matchAll(/<vlan-id>(\d+)<\/vlan-id>\s*<role>([a-z]+)<\/role>/g)) {
    roles.set(Number(vlan), role as string);
  }
  return roles;
}

/** Calls an action of the segment; resolves with the reply. */
export function segmentAction(router: Router, action: string): Promise<string> {
  return inSession(
    router,
    `<action xmlns="urn:ietf:params:xml:ns:yang:1"><ethernet-segments xmlns="${namespaceOf}"><ethernet-segment><name>ce1</name>${action}</ethernet-segment></ethernet-segments></action>`,
  );
}

export async function inSession(router: Router, operation: string): Promise<string> {
  const client = await router.connect();
  try {
    return await client.rpc(operation);
  } finally {
    await client.close();
  }
}

/** Keys and certificates of PEs by one authority. */
export class Credentials {
  readonly #authority: TestCertificate;
  readonly #byAddress: ReadonlyMap<string, TestCertificate>;

  constructor(folder: string, pes: readonly { readonly address: string }[]) {
    const authority = makeCertificate(folder, 'authority', { commonName: 'authority of PEs', isAuthority: true });
    this.#authority = authority;
    this.#byAddress = new Map(
      pes.map(({ address }) => [
        address,
        makeCertificate(folder, address, { commonName: address, names: `IP:${address}`, issuer: authority }),
      ]),
    );
  }

  /** Keystore and truststore of a PE. */
  of({ address }: { readonly address: string }): string[] {
    const own = this.#byAddress.get(address);
    if (own === undefined) throw new Error(`no certificate of ${address}`);
    return [storedKey('pe', own, { pe: own.certificate }), bag('peers', this.#authority.certificate)];
  }
}
