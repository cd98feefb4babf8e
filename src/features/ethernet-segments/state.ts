/** Operational state of ethernet segments: of the runtime, and counters of the engine. */
import type { Interest, RowWriter, StateListener, StateProvider } from '../../commit/operational/state.ts';
import type { KeySpace } from '../../datastore/key/key.ts';
import { rowsFromData } from '../../datastore/row/from-data.ts';
import type { View } from '../../datastore/view/view.ts';
import { BfdState, type EthernetSegmentState, type SegmentVlanState } from '../../engine/gen/sluice_pb.js';
import { build, type PlainData } from '../../yang/data/build.ts';
import type { ContainerNode, ListNode } from '../../yang/schema/node.ts';
import { type EngineQueries, engineState } from '../engine-state.ts';
import { wantedEntries, wants } from '../interest.ts';
import { containerAt, listAt } from '../nodes.ts';
import { dateAndTimeOfNs } from '../time.ts';
import { dfOf } from './decision/election/election.ts';
import type { Peer, State } from './decision/state.ts';
import { attempted } from './decision/state.ts';
import { countVlans, hasVlan, union, vlansOf } from './decision/vlan-set.ts';
import { bgpState, unwatched as evpnUnwatched, segmentEvpnState } from './evpn/state.ts';
import { ETHERNET_SEGMENTS, PEER, PROVIDER_EDGE, peerSession, SEGMENT, targetSession } from './model.ts';
import type { SegmentCommands } from './runtime/commands.ts';
import type { Move } from './runtime/record.ts';
import type { SegmentRun } from './runtime/segment-run.ts';
import type { EthernetSegments } from './runtime/segments.ts';
import type { BfdReport } from './runtime/tracking.ts';
import { rangesOf } from './vlan-ranges.ts';

const phases: Readonly<Record<State['phase'], string>> = { INIT: 'init', DF_WAIT: 'df-wait', DF_DONE: 'df-done' };

const bfdStates: Readonly<Record<BfdState, string>> = {
  [BfdState.BFD_ADMIN_DOWN]: 'admin-down',
  [BfdState.BFD_DOWN]: 'down',
  [BfdState.BFD_INIT]: 'init',
  [BfdState.BFD_UP]: 'up',
};

export class SegmentStateProvider implements StateProvider {
  readonly paths = [ETHERNET_SEGMENTS];
  /** A connection that fails again is told of when one succeeds. */
  readonly unwatched = [`${PEER}/state/last-error`, ...evpnUnwatched];
  readonly #keys: KeySpace;
  readonly #segments: EthernetSegments;
  readonly #engine: EngineQueries;
  readonly #edgeNode: ContainerNode;
  readonly #segmentNode: ListNode;

  constructor(keys: KeySpace, segments: EthernetSegments, engine: EngineQueries) {
    this.#keys = keys;
    this.#segments = segments;
    this.#engine = engine;
    this.#edgeNode = containerAt(keys.schema, PROVIDER_EDGE);
    this.#segmentNode = listAt(keys.schema, SEGMENT);
  }

  /** Roles, elections, moves, peers and sessions at once; counters and numbers of addresses not. */
  onChange(listener: StateListener): () => void {
    const tell = (segment: string | undefined): void => {
      const node = segment === undefined ? this.#edgeNode : this.#segmentNode;
      listener([{ node, keys: new Map(segment === undefined ? [] : [[SEGMENT, [segment]]]) }]);
    };
    this.#segments.changes.add(tell);
    return () => {
      this.#segments.changes.delete(tell);
    };
  }

  async read(interests: readonly Interest[], _running: View, out: RowWriter): Promise<void> {
    const wanted = wantedEntries(interests, SEGMENT)?.map(([name]) => name as string);
    const runs = [...this.#segments.runs()].filter((run) => wanted?.includes(run.configured.name) ?? true);
    const names = runs.map((run) => run.configured.name);
    const states = await engineState(this.#engine, 'ethernetSegments', names);
    const content: PlainData = {
      'provider-edge': wants(interests, PROVIDER_EDGE) ? this.#edge() : undefined,
      'ethernet-segment': runs.map((run) => ({
        name: run.configured.name,
        state: segmentState(run, states?.get(run.configured.name)),
        'sluice-evpn:evpn': segmentEvpnState(run, this.#segments.evpn),
      })),
    };
    const nodes = build(this.#keys.schema, { [ETHERNET_SEGMENTS.slice(1)]: content });
    for (const { key, node, row } of rowsFromData(this.#keys, nodes)) if (node !== undefined) out.put(key, node, row);
  }

  #edge(): PlainData | undefined {
    const { edge, tracking, sessions } = this.#segments;
    if (edge === undefined) return undefined;
    return {
      peer: edge.peers.map(({ address }) => {
        const { isUp, changedAt, sessions: count, lastError } = sessions.state(address);
        const state: PlainData = {
          alive: this.#segments.isAlive(address),
          'session-up': isUp,
          'session-changed-at': changedAt === undefined ? undefined : timeOf(changedAt),
          sessions: count,
          'last-error': isUp ? undefined : lastError,
          ...bfdState(tracking.session(peerSession(address))),
        };
        return { address, state };
      }),
      'core-tracking': {
        target: edge.targets.map(({ address }) => ({
          address,
          state: { counted: tracking.isCounted(address), ...bfdState(tracking.session(targetSession(address))) },
        })),
        state: tracking.tracking,
      },
      'sluice-evpn:bgp': bgpState(edge, this.#segments.evpn, (address) =>
        bfdState(tracking.session(peerSession(address))),
      ),
    };
  }
}

function bfdState(report: BfdReport | undefined): PlainData {
  if (report === undefined) return {};
  const { state, diagnostic, sinceNs } = report;
  return {
    'bfd-state': bfdStates[state],
    'bfd-diagnostic': diagnostic,
    'bfd-changed-at': sinceNs > 0n ? dateAndTimeOfNs(sinceNs) : undefined,
  };
}

function segmentState(run: SegmentRun, engine: EthernetSegmentState | undefined): PlainData {
  const { state, record } = run;
  return {
    phase: state && phases[state.phase],
    'segment-up': run.isUp,
    draining: run.commands.isDraining,
    commands: commandsState(run.commands),
    'last-election': run.lastElection === undefined ? undefined : timeOf(run.lastElection),
    'forwarded-vlans': state && countVlans(state.open),
    vlan: vlanStates(run, engine),
    peer: (state?.peers ?? []).filter(({ isForeign }) => !isForeign).map((peer) => peerState(run, peer)),
    'remote-macs': run.own.remote.size,
    'segment-macs': run.own.segment.size,
    ...(engine === undefined ? {} : counters(engine)),
    move: record.moves.map(moveState),
  };
}

function commandsState({ at, blocked, pins }: SegmentCommands): PlainData | undefined {
  if (at === 0) return undefined;
  return {
    'changed-at': timeOf(at),
    'blocked-vlan': rangesOf(blocked),
    pin: pins.map(({ address, vlans }) => ({ 'provider-edge': address, vlan: rangesOf(vlans) })),
  };
}

function vlanStates(run: SegmentRun, engine: EthernetSegmentState | undefined): PlainData[] {
  const { state, record } = run;
  const counted = new Map<number, SegmentVlanState>((engine?.vlans ?? []).map((vlan) => [vlan.vid, vlan]));
  const moving = state && union(union(state.opening, state.closing), attempted(state));
  return Array.from(vlansOf(run.configured.vlans), (vlan): PlainData => {
    const since = record.since(vlan);
    const its = counted.get(vlan);
    return {
      'vlan-id': vlan,
      role: state && moving && roleOf(state, moving, vlan),
      elected: state && dfOf(state.elected, vlan),
      circuit: circuitOf(run, vlan),
      since: since > 0 ? timeOf(since) : undefined,
      cause: record.cause(vlan),
      'in-dropped': its && String(its.inDropped),
      'out-dropped': its && String(its.outDropped),
    };
  });
}

function roleOf({ open }: State, moving: State['open'], vlan: number): string {
  if (hasVlan(moving, vlan)) return 'moving';
  return hasVlan(open, vlan) ? 'forwarder' : 'blocked';
}

function circuitOf(run: SegmentRun, vlan: number): string {
  if (hasVlan(run.circuitsDown, vlan)) return 'down';
  return hasVlan(run.circuitFaults, vlan) ? 'fault' : 'up';
}

function peerState(run: SegmentRun, { address, isSynced, hasLeft, advert, forwarding }: Peer): PlainData {
  const theirs = run.theirs(address);
  return {
    address,
    synchronized: isSynced,
    left: hasLeft,
    'able-vlans': advert && countVlans(advert.able),
    'forwarded-vlans': isSynced ? countVlans(forwarding) : undefined,
    'remote-macs': theirs.remote.table.size,
    'segment-macs': theirs.segment.table.size,
  };
}

function counters(engine: EthernetSegmentState): PlainData {
  return {
    probes: {
      sent: String(engine.probesSent),
      dropped: String(engine.probesDropped),
      received: String(engine.probesReceived),
      refused: String(engine.probesRefused),
    },
    redirected: {
      'from-ce': String(engine.redirectedFromCe),
      'to-ce': String(engine.redirectedToCe),
      dropped: String(engine.redirectsDropped),
      received: String(engine.redirectsReceived),
      held: String(engine.redirectsHeld),
      refused: String(engine.redirectsRefused),
      copies: String(engine.copiesDropped),
    },
  };
}

function moveState(move: Move): PlainData {
  const time = (at: number | undefined): string | undefined => (at === undefined ? undefined : timeOf(at));
  return {
    number: move.number,
    vlan: rangesOf(move.vlans),
    'new-state': move.state,
    cause: move.cause,
    'redirect-to': move.redirectTo,
    'claimed-at': time(move.claimedAt),
    'granted-at': time(move.grantedAt),
    'ordered-at': timeOf(move.orderedAt),
    'effective-at': time(move.effectiveAt),
    'notified-at': time(move.notifiedAt),
    method: move.methods,
  };
}

/** Milliseconds since 1970, with fractions. */
export function timeOf(milliseconds: number): string {
  return dateAndTimeOfNs(BigInt(Math.round(milliseconds * 1e6)));
}
