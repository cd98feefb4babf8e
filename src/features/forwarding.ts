/** The features that the packet engine acts on, on one set of models. */
import type { Feature } from '../commit/feature.ts';
import type { KeySpace } from '../datastore/key/key.ts';
import { accessListsFeature } from './access-lists/feature.ts';
import { AccessListModel } from './access-lists/model.ts';
import { blockPointsFeature } from './block-points/feature.ts';
import { BlockPointModel } from './block-points/model.ts';
import { bridgeDomainsFeature } from './bridge-domains/feature.ts';
import { BridgeDomainModel } from './bridge-domains/model.ts';
import { ceNotificationFeature } from './ce-notification/feature.ts';
import { CeNotificationModel } from './ce-notification/model.ts';
import { cfmFeature } from './cfm/feature.ts';
import { CfmModel } from './cfm/model.ts';
import { controlPlanePolicersFeature } from './control-plane-policers/feature.ts';
import { crossConnectsFeature } from './cross-connects/feature.ts';
import { CrossConnectModel } from './cross-connects/model.ts';
import { dhcpRelayFeature } from './dhcp-relay/feature.ts';
import type { EngineQueries } from './engine-state.ts';
import { ethernetSegmentsFeature } from './ethernet-segments/feature.ts';
import { InterfaceChanges } from './interfaces/change.ts';
import { interfacesFeature } from './interfaces/feature.ts';
import { InterfaceModel } from './interfaces/model.ts';
import type { InterfaceNumbers } from './interfaces/state.ts';
import { ipFeature } from './ip/feature.ts';
import { IpModel } from './ip/model.ts';
import { mirrorsFeature } from './mirrors/feature.ts';
import { MirrorModel } from './mirrors/model.ts';
import { observationFeature } from './observation/feature.ts';
import { packetEngineFeature } from './packet-engine/feature.ts';
import { policersFeature } from './policers/feature.ts';
import { PolicerModel } from './policers/model.ts';
import { routingFeature } from './routing/feature.ts';
import { RoutingModel } from './routing/model.ts';
import { vrrpFeature } from './vrrp/feature.ts';

/** The models that say what an interface is. */
export function interfaceChanges(keys: KeySpace): InterfaceChanges {
  const interfaces = new InterfaceModel(keys);
  return new InterfaceChanges({
    interfaces,
    bridgeDomains: new BridgeDomainModel(keys),
    ip: new IpModel(interfaces),
    crossConnects: new CrossConnectModel(keys),
    accessLists: new AccessListModel(keys),
    policers: new PolicerModel(keys),
  });
}

export function forwardingFeatures(
  keys: KeySpace,
  engine: EngineQueries,
  numbers: InterfaceNumbers,
): readonly Feature[] {
  const changes = interfaceChanges(keys);
  return [
    interfacesFeature(changes, engine, numbers),
    bridgeDomainsFeature(changes, engine),
    crossConnectsFeature(changes),
    ipFeature(changes, engine),
    accessListsFeature(changes, engine),
    policersFeature(changes, engine),
    routingFeature(changes, new RoutingModel(keys), engine),
    mirrorsFeature(new MirrorModel(keys), changes, engine),
    blockPointsFeature(new BlockPointModel(keys), changes, engine),
    ethernetSegmentsFeature(changes),
    cfmFeature(new CfmModel(keys), changes, engine),
    vrrpFeature(changes, engine),
    dhcpRelayFeature(changes, engine),
    observationFeature(changes, engine),
    controlPlanePolicersFeature(changes, engine),
    packetEngineFeature(keys, changes, engine),
    ceNotificationFeature(new CeNotificationModel(keys), changes, engine),
  ];
}
