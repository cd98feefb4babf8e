/** Ethernet segments, wired: the runtime with engine, keys and subscribers, its state and its actions. */
import type { Datastores } from '../commit/datastores.ts';
import type { StateProvider } from '../commit/operational/state.ts';
import type { KeptValues } from '../datastore/kept-values.ts';
import type { KeySpace } from '../datastore/key/key.ts';
import type { View } from '../datastore/view/view.ts';
import type { EngineClient } from '../engine/client.ts';
import { segmentActions } from '../features/ethernet-segments/actions.ts';
import { segmentNotifier } from '../features/ethernet-segments/notify.ts';
import { type Drain, drainAll } from '../features/ethernet-segments/runtime/drain.ts';
import { EthernetSegments } from '../features/ethernet-segments/runtime/segments.ts';
import { SegmentStateProvider } from '../features/ethernet-segments/state.ts';
import { interfaceChanges } from '../features/forwarding.ts';
import type { HiddenKeys } from '../features/keystore/key-pair.ts';
import type { Publish } from '../features/notification.ts';
import type { Operation } from '../features/operations.ts';
import { BgpSpeaker, type SpeakerOptions } from '../platform/bgp/speaker.ts';
import { PeerSessions, type PeerSessionsOptions } from '../platform/peer-session/peer-sessions.ts';

export interface SegmentContext {
  readonly keys: KeySpace;
  readonly engine: EngineClient;
  readonly running: () => View;
  readonly kept: KeptValues;
  readonly hidden: HiddenKeys;
  readonly publish: Publish;
  readonly log: (message: string) => void;
}

export class Segments {
  readonly actions: readonly [string, Operation][];
  readonly state: StateProvider;
  readonly #segments: EthernetSegments;

  constructor({ keys, engine, running, kept, hidden, publish, log }: SegmentContext) {
    const notify = segmentNotifier(keys.schema, publish);
    const models = interfaceChanges(keys);
    const transport = (options: PeerSessionsOptions): PeerSessions => new PeerSessions(options);
    const speaker = (options: SpeakerOptions): BgpSpeaker => new BgpSpeaker(options);
    this.#segments = new EthernetSegments({
      keys,
      models,
      engine,
      running,
      kept,
      hidden,
      transport,
      speaker,
      notify,
      log,
    });
    this.actions = segmentActions(keys, this.#segments);
    this.state = new SegmentStateProvider(keys, this.#segments, engine);
  }

  /** Before the engine is connected to. */
  start(datastores: Datastores): void {
    datastores.onCommit((_record, { rows }) => this.#segments.committed(rows));
    this.#segments.start();
  }

  /** Before the machine restarts: other PEs take over while this one still forwards. */
  drain(limitMs: number): Promise<Drain> {
    return drainAll([...this.#segments.runs()], limitMs);
  }

  /** The router ends: peers take over what it forwards, without loss. Bounded in time. */
  leave(): Promise<void> {
    return this.#segments.leave();
  }

  /** The control plane ends: the engine goes on forwarding. */
  close(): Promise<void> {
    return this.#segments.close();
  }
}
