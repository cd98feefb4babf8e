/**
 * Foreign PEs at work: BGP sessions with the neighbors, as long as the engine is there, the segments' routes on them, and what
 * they say as events of the segments. A change of the configuration touches what it names: of a neighbor its session, of a segment
 * its routes. With another AS, identifier or local address all sessions begin anew.
 */

import type {
  BgpClient,
  BgpPeer,
  BgpSpeaker,
  PeerStatus,
  Place,
  SpeakerOptions,
} from '../../../platform/bgp/speaker.ts';
import { addressBytes } from '../../address.ts';
import type { Advert } from '../decision/message.ts';
import { EvpnPeers, type RouteCounts } from '../evpn/evpn-peers.ts';
import { type BgpConfiguration, evisOf } from '../evpn/model.ts';
import type { EvpnSegment } from '../evpn/segment.ts';
import { MacTable } from '../exchange/mac-table.ts';
import { hexDigits } from '../exchange/octets.ts';
import type { ProviderEdge } from '../model.ts';
import type { SegmentRun } from './segment-run.ts';

/** How often is tried to listen where that fails: the address may not be there yet. */
const LISTEN_AGAIN_MS = 1000;
/** Between lines of the log about one neighbor, or about strangers. */
const SAY_AGAIN_MS = 1000;

export interface NeighborState {
  isUp: boolean;
  sessions: number;
  /** Milliseconds since 1970. */
  changedAt?: number;
  lastError?: string;
}

interface Speaking {
  /** AS, identifier, local address. */
  readonly as: string;
  readonly peers: EvpnPeers;
  readonly speaker: Speaker;
}

/** BGP (src/platform/bgp). */
export type Speaker = Pick<BgpSpeaker, 'configure' | 'listen' | 'status' | 'wake' | 'askAgain' | 'close'>;

export interface EvpnParts {
  readonly speaker: (options: SpeakerOptions) => Speaker;
  /** Undefined: BFD says nothing of it. */
  readonly isAlive: (peer: string) => boolean | undefined;
  /** The state of a neighbor is another, but for counters. */
  readonly changed: () => void;
  readonly log: (message: string) => void;
}

export class Evpn {
  /** Hosts elsewhere, as foreign PEs announce them. */
  readonly remoteMacs = new MacTable();
  readonly #parts: EvpnParts;
  readonly #states = new Map<string, NeighborState>();
  readonly #said = new Map<string, { readonly text: string; readonly at: number }>();
  /** Foreign PEs that BFD says the liveness of. */
  #bfd: ReadonlySet<string> = new Set();
  #neighbors: ReadonlySet<string> = new Set();
  #speaking: Speaking | undefined;
  #place: Place | undefined;
  #listenAgain: NodeJS.Timeout | undefined;
  #closed: Promise<void> = Promise.resolve();

  constructor(parts: EvpnParts) {
    this.#parts = parts;
  }

  /** `edge` undefined: there are no sessions. */
  configure(edge: ProviderEdge | undefined, runs: Iterable<SegmentRun>): void {
    const bgp = edge?.bgp;
    const identifier = bgp?.identifier;
    if (edge === undefined || bgp === undefined || identifier === undefined) {
      this.#end();
      return;
    }
    const evpn = [...runs].filter((run) => run.configured.evpn !== undefined);
    const as = `${bgp.as} ${identifier} ${edge.localAddress}`;
    if (this.#speaking?.as !== as) this.#end();
    const bfd = new Set(edge.foreign.flatMap(({ address, bfd: its }) => (its === undefined ? [] : [address])));
    const before = this.#bfd;
    this.#bfd = bfd;
    this.#speaking ??= this.#begin(as, bgp, identifier);
    const { peers, speaker } = this.#speaking;
    for (const address of before) if (!bfd.has(address)) peers.forgetLiveness(address);
    for (const address of bfd) {
      if (!before.has(address) && this.#parts.isAlive(address) === true) peers.setLiveness(address, true);
    }
    peers.configure(evpn.map((run) => segmentOf(run, bgp.as)));
    // What the decisions said before there was a segment to say it of.
    for (const run of evpn) peers.announce(hexDigits(run.configured.segment.esi), run.state?.announced);
    const enabled = bgp.neighbors.filter(({ isEnabled }) => isEnabled);
    this.#neighbors = new Set(bgp.neighbors.map(({ address }) => address));
    speaker.configure(enabled.map((neighbor) => peerOf(neighbor, edge.localAddress)));
    for (const address of this.#states.keys()) if (!this.#neighbors.has(address)) this.#states.delete(address);
    this.#listen(enabled.length === 0 ? undefined : { host: edge.localAddress, port: bgp.localPort });
  }

  /** The decision's output `announce`. */
  announce(esi: Uint8Array, advert: Advert | undefined): void {
    this.#speaking?.peers.announce(hexDigits(esi), advert);
  }

  /** Of BFD. */
  setLiveness(peer: string, isAlive: boolean): void {
    if (this.#bfd.has(peer)) this.#speaking?.peers.setLiveness(peer, isAlive);
  }

  neighbor(address: string): NeighborState & RouteCounts & { readonly status: PeerStatus | undefined } {
    const counts = this.#speaking?.peers.counts(address) ?? { received: 0, sent: 0, unusable: 0 };
    return { ...this.#state(address), ...counts, status: this.#speaking?.speaker.status(address) };
  }

  /** Our routes of a segment; undefined: it has none. */
  routesOf(esi: Uint8Array): ReturnType<EvpnPeers['routesOf']> {
    return this.#speaking?.peers.routesOf(hexDigits(esi));
  }

  async close(): Promise<void> {
    this.#end();
    await this.#closed;
  }

  #begin(as: string, bgp: BgpConfiguration, identifier: string): Speaking {
    const peers = new EvpnPeers({
      as: bgp.as,
      identifier,
      hasBfd: (address) => this.#bfd.has(address),
      segments: [],
      remoteMacs: this.remoteMacs,
      wake: (session) => speaker.wake(session),
      askAgain: (session) => speaker.askAgain(session),
      note: (session, text) => this.#note(session, text),
    });
    const client: BgpClient = {
      up: (peer, session) => {
        this.#changed(peer, true);
        peers.up(peer, session);
        this.#parts.changed();
      },
      down: (peer, reason) => {
        this.#changed(peer, false);
        peers.down(peer, reason);
      },
      update: (peer, update) => peers.update(peer, update),
      next: (peer) => peers.next(peer),
      refresh: (peer) => peers.refresh(peer),
      changed: () => this.#parts.changed(),
      note: (peer, text) => this.#note(peer, text),
    };
    const local = { as: bgp.as, identifier: Buffer.from(addressBytes(identifier)).readUInt32BE(0), holdSeconds: 90 };
    const speaker = this.#parts.speaker({ local, peers: [], client });
    return { as, peers, speaker };
  }

  /** Each neighbor hears a NOTIFICATION, and takes us for gone. */
  #end(): void {
    const speaking = this.#speaking;
    this.#listen(undefined);
    this.#speaking = undefined;
    this.#bfd = new Set();
    if (speaking === undefined) return;
    const closed = speaking.speaker.close();
    this.#closed = Promise.all([this.#closed, closed]).then(() => undefined);
    speaking.peers.close();
  }

  #listen(place: Place | undefined): void {
    if (place?.host === this.#place?.host && place?.port === this.#place?.port) return;
    this.#place = place;
    clearTimeout(this.#listenAgain);
    if (this.#speaking !== undefined) void this.#listenAt(this.#speaking.speaker, place);
  }

  async #listenAt(speaker: Speaker, place: Place | undefined): Promise<void> {
    try {
      await speaker.listen(place);
    } catch (error) {
      if (place === undefined || this.#place !== place) return;
      this.#say(place.host, `cannot listen at port ${place.port}: ${(error as Error).message}`);
      this.#listenAgain = setTimeout(() => void this.#listenAt(speaker, place), LISTEN_AGAIN_MS).unref();
    }
  }

  #state(address: string): NeighborState {
    return this.#states.get(address) ?? { isUp: false, sessions: 0 };
  }

  #changed(address: string, isUp: boolean): void {
    const before = this.#state(address);
    const sessions = before.sessions + (isUp ? 1 : 0);
    this.#states.set(address, { ...before, isUp, sessions, changedAt: Date.now() });
    this.#parts.log(`ethernet segments: BGP session with ${address} ${isUp ? 'is up' : 'ended'}`);
  }

  #note(address: string, text: string): void {
    const isNeighbor = this.#neighbors.has(address);
    const state = this.#state(address);
    if (isNeighbor && !state.isUp) this.#states.set(address, { ...state, lastError: text });
    this.#say(isNeighbor ? address : 'strangers', `${address}: ${text}`);
  }

  /** Each thing once in a row: a neighbor that is off is tried for ever. Strangers choose neither how often nor how many. */
  #say(about: string, text: string): void {
    const last = this.#said.get(about);
    const now = performance.now();
    if (last !== undefined && (last.text === text || now - last.at < SAY_AGAIN_MS)) return;
    this.#said.set(about, { text, at: now });
    this.#parts.log(`ethernet segments: BGP: ${text}`);
  }
}

function peerOf(neighbor: BgpConfiguration['neighbors'][number], localAddress: string): BgpPeer {
  const { address, as, holdSeconds, retrySeconds, isPassive, port } = neighbor;
  const dials = isPassive ? {} : { dials: { port, localAddress } };
  return { address, as, holdSeconds, retryMs: retrySeconds * 1000, ...dials };
}

function segmentOf(run: SegmentRun, as: number): EvpnSegment {
  const { segment, evpn, vlans } = run.configured;
  if (evpn === undefined) throw new Error(`${run.configured.name} has no evpn`);
  return {
    esi: hexDigits(segment.esi),
    address: segment.address,
    own: segment.peers,
    evis: evisOf(evpn, vlans, as),
    rdNumber: evpn.rdNumber,
    ownMacs: run.own.segment,
    theirMacs: run.foreignMacs,
    take: (event) => run.take(event),
  };
}
