/**
 * The ethernet segments of the router at work: one run for each, BFD and links for all of them, sessions with the peers.
 * Follows running after each commit, and the engine: while it is away there are no agents and no sessions; each time it comes,
 * they begin with what it forwards. A change is taken whole: configuration and engine are read together, one after the other.
 */

import type { KeptValues } from '../../../datastore/kept-values.ts';
import type { KeySpace } from '../../../datastore/key/key.ts';
import type { View } from '../../../datastore/view/view.ts';
import { type Event, LinkState, type SegmentProbe } from '../../../engine/gen/sluice_pb.js';
import { addressText } from '../../address.ts';
import { BRIDGE_DOMAINS } from '../../bridge-domains/model.ts';
import { CE_NOTIFICATIONS, CeNotificationModel } from '../../ce-notification/model.ts';
import { CFM, CfmModel } from '../../cfm/model.ts';
import type { InterfaceModels } from '../../interfaces/change.ts';
import { INTERFACES } from '../../interfaces/model.ts';
import { InterfaceObjects } from '../../interfaces/objects.ts';
import { NETWORK_INSTANCES } from '../../ip/model.ts';
import type { HiddenKeys } from '../../keystore/key-pair.ts';
import { KEYSTORE } from '../../keystore/model.ts';
import { orLate } from '../../or-late.ts';
import { TRUSTSTORE } from '../../truststore/model.ts';
import type { Notice } from '../agent/segment-agent.ts';
import { ETHERNET_SEGMENTS, hexText, type ProviderEdge, readSegments, type SegmentConfiguration } from '../model.ts';
import { vlansOfBytes } from '../vlan-ranges.ts';
import { CircuitFaults } from './circuit-faults.ts';
import { type Circuit, circuitsDown, circuitsUp } from './circuits.ts';
import { type CommandChange, Commands, within } from './commands.ts';
import type { SegmentEngine } from './engine.ts';
import { askEngine, type EngineReport, foundOf, isUsable, linksDown } from './engine-report.ts';
import { Evpn, type EvpnParts } from './evpn.ts';
import { MacWatch } from './mac-watch.ts';
import { methodsOf, offsetsOf } from './methods.ts';
import { probeKind } from './probe-kinds.ts';
import type { Move } from './record.ts';
import { SegmentRun, type Surroundings } from './segment-run.ts';
import { sessionsOf } from './session-configuration.ts';
import { Sessions, type SessionsParts } from './sessions.ts';
import { Tracking, type TrackingEvents } from './tracking.ts';

/** The longest that peers are waited for at the end of the router. */
export const LEAVE_MS = 2000;

/** Whose configuration segments follow from. */
const FOLLOWED = [
  ETHERNET_SEGMENTS,
  INTERFACES,
  CE_NOTIFICATIONS,
  BRIDGE_DOMAINS,
  NETWORK_INSTANCES,
  KEYSTORE,
  TRUSTSTORE,
  CFM,
];

export interface SegmentsParts {
  readonly keys: KeySpace;
  readonly models: InterfaceModels;
  readonly engine: SegmentEngine;
  readonly running: () => View;
  readonly kept: Pick<KeptValues, 'of' | 'write'>;
  readonly hidden: HiddenKeys;
  readonly transport: SessionsParts['transport'];
  readonly speaker: EvpnParts['speaker'];
  readonly notify: (run: SegmentRun, notice: Notice, move: Move | undefined) => void;
  readonly log: (message: string) => void;
}

export class EthernetSegments {
  readonly #parts: SegmentsParts;
  readonly #notifications: CeNotificationModel;
  readonly #runs = new Map<string, SegmentRun>();
  /** Segments whose state has changed; without one: the provider edge. */
  readonly changes = new Set<(segment: string | undefined) => void>();
  readonly #byEsi = new Map<string, SegmentRun>();
  readonly #sessions: Sessions;
  readonly #tracking: Tracking;
  readonly #macs: MacWatch;
  readonly #evpn: Evpn;
  readonly #commands: Commands;
  readonly #faults: CircuitFaults;
  #edge: ProviderEdge | undefined;
  #isAttached = false;
  /** Of attachments to the engine: what was asked before it went away is not taken. */
  #generation = 0;
  #isDirty = false;
  #isSyncing = false;
  /** What came while the engine was asked: may be newer than its answer. */
  #meanwhile: Event[] | undefined;

  constructor(parts: SegmentsParts) {
    this.#parts = parts;
    this.#notifications = new CeNotificationModel(parts.keys);
    this.#sessions = new Sessions({
      transport: parts.transport,
      log: parts.log,
      tables: (peer) => this.#sharedWith(peer).map((run) => run.tables(peer)),
      onMessage: (peer, esi, message) => this.#byEsi.get(hexText(esi))?.take({ type: 'message', peer, message }),
      onSession: (peer, up) => {
        const hasBfd = this.#tracking.isAlive(peer) !== undefined;
        for (const run of this.#sharedWith(peer)) {
          if (!hasBfd && up) run.take({ type: 'liveness', peer, alive: true });
          run.take({ type: 'session', peer, up });
          if (!hasBfd && !up) run.take({ type: 'liveness', peer, alive: false });
        }
        this.#tell(undefined);
      },
    });
    this.#macs = new MacWatch(parts.engine);
    this.#evpn = new Evpn({
      speaker: parts.speaker,
      isAlive: (peer) => this.#tracking.isAlive(peer),
      changed: () => this.#tell(undefined),
      log: parts.log,
    });
    this.#faults = new CircuitFaults(new CfmModel(parts.keys));
    this.#commands = new Commands(parts.kept, parts.log);
    const events: TrackingEvents = {
      onLiveness: (peer, alive) => {
        parts.log(`ethernet segments: peer ${peer} ${alive ? 'lives' : 'is lost'}`);
        // Nothing more is taken from a session with a peer that is lost.
        if (!alive) this.#sessions.end(peer, 'the peer is lost');
        for (const run of this.#sharedWith(peer)) run.take({ type: 'liveness', peer, alive });
        this.#evpn.setLiveness(peer, alive);
      },
      onLate: (peer, on) => {
        for (const run of this.#sharedWith(peer)) run.take({ type: 'late', peer, on });
      },
      onTracking: (tracking) => {
        parts.log(`ethernet segments: core tracking is ${tracking}`);
        for (const run of this.#runs.values()) run.take({ type: 'core', tracking });
        this.#tell(undefined);
      },
    };
    this.#tracking = new Tracking(events, parts.engine);
  }

  get edge(): ProviderEdge | undefined {
    return this.#edge;
  }

  get tracking(): Tracking {
    return this.#tracking;
  }

  get sessions(): Sessions {
    return this.#sessions;
  }

  get evpn(): Evpn {
    return this.#evpn;
  }

  run(name: string): SegmentRun | undefined {
    return this.#runs.get(name);
  }

  runs(): Iterable<SegmentRun> {
    return this.#runs.values();
  }

  isAlive(peer: string): boolean {
    return this.#tracking.isAlive(peer) ?? this.#sessions.isUp(peer);
  }

  /** Follows the engine; before it is connected to. */
  start(): void {
    const { engine } = this.#parts;
    engine.onEvent((event) => this.#onEvent(event));
    engine.onReplay(() => {
      this.#isAttached = true;
      this.changed();
    });
    engine.onLoss(() => this.#detach());
    // What a commit took from the configuration just before the control plane was killed.
    this.#commands.prune(this.#read().segments);
  }

  /** A commit: looks whether it is about what segments follow from. */
  committed(rows: readonly { readonly node?: { readonly path: string } | undefined }[]): void {
    if (rows.some(({ node }) => node === undefined || FOLLOWED.some((path) => node.path.startsWith(path)))) {
      this.#commands.prune(this.#read().segments);
      this.changed();
    }
  }

  /**
   * Has a command kept, then acted upon. False: there is no such segment, or the engine has not been there yet. Throws a fault
   * where the command cannot be kept: nothing has changed then.
   */
  async command(name: string, change: CommandChange): Promise<boolean> {
    const isKept = await this.#commands.change(name, () => {
      const configured = this.#runs.has(name) ? this.#read().segments.get(name) : undefined;
      return configured && ((before) => within({ ...change(before), at: before.at }, configured));
    });
    if (isKept) this.#runs.get(name)?.command(this.#commands.of(name));
    return isKept;
  }

  /** Configuration or engine may be others. */
  changed(): void {
    this.#isDirty = true;
    if (!this.#isSyncing) void this.#syncAll();
  }

  /** The router ends: gives its VLANs away, blocks all, tells the peers. Resolves after LEAVE_MS at the latest. */
  async leave(): Promise<void> {
    await this.#goodbye([...this.#runs.values()], (run) => run.giveAway());
  }

  /** Ends the sessions; what the engine forwards it goes on forwarding. */
  async close(): Promise<void> {
    this.#detach();
    await Promise.all([this.#sessions.close(), this.#evpn.close()]);
    await this.#commands.settled();
  }

  async #goodbye(
    runs: readonly SegmentRun[],
    before: (run: SegmentRun) => Promise<void> = async () => {},
  ): Promise<void> {
    const left = Promise.all(runs.map((run) => before(run).then(() => run.leave())));
    await orLate(
      LEAVE_MS,
      left.then(() => this.#sessions.flushed()),
    );
  }

  #sharedWith(peer: string): readonly SegmentRun[] {
    return [...this.#runs.values()].filter((run) => run.configured.segment.peers.includes(peer));
  }

  #detach(): void {
    this.#isAttached = false;
    this.#generation += 1;
    for (const run of this.#runs.values()) run.detach();
    this.#macs.follow([]);
    this.#sessions.configure(undefined);
    this.#evpn.configure(undefined, []);
    this.#tracking.forget();
    this.#tell(undefined);
  }

  #tell(segment: string | undefined): void {
    for (const listener of this.changes) listener(segment);
  }

  async #syncAll(): Promise<void> {
    this.#isSyncing = true;
    try {
      while (this.#isDirty && this.#isAttached) {
        this.#isDirty = false;
        await this.#sync();
      }
    } catch (error) {
      this.#parts.log(`ethernet segments could not be brought up to date: ${(error as Error).stack}`);
    } finally {
      this.#isSyncing = false;
    }
  }

  async #sync(): Promise<void> {
    const generation = this.#generation;
    const configuration = this.#read();
    await this.#removed(configuration);
    if (configuration.edge === undefined && this.#edge === undefined) return;
    this.#meanwhile = [];
    const report = await askEngine(this.#parts.engine, configuration);
    const meanwhile = this.#meanwhile;
    this.#meanwhile = undefined;
    if (generation !== this.#generation) return;
    if (report === undefined) {
      this.#isDirty = true;
      return;
    }
    // A view is that of one turn: all of it is used in this one.
    const view = this.#parts.running();
    this.#take(readSegments(this.#parts.keys, view), view, report);
    for (const event of meanwhile) this.#onEvent(event);
  }

  #read(): SegmentConfiguration {
    return readSegments(this.#parts.keys, this.#parts.running());
  }

  /** Segments that are no more say goodbye while their sessions are there. */
  async #removed({ segments }: SegmentConfiguration): Promise<void> {
    const gone = [...this.#runs].filter(([name]) => !segments.has(name));
    if (gone.length === 0) return;
    await this.#goodbye(gone.map(([, run]) => run));
    for (const [name, run] of gone) {
      run.detach();
      this.#runs.delete(name);
    }
  }

  #take({ edge, segments }: SegmentConfiguration, view: View, report: EngineReport): void {
    const { models, engine, notify, log } = this.#parts;
    this.#edge = edge;
    this.#tracking.sync(edge, report.bfd, linksDown(report, edge));
    const objects = new InterfaceObjects(view, models);
    this.#faults.sync(view, report.meps);
    const watched: (Pick<SegmentRun, 'own'> & { circuits: readonly Circuit[] })[] = [];
    for (const [name, configured] of segments) {
      const circuits = circuitsUp(objects, configured);
      const surroundings: Surroundings = {
        circuitsDown: circuitsDown(configured, circuits),
        circuitFaults: this.#faults.of(configured.port),
        circuits: new Map(circuits.map(({ vlan, interface: circuit }) => [vlan, circuit])),
        methods: methodsOf(view, this.#notifications, configured.port),
        offsetsMs: offsetsOf(view, this.#notifications, configured.port),
      };
      let run = this.#runs.get(name);
      if (run === undefined) {
        run = new SegmentRun(configured, surroundings, {
          engine,
          notify,
          changed: ({ configured: { name: changed } }) => this.#tell(changed),
          log,
          send: (peer, esi, message) => this.#sessions.send(peer, esi, message),
          resetSession: (peer) => this.#sessions.end(peer, 'reset'),
          checkCore: () => this.#tracking.check(),
          announce: (esi, advert) => this.#evpn.announce(esi, advert),
          foreignRemote: this.#evpn.remoteMacs,
        });
        this.#runs.set(name, run);
      }
      run.command(within(this.#commands.of(name), configured));
      run.sync(configured, surroundings, {
        ...foundOf(report, configured),
        tracking: this.#tracking.tracking,
        alive: configured.segment.peers.filter((peer) => this.isAlive(peer)),
      });
      if (configured.segment.peers.length > 0 || configured.evpn !== undefined)
        watched.push({ own: run.own, circuits });
    }
    this.#tell(undefined);
    this.#macs.follow(watched);
    this.#byEsi.clear();
    for (const run of this.#runs.values()) this.#byEsi.set(hexText(run.configured.segment.esi), run);
    const peers = new Set([...segments.values()].flatMap(({ segment }) => segment.peers));
    this.#sessions.configure(sessionsOf(edge, view, peers, this.#parts));
    this.#evpn.configure(edge, this.#runs.values());
  }

  #onEvent(event: Event): void {
    this.#meanwhile?.push(event);
    const { what, atNs } = event;
    switch (what.case) {
      case 'link': {
        const { port, link } = what.value;
        this.#tracking.onLink(port, link === LinkState.LINK_UP);
        const isUp = isUsable(what.value);
        for (const run of this.#runs.values()) if (run.configured.port === port) run.onLink(isUp);
        return;
      }
      case 'bfd': {
        const { name, state, diagnostic, late } = what.value;
        this.#tracking.onBfd(name, { state, diagnostic, sinceNs: atNs }, late);
        this.#tell(undefined);
        return;
      }
      case 'cfm': {
        const { port } = what.value;
        if (!this.#faults.on(what.value)) return;
        for (const run of this.#runs.values()) if (run.configured.port === port) run.onFaults(this.#faults.of(port));
        return;
      }
      case 'segmentProbe':
        this.#onProbe(what.value);
        return;
      case 'lost':
        this.changed();
    }
  }

  #onProbe({ segment, kind, vlans, stamp, from }: SegmentProbe): void {
    const name = probeKind(kind);
    if (name === undefined || (from.length !== 4 && from.length !== 16)) return;
    const probe = { kind: name, vlans: vlansOfBytes(vlans), stamp: Number(stamp) };
    this.#runs.get(segment)?.take({ type: 'probe', from: addressText(from), probe });
  }
}
