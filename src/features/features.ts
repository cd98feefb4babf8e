/** All features of the router and what they offer to those above, wired for one schema. */
import type { AccessControl } from '../commit/access/access.ts';
import type { Feature, PlannedOperation } from '../commit/feature.ts';
import { KeySpace } from '../datastore/key/key.ts';
import type { View } from '../datastore/view/view.ts';
import type { Event } from '../engine/gen/sluice_pb.js';
import type { Schema } from '../yang/schema/node.ts';
import { accessListLine } from './access-lists/log.ts';
import { BlockPointNotifier } from './block-points/notify.ts';
import { CfmModel } from './cfm/model.ts';
import { FaultAlarms } from './cfm/notify.ts';
import type { EngineQueries } from './engine-state.ts';
import { forwardingFeatures } from './forwarding.ts';
import type { InterfaceNumbers } from './interfaces/state.ts';
import { keystoreFeature } from './keystore/feature.ts';
import type { HiddenKeys } from './keystore/key-pair.ts';
import { NacmAccessControl } from './nacm/access.ts';
import { nacmFeature, RELOAD_ACCESS_RULES } from './nacm/feature.ts';
import type { TransportStates } from './netconf-server/endpoint.ts';
import { netconfServerFeature } from './netconf-server/feature.ts';
import { transportIntent } from './netconf-server/plan.ts';
import type { Publish } from './notification.ts';
import { planReplay } from './replay.ts';
import { snmpFeature, snmpIntent } from './snmp/feature.ts';
import { SnmpState, type SnmpStates } from './snmp/state.ts';
import { systemFeature } from './system/feature.ts';
import { SystemModel } from './system/model.ts';
import { Users } from './system/users.ts';
import { truststoreFeature } from './truststore/feature.ts';

export interface FeatureContext {
  readonly keys: KeySpace;
  readonly engine: EngineQueries;
  /** src/platform/if-index.ts */
  readonly numbers: InterfaceNumbers;
  /** The running configuration at the moment of the call. */
  readonly running: () => View;
  /** Takes what features notify. */
  readonly publish: Publish;
  /** src/platform/hidden-keys.ts */
  readonly hidden: HiddenKeys;
  /** How listeners and calls are doing (src/northbound/netconf/transport/transports.ts). */
  readonly transports: TransportStates;
  /** How the SNMP engine is doing. */
  readonly snmp: SnmpStates;
  readonly log: (message: string) => void;
}

export interface RouterFeatures {
  readonly features: readonly Feature[];
  readonly access: AccessControl;
  readonly users: Users;
  /** What the platform's target does for features (src/platform/target.ts), by name. */
  readonly platformActions: Readonly<Record<string, () => void>>;
  /** What an empty engine needs to be told. */
  readonly intent: () => readonly PlannedOperation[];
  /** What listens and calls at the start. */
  readonly transportIntent: () => readonly PlannedOperation[];
  /** What the SNMP engine is at the start. */
  readonly snmpIntent: () => readonly PlannedOperation[];
  /** To be given every event of the engine. */
  readonly onEngineEvent: (event: Event) => void;
  /** To be called after every replay of the engine, with what it was told. */
  readonly onEngineReplay: (operations: readonly PlannedOperation[]) => void;
}

/** Leaves by which features look rows up: the store keeps an index of each. Asked before there is a store. */
export function featureIndexes(schema: Schema): readonly string[] {
  const features = forwardingFeatures(new KeySpace(schema), { query: async () => undefined }, { of: async () => [] });
  return [...new Set(features.flatMap((feature) => feature.indexes ?? []))];
}

export function createFeatures(context: FeatureContext): RouterFeatures {
  const { keys, engine, numbers, running, publish, hidden, transports, snmp, log } = context;
  const access = new NacmAccessControl(keys, running);
  const system = new SystemModel(keys);
  const forwarding = forwardingFeatures(keys, engine, numbers);
  const features = [
    ...forwarding,
    nacmFeature(keys, access),
    systemFeature(system),
    keystoreFeature(keys, hidden),
    truststoreFeature(keys),
    netconfServerFeature(keys, hidden, transports),
    snmpFeature(keys, new SnmpState(keys, snmp)),
  ];
  const notifier = new BlockPointNotifier(keys.schema, publish);
  const alarms = new FaultAlarms(keys.schema, new CfmModel(keys), running, publish);
  return {
    features,
    access,
    users: new Users(system, running),
    platformActions: { [RELOAD_ACCESS_RULES]: () => access.invalidate() },
    intent: () => planReplay(keys, forwarding, running()),
    snmpIntent: () => snmpIntent(keys, running()),
    transportIntent: () => transportIntent(keys, running(), log),
    onEngineEvent: (event) => {
      notifier.onEvent(event);
      alarms.onEvent(event);
      const line = accessListLine(event);
      if (line !== undefined) log(line);
    },
    onEngineReplay: (operations) => notifier.onReplay(operations),
  };
}
