/** Changed static routes, and those whose interface, VRF or protocol changes → routes and next hop groups. */
import type { PlannedOperation } from '../../commit/feature.ts';
import type { RowKey } from '../../datastore/view/view.ts';
import { ObjectKind } from '../../engine/gen/sluice_pb.js';
import type { EngineOperation, EnginePlannedOperation } from '../../engine/operation.ts';
import { disturbance } from '../disturbance.ts';
import { EnginePlan } from '../engine-plan.ts';
import type { InterfaceChange } from '../interfaces/change.ts';
import { DEFAULT_VRF } from '../ip/model.ts';
import type { RouteNodes, RoutingModel } from './model.ts';
import { deleteRoute, type Group, nextHopGroup, RoutingObjects, setRoute, type WantedRoute } from './objects.ts';

export function planRouting(change: InterfaceChange, model: RoutingModel): readonly PlannedOperation[] {
  const before = new RoutingObjects(change.before, model);
  const after = new RoutingObjects(change.after, model);
  const sides = [before, after] as const;
  const routes: PlannedOperation[] = [];
  const seen = new Set<string>();
  /** The groups of the routes that were planned, with a route for refusals, and who is known to use them. */
  const groups = new Map<string, { readonly group: Group; readonly route: RowKey; before: boolean; after: boolean }>();

  for (const { node, key, before: old, after: row } of change.change.rows) {
    if (node === model.protocol) {
      const moved = old !== undefined && row !== undefined && model.vrfOf(old) !== model.vrfOf(row);
      if (moved) for (const { interfaces } of sides) planAll(interfaces.view, key);
      continue;
    }
    for (const nodes of model.families) {
      if (node === nodes.route) planRow(key, nodes);
      if (node === nodes.hop) planRow(model.keys.parentOf(key, nodes.hop), nodes);
    }
  }
  for (const name of change.routersComingOrGoing) planByInterface(name);
  if (before.hasVrf(DEFAULT_VRF) !== after.hasVrf(DEFAULT_VRF)) {
    for (const side of sides) {
      const protocol = side.protocolOf(DEFAULT_VRF);
      if (protocol !== undefined) planAll(side.interfaces.view, protocol);
    }
  }
  return [...planGroups(), ...routes];

  function planAll(view: InterfaceChange['before']['view'], protocol: RowKey): void {
    for (const nodes of model.families) {
      for (const { key } of view.entries(protocol, nodes.route)) planRow(key, nodes);
    }
  }

  function planByInterface(name: string): void {
    for (const { interfaces } of sides) {
      for (const nodes of model.families) {
        for (const key of interfaces.view.rowsWith(nodes.interface, name)) planRow(key, nodes);
        for (const key of interfaces.view.rowsWith(nodes.hopInterface, name)) {
          planRow(model.keys.parentOf(key, nodes.hop), nodes);
        }
      }
    }
  }

  /** The route of a row, in the VRFs that its protocol is or was of. */
  function planRow(key: RowKey, nodes: RouteNodes): void {
    if (seen.has(key)) return;
    seen.add(key);
    const protocol = model.keys.parentOf(key, nodes.route);
    const prefix = model.prefixOf(key, nodes);
    const old = before.vrfOf(protocol);
    const wanted = after.vrfOf(protocol);
    if (wanted !== undefined) planRoute(wanted, nodes, prefix);
    if (old !== undefined && old !== wanted) planRoute(old, nodes, prefix);
  }

  function planRoute(vrf: string, nodes: RouteNodes, prefix: string): void {
    const old = before.route(vrf, nodes, prefix);
    const wanted = after.route(vrf, nodes, prefix);
    note(old, 'before');
    note(wanted, 'after');
    if (old?.group.name === wanted?.group.name && old?.preference === wanted?.preference) return;
    routes.push(new PlannedRoute(model, vrf, prefix, old, wanted));
  }

  function note(route: WantedRoute | undefined, side: 'before' | 'after'): void {
    if (route === undefined) return;
    const { group, key } = route;
    const known = groups.get(group.name);
    if (known !== undefined) known[side] = true;
    else groups.set(group.name, { group, route: key, before: side === 'before', after: side === 'after' });
  }

  function planGroups(): readonly PlannedOperation[] {
    const plan = new EnginePlan();
    for (const { group, route, before: isOld, after: isWanted } of groups.values()) {
      if (isOld && isWanted) continue;
      const wanted = nextHopGroup(group, model.keys.path(route));
      plan.object(
        ObjectKind.KIND_NEXT_HOP_GROUP,
        'next hops',
        group.name,
        () => (isOld || before.uses(group) ? wanted : undefined),
        () => (isWanted || after.uses(group) ? wanted : undefined),
      );
    }
    return plan.operations;
  }
}

/** Texts are made when somebody asks for them. */
class PlannedRoute implements EnginePlannedOperation {
  readonly target = 'engine';
  readonly action: 'create' | 'change' | 'delete';
  readonly operation: EngineOperation;
  readonly #model: RoutingModel;
  readonly #vrf: string;
  readonly #prefix: string;
  readonly #old: WantedRoute | undefined;
  readonly #wanted: WantedRoute | undefined;

  constructor(
    model: RoutingModel,
    vrf: string,
    prefix: string,
    old: WantedRoute | undefined,
    wanted: WantedRoute | undefined,
  ) {
    this.#model = model;
    this.#vrf = vrf;
    this.#prefix = prefix;
    this.#old = old;
    this.#wanted = wanted;
    this.action = old === undefined ? 'create' : wanted === undefined ? 'delete' : 'change';
    this.operation = wanted === undefined ? deleteRoute(vrf, prefix) : setRoute(vrf, prefix, wanted);
  }

  get path(): string {
    return this.#model.keys.path((this.#wanted ?? this.#old)?.key ?? '');
  }

  get summary(): string {
    return `${this.action} route ${this.#prefix} in VRF ${this.#vrf}`;
  }

  disturbs(): string | undefined {
    const side = (route: WantedRoute | undefined): EngineOperation | undefined =>
      route && setRoute(this.#vrf, this.#prefix, route);
    return disturbance(side(this.#old), side(this.#wanted));
  }
}
