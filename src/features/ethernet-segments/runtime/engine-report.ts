/** What the engine says of segments, links, BFD sessions and MEPs, when it is asked for all of it. */
import {
  type CfmMepState,
  type EthernetSegmentState,
  LinkState,
  type PortState,
} from '../../../engine/gen/sluice_pb.js';
import { type VlanSet, vlanSet } from '../decision/vlan-set.ts';
import type { EthernetSegment, ProviderEdge, SegmentConfiguration } from '../model.ts';
import type { SegmentEngine } from './engine.ts';
import { type BfdReport, bfdReports } from './tracking.ts';

export interface EngineReport {
  readonly ports: ReadonlyMap<string, PortState>;
  readonly segments: ReadonlyMap<string, EthernetSegmentState>;
  readonly bfd: ReadonlyMap<string, BfdReport>;
  readonly meps: readonly CfmMepState[];
}

/** What is not in use because the router itself tells the CE so (by LACP or the carrier) can be used at any time. */
export const isUsable = ({ link, held }: { readonly link: LinkState; readonly held: boolean }): boolean =>
  link === LinkState.LINK_UP || held;

/** Undefined: the engine did not answer in time. */
export async function askEngine(
  engine: Pick<SegmentEngine, 'query'>,
  { edge, segments }: SegmentConfiguration,
): Promise<EngineReport | undefined> {
  const ports = [...new Set([...(edge?.uplinks ?? []), ...[...segments.values()].map(({ port }) => port)])];
  const answers = await Promise.all([
    engine.query({ case: 'ethernetSegments', value: { names: [] } }),
    engine.query({ case: 'bfdSessions', value: { names: [] } }),
    engine.query({ case: 'cfmMeps', value: { names: [] } }),
    ports.length === 0 ? [] : engine.query({ case: 'ports', value: { names: ports } }),
  ]);
  if (answers.includes(undefined)) return undefined;
  const parts = answers.flatMap((answer) => answer ?? []);
  return {
    ports: new Map(parts.flatMap((part) => part.ports).map((state) => [state.name, state])),
    segments: new Map(parts.flatMap((part) => part.ethernetSegments).map((state) => [state.name, state])),
    bfd: bfdReports(parts),
    meps: parts.flatMap((part) => part.cfmMeps),
  };
}

/** Ports whose link is down, and uplinks that are not there. */
export function linksDown({ ports }: EngineReport, edge: ProviderEdge | undefined): readonly string[] {
  const down = [...ports.values()].filter(({ link }) => link !== LinkState.LINK_UP).map(({ name }) => name);
  return [...down, ...(edge?.uplinks ?? []).filter((port) => !ports.has(port))];
}

export interface FoundSegment {
  /** VLANs that the engine's segment has; none while it has no such segment. */
  readonly vlans: VlanSet;
  /** What the engine forwards, and since when each VLAN is what it is (milliseconds since 1970). */
  readonly open: VlanSet;
  readonly since: ReadonlyMap<number, number>;
  readonly isUp: boolean;
}

export function foundOf(report: EngineReport, { name, port }: EthernetSegment): FoundSegment {
  const state = report.segments.get(name);
  const vlans = state?.vlans ?? [];
  const link = report.ports.get(port);
  return {
    vlans: vlanSet(vlans.map(({ vid }) => vid)),
    open: vlanSet(vlans.filter(({ open }) => open).map(({ vid }) => vid)),
    since: new Map(vlans.map(({ vid, sinceNs }) => [vid, Number(sinceNs) / 1e6])),
    isUp: state !== undefined && link !== undefined && isUsable(link),
  };
}
