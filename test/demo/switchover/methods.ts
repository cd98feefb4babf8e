/** By what the CE is told: configuration of both PEs, and what at the CE acts on it. */
import { ceNotifications } from '../../configuration.ts';
import type { DualPeOptions } from '../../dual-pe.ts';
import type { SegmentSettings } from '../../segment.ts';

export interface Method {
  readonly what: string;
  /** Who reacts at the CE; nobody where that is so. */
  readonly receiver: string;
  /** The CE runs the agent (ce-agent/). */
  readonly agent?: true;
  /** Open vSwitch speaks this protocol at all its ports. */
  readonly spanningTree?: 'stp' | 'rstp';
  /** The method tells of a port, not of a VLAN: all VLANs are at one PE, and move together (RFC 9786). */
  readonly attachment?: DualPeOptions['attachment'];
  readonly settings?: SegmentSettings;
  /** Elements of the entry of the PE's port. */
  readonly elements: (vlans: readonly number[]) => readonly string[];
  /** Further configuration of a PE. */
  readonly more?: (vlans: readonly number[], pe: number) => string;
  /** Only these events unless others are asked for: each costs the CE's ageing time. */
  readonly events?: readonly string[];
}

const on = (name: string, more = ''): string => `<${name}><enabled>true</enabled>${more}</${name}>`;
const noMacMove = '<mac-move><enabled>false</enabled></mac-move>';
/** Between asynchronous frames of E-LMI lies a tenth of it (MEF 16). */
export const pollingSeconds = 5;

/** An EVC for each VLAN. */
const eLmi = (vlans: readonly number[]): string =>
  on(
    'e-lmi',
    `<polling-timer>${pollingSeconds}</polling-timer><status-counter>2</status-counter>${vlans
      .map((vlan) => `<evc><reference-id>${vlan}</reference-id><id>vlan${vlan}</id><vlan-id>${vlan}</vlan-id></evc>`)
      .join('')}`,
  );

/** A Down MEP in each VLAN at the port `ce`; the two PEs are each other's remote MEPs, through the CE. */
function meps(vlans: readonly number[], pe: number): string {
  const members = [1, 2].map(
    (id) => `<maintenance-association-mep><mep-id>${id}</mep-id></maintenance-association-mep>`,
  );
  const associations = vlans.map(
    (vlan) =>
      `<maintenance-association><ma-id>v${vlan}</ma-id><char-string>v${vlan}</char-string><ccm-interval>1sec</ccm-interval>${members.join('')}<mep><mep-id>${pe}</mep-id><port>ce</port><vlan-id>${vlan}</vlan-id><enabled>true</enabled><continuity-check><ccm-enabled>true</ccm-enabled></continuity-check></mep></maintenance-association>`,
  );
  return `<cfm xmlns="urn:sluice:yang:sluice-cfm"><maintenance-domain><md-id>ce</md-id><char-string>ce</char-string><md-level>3</md-level>${associations.join('')}</maintenance-domain></cfm>`;
}

const agent = 'the CE agent (ce-agent/); the switch itself does not understand it and would wait for its ageing time';
const portWide = 'Port-wide (port-active, RFC 9786): all VLANs of the port move at once';

export const methods: Readonly<Record<string, Method>> = {
  none: {
    what: 'the CE is told nothing, and nothing is redirected',
    receiver: 'nobody: the CE sends to the old PE until it forgets by itself',
    settings: { redirect: false },
    elements: () => [noMacMove],
    events: ['planned-move'],
  },
  'mac-move': {
    what: 'frames with the remote addresses move them at the CE',
    receiver: 'every bridge that learns',
    elements: () => [on('mac-move')],
  },
  mvrp: {
    what: 'MVRP: New on release, Leave on block',
    receiver: agent,
    agent: true,
    elements: () => [noMacMove, on('mvrp')],
  },
  'e-lmi': {
    what: `E-LMI: the status of an EVC for each VLAN, one frame each ${(pollingSeconds * 1000) / 10} ms (MEF 16)`,
    receiver: agent,
    agent: true,
    elements: (vlans) => [noMacMove, eLmi(vlans)],
  },
  cfm: {
    what: 'CFM: a CCM with the new port status in the VLAN',
    receiver: agent,
    agent: true,
    elements: () => [noMacMove, on('cfm')],
    more: meps,
  },
  'ce-agent': {
    what: 'MVRP, E-LMI and CFM together',
    receiver: 'the CE agent (ce-agent/), by whatever comes first',
    agent: true,
    elements: (vlans) => [noMacMove, on('mvrp'), eLmi(vlans), on('cfm')],
    more: meps,
  },
  'stp-tc': {
    what: 'STP: a topology change notification',
    receiver: 'Open vSwitch with STP; it forgets all VLANs',
    spanningTree: 'stp',
    elements: () => [noMacMove, on('stp-tc', '<bpdu>tcn</bpdu>')],
  },
  'stp-tc-rstp': {
    what: 'RSTP: a BPDU with the topology change flag',
    receiver: 'Open vSwitch with RSTP and no edge ports; it forgets all VLANs of its other ports',
    spanningTree: 'rstp',
    elements: () => [noMacMove, on('stp-tc', '<bpdu>rst</bpdu>')],
  },
  lacp: {
    what: `LACP: the links of the PE that blocks are out of synchronization. ${portWide}`,
    receiver: 'Open vSwitch with one bond over both PEs, which look like one system',
    attachment: 'lacp',
    elements: () => [noMacMove, on('lacp', '<hold-time>200</hold-time>')],
  },
  carrier: {
    what: `carrier: the PE that blocks takes its port down. ${portWide}`,
    receiver: 'Open vSwitch with one bond over both PEs; where they are two ports of a bridge, it keeps its table',
    attachment: 'bond',
    elements: () => [noMacMove, on('carrier', '<hold-time>200</hold-time>')],
  },
};

/** Of a PE. */
export function configurationOf(method: Method, vlans: readonly number[], pe: number): readonly string[] {
  const entry = `<ce-notification><port>ce</port>${method.elements(vlans).join('')}</ce-notification>`;
  const more = method.more?.(vlans, pe);
  return [ceNotifications(entry), ...(more === undefined ? [] : [more])];
}
