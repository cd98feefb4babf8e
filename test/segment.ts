/**
 * A CE on two PEs, for tests: two routers in namespaces of their own, a customer's switch (Open vSwitch) with a link to each,
 * and the transfer network, a switch too, which carries the VLANs and, in VLAN 99, what the PEs say to each other.
 *
 *   customer's hosts ─ CE switch ─┬─ ce: PE 1 :core ─┬─ transfer switch ─ remote hosts
 *                                 └─ ce: PE 2 :core ─┘
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deleteNamespaces, knowNeighbours, makeNamespaces, plainDevice } from '../lab/host.ts';
import { ipBatch } from '../lab/run.ts';
import { Site } from '../lab/site.ts';
import { type Identity, makeIdentity } from '../src/platform/peer-session/testing/identity.ts';
import {
  bridgeDomain,
  bridgeDomains,
  ceNotification,
  ceNotifications,
  namespace,
  port,
  subInterface,
} from './configuration.ts';
import { Router } from './router.ts';
import { configure } from './topology.ts';

export const SEGMENT_NAMESPACE = 'urn:sluice:yang:sluice-ethernet-segments';
export const segmentVlans = [10, 11, 12, 13] as const;
const TRANSFER_VLAN = 99;
const KEY = Array(32).fill('5e').join(':');

export interface SegmentPe {
  readonly namespace: string;
  readonly address: string;
  readonly folder: string;
  router: Router;
}

export interface SegmentTopology {
  readonly pes: readonly [SegmentPe, SegmentPe];
  readonly ce: Site;
  readonly remote: Site;
  /** Starts a PE again with what it had. */
  restart(pe: SegmentPe): Promise<void>;
  remove(): Promise<void>;
}

export async function twoPes(options: { bfdIntervalUs: number; ageingSeconds: number }): Promise<SegmentTopology> {
  const prefix = `es${process.pid % 100_000}`;
  const folder = mkdtempSync(join(tmpdir(), 'sluice-segment-'));
  const spaces = [1, 2].map((at) => `${prefix}pe${at}`);
  const cleaners: (() => Promise<unknown>)[] = [];
  const remove = async (): Promise<void> => {
    for (const clean of cleaners.reverse()) await clean();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await makeNamespaces(spaces);
    cleaners.push(() => deleteNamespaces(spaces));
    const site = async (number: number, end: string): Promise<Site> => {
      const routerDevices = [1, 2].map((at) => `${prefix}${end}${at}`);
      const [ageingSeconds, siteFolder] = [options.ageingSeconds, join(folder, end)];
      const built = await Site.build({
        prefix: `${prefix}-`,
        number,
        routerDevices,
        vlans: segmentVlans,
        folder: siteFolder,
        ageingSeconds,
      });
      cleaners.push(() => built.remove());
      for (const [at, device] of routerDevices.entries()) {
        const space = spaces[at] as string;
        await ipBatch([`link set dev ${device} netns ${space} name ${end}0`]);
        await plainDevice(space, `${end}0`);
        await ipBatch([`link set dev ${end}0 up`], space);
      }
      return built;
    };
    const ce = await site(1, 'c');
    const remote = await site(2, 'm');
    for (const vlan of segmentVlans) {
      await knowNeighbours(ce.host(vlan), [remote.host(vlan)]);
      await knowNeighbours(remote.host(vlan), [ce.host(vlan)]);
    }
    const authority = makeIdentity(folder, 'authority');
    const pes: SegmentPe[] = [];
    for (const [at, space] of spaces.entries()) {
      const address = `192.0.2.${at + 1}`;
      const state = join(folder, `state${at + 1}`);
      const router = await Router.start({ state, namespace: space });
      const pe: SegmentPe = { namespace: space, address, folder: state, router };
      cleaners.push(() => pe.router.stop());
      pes.push(pe);
      const identity = makeIdentity(folder, `pe${at + 1}`, `IP:${address}`, authority);
      const peer = `192.0.2.${2 - at}`;
      await configure(router, configurationOf({ address, peer, identity, authority, interval: options.bfdIntervalUs }));
    }
    const [a, b] = pes as [SegmentPe, SegmentPe];
    const restart = async (pe: SegmentPe): Promise<void> => {
      pe.router = await Router.start({ state: pe.folder, namespace: pe.namespace });
    };
    return { pes: [a, b], ce, remote, restart, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

interface PeConfiguration {
  readonly address: string;
  readonly peer: string;
  readonly identity: Identity;
  readonly authority: Identity;
  readonly interval: number;
}

function configurationOf({ address, peer, identity, authority, interval }: PeConfiguration): string[] {
  const ip = 'urn:ietf:params:xml:ns:yang:ietf-ip';
  const tap = `<ip-options xmlns="urn:sluice:yang:sluice-ip"><tap><device>core99</device></tap></ip-options>`;
  const transfer = subInterface('core', TRANSFER_VLAN).replace(
    '</interface>',
    `<ipv4 xmlns="${ip}"><address><ip>${address}</ip><prefix-length>24</prefix-length></address></ipv4>${tap}</interface>`,
  );
  const pkcs8 = createPrivateKey(identity.key).export({ type: 'pkcs8', format: 'der' }).toString('base64');
  const types = 'xmlns:ct="urn:ietf:params:xml:ns:yang:ietf-crypto-types"';
  return [
    `<interfaces xmlns="${namespace.interfaces}">${[
      port('ce', 'c0'),
      port('core', 'm0'),
      transfer,
      ...segmentVlans.flatMap((vlan) => [subInterface('ce', vlan), subInterface('core', vlan)]),
    ].join('')}</interfaces>`,
    bridgeDomains(...segmentVlans.map((vlan) => bridgeDomain(`vlan${vlan}`, [`ce.${vlan}`, `core.${vlan}`]))),
    ceNotifications(ceNotification('ce', { macMove: true, mvrp: false })),
    `<keystore xmlns="urn:ietf:params:xml:ns:yang:ietf-keystore"><asymmetric-keys><asymmetric-key><name>pe</name><private-key-format ${types}>ct:one-asymmetric-key-format</private-key-format><cleartext-private-key>${pkcs8}</cleartext-private-key><certificates><certificate><name>pe</name><cert-data>${der(identity)}</cert-data></certificate></certificates></asymmetric-key></asymmetric-keys></keystore>`,
    `<truststore xmlns="urn:ietf:params:xml:ns:yang:ietf-truststore"><certificate-bags><certificate-bag><name>peers</name><certificate><name>authority</name><cert-data>${der(authority)}</cert-data></certificate></certificate-bag></certificate-bags></truststore>`,
    `<ethernet-segments xmlns="${SEGMENT_NAMESPACE}"><provider-edge><local-address>${address}</local-address>
      <session><asymmetric-key>pe</asymmetric-key><certificate>pe</certificate><peer-authorities>peers</peer-authorities></session>
      <peer><address>${peer}</address><bfd><interface>core.${TRANSFER_VLAN}</interface><desired-min-tx-interval>${interval}</desired-min-tx-interval><required-min-rx-interval>${interval}</required-min-rx-interval></bfd></peer></provider-edge>
      <ethernet-segment><name>customer</name><ethernet-segment-identifier>00:11:22:33:44:55:66:77:88:99</ethernet-segment-identifier>
      <interface>ce</interface><vlan>10-13</vlan><peer>${peer}</peer><probe-key>${KEY}</probe-key>
      <redirect><vni>7432</vni></redirect>
      <df-election><election-wait-time>500</election-wait-time></df-election>
      <timers><recovery-time>500</recovery-time><peering-time>10000</peering-time></timers></ethernet-segment></ethernet-segments>`,
  ];
}

function der({ certificate }: Identity): string {
  return new X509Certificate(certificate).raw.toString('base64');
}

/** VLANs that a PE forwards, by its operational state; `text` is that of the reply's state. */
export async function forwarded(pe: SegmentPe): Promise<readonly number[]> {
  const state = await segmentState(pe);
  return [...state.matchAll(/<vlan><vlan-id>(\d+)<\/vlan-id><role>(\w+)<\/role>/g)].flatMap(([, vlan, role]) =>
    role === 'forwarder' ? [Number(vlan)] : [],
  );
}

export async function segmentState(pe: SegmentPe): Promise<string> {
  const client = await pe.router.connect();
  try {
    const filter = `<filter type="subtree"><ethernet-segments xmlns="${SEGMENT_NAMESPACE}"/></filter>`;
    return await client.rpc(`<get>${filter}</get>`);
  } finally {
    await client.close();
  }
}

/** Calls an action of the segment; resolves with the reply. */
export async function segmentAction(pe: SegmentPe, action: string): Promise<string> {
  const client = await pe.router.connect();
  try {
    return await client.rpc(
      `<action xmlns="urn:ietf:params:xml:ns:yang:1"><ethernet-segments xmlns="${SEGMENT_NAMESPACE}"><ethernet-segment><name>customer</name>${action}</ethernet-segment></ethernet-segments></action>`,
    );
  } finally {
    await client.close();
  }
}
