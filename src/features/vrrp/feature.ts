/** ietf-vrrp: virtual routers of version 3, of both families. */
import type { Feature } from '../../commit/feature.ts';
import type { RowKey } from '../../datastore/view/view.ts';
import { ObjectKind } from '../../engine/gen/sluice_pb.js';
import type { Fault } from '../../yang/fault.ts';
import { isLinkLocal } from '../address.ts';
import { BRIDGE_DOMAINS } from '../bridge-domains/model.ts';
import type { Wanted } from '../engine-plan.ts';
import type { EngineQueries } from '../engine-state.ts';
import type { InterfaceChange, InterfaceChanges } from '../interfaces/change.ts';
import { INTERFACES } from '../interfaces/model.ts';
import type { InterfaceObjects } from '../interfaces/objects.ts';
import { NETWORK_INSTANCES } from '../ip/model.ts';
import { planRows, type RowObjects } from '../row-objects.ts';
import { VrrpModel, type VrrpNodes } from './model.ts';
import { VrrpStateProvider } from './state.ts';

export function vrrpFeature(changes: InterfaceChanges, engine: EngineQueries): Feature {
  const model = new VrrpModel(changes.ip);
  const rows = model.families.map(
    (nodes): RowObjects => ({
      kind: ObjectKind.KIND_VRRP,
      label: 'virtual router',
      node: nodes.instance,
      interfaceLeaves: [nodes.trackInterface],
      name: (key) => model.nameOf(key, nodes),
      wanted: (objects, key) => virtualRouter(objects, model, key, nodes),
      below: ({ view }, name) => model.below(view, name, nodes),
    }),
  );
  return {
    name: 'vrrp',
    owns: [INTERFACES, BRIDGE_DOMAINS, NETWORK_INSTANCES],
    indexes: model.families.map(({ trackInterface }) => trackInterface.path),
    check: (change) => checkVrrp(changes.of(change), model),
    plan: (change) => rows.flatMap((one) => planRows(changes.of(change), one)),
    state: new VrrpStateProvider(model, engine),
  };
}

/** Nothing while its interface does not route, or it has no address: RFC 5798 has it in Initialize then. */
function virtualRouter(objects: InterfaceObjects, model: VrrpModel, key: RowKey, nodes: VrrpNodes): Wanted | undefined {
  const { view, ip } = objects;
  const found = model.read(view, key, nodes);
  if (found === undefined || found.addresses.length === 0) return undefined;
  if (objects.l3Interface(found.interface) === undefined) return undefined;
  if (ip.family(view, found.interface, model.familyOf(nodes)) === undefined) return undefined;
  return {
    path: model.keys.path(key),
    operation: {
      case: 'setVrrp',
      value: {
        name: model.nameOf(key, nodes),
        interface: found.interface,
        vrid: found.vrid,
        priority: found.priority,
        addresses: [...found.addresses],
        advertiseInterval: found.interval,
        preemptOff: !found.preempt,
        preemptHoldSeconds: found.preemptHoldSeconds,
        accept: found.accept,
        tracks: found.tracks.filter((track) => objects.l3Interface(track.interface) !== undefined),
      },
    },
  };
}

/** What YANG does not say of virtual routers. */
function checkVrrp(change: InterfaceChange, model: VrrpModel): readonly Fault[] {
  const { view, interfaces } = change.after;
  const faults: Fault[] = [];
  const seen = new Set<RowKey>();
  const [, ipv6] = model.families;
  const own = `${ipv6.instance.path}/`;
  for (const { node, key } of change.change.rows) {
    const isBelow = node === ipv6.instance || node?.path.startsWith(own);
    const instance = isBelow ? model.keys.decode(key).find((step) => step.node === ipv6.instance)?.key : undefined;
    if (instance === undefined || seen.has(instance)) continue;
    seen.add(instance);
    const found = model.read(view, instance, ipv6);
    const [first] = found?.addresses ?? [];
    if (first !== undefined && !isLinkLocal(first)) {
      const message = 'One of the addresses is a link-local one (RFC 5798, section 5.2.9).';
      faults.push({
        type: 'application',
        tag: 'invalid-value',
        path: model.keys.path(instance, ipv6.address),
        message,
      });
    }
  }
  for (const name of change.touched) {
    if (interfaces.read(view, name)?.kind !== 'loopback') continue;
    for (const nodes of model.families) {
      for (const key of model.below(view, name, nodes)) {
        const message = 'A loopback has no virtual routers.';
        faults.push({ type: 'application', tag: 'invalid-value', path: model.keys.path(key), message });
      }
    }
  }
  return faults;
}
