/** sluice-ethernet-segments: what the engine is told. The decision and its state are ./runtime. */
import type { Feature } from '../../commit/feature.ts';
import { BRIDGE_DOMAINS } from '../bridge-domains/model.ts';
import type { InterfaceChanges } from '../interfaces/change.ts';
import { INTERFACES } from '../interfaces/model.ts';
import { NETWORK_INSTANCES } from '../ip/model.ts';
import { KEYSTORE } from '../keystore/model.ts';
import { TRUSTSTORE } from '../truststore/model.ts';
import { checkSegments } from './check.ts';
import { ETHERNET_SEGMENTS } from './model.ts';
import { planSegments } from './plan.ts';

export function ethernetSegmentsFeature(changes: InterfaceChanges): Feature {
  const { interfaces } = changes;
  return {
    name: 'ethernet-segments',
    owns: [ETHERNET_SEGMENTS, INTERFACES, BRIDGE_DOMAINS, NETWORK_INSTANCES, KEYSTORE, TRUSTSTORE],
    check: (change) => checkSegments(interfaces.keys, change.after, interfaces),
    plan: (change) => planSegments(changes.of(change)),
  };
}
