/** sluice-observation: copies of packets for devices of the kernel. */
import type { Feature } from '../../commit/feature.ts';
import type { Interest, RowWriter, StateProvider } from '../../commit/operational/state.ts';
import type { KeySpace } from '../../datastore/key/key.ts';
import type { Row, RowKey, View } from '../../datastore/view/view.ts';
import { ObjectKind, type ObservationState, Observation_Point as Point } from '../../engine/gen/sluice_pb.js';
import type { EngineOperation } from '../../engine/operation.ts';
import type { Fault } from '../../yang/fault.ts';
import type { LeafNode, ListNode } from '../../yang/schema/node.ts';
import { BRIDGE_DOMAINS } from '../bridge-domains/model.ts';
import type { Wanted } from '../engine-plan.ts';
import { type EngineQueries, engineState } from '../engine-state.ts';
import { wantedEntries } from '../interest.ts';
import type { InterfaceChanges } from '../interfaces/change.ts';
import { INTERFACES } from '../interfaces/model.ts';
import type { InterfaceObjects } from '../interfaces/objects.ts';
import { NETWORK_INSTANCES } from '../ip/model.ts';
import { containerAt, leafAt, leafValue, listAt, numberOf, requiredValue } from '../nodes.ts';
import { MAX_NAME_BYTES } from '../object-name.ts';
import { planRows, type RowObjects } from '../row-objects.ts';

export const OBSERVATION_POINTS = '/sluice-observation:observation-points';
export const OBSERVATION_POINT = `${OBSERVATION_POINTS}/observation-point`;

const points: Readonly<Record<string, Point>> = {
  ingress: Point.INGRESS,
  egress: Point.EGRESS,
  drop: Point.DROP,
};

type Element = NonNullable<Extract<EngineOperation, { case: 'setObservation' }>['value']['element']>;

export function observationFeature(changes: InterfaceChanges, engine: EngineQueries): Feature {
  const model = new ObservationModel(changes.interfaces.keys);
  const rows: RowObjects = {
    kind: ObjectKind.KIND_OBSERVATION,
    label: 'observation point',
    node: model.point,
    interfaceLeaves: [model.port, model.logicalPort, model.router],
    name: (key) => model.nameOf(key),
    wanted: (objects, key) => model.wanted(objects, key),
  };
  return {
    name: 'observation',
    owns: [OBSERVATION_POINTS, INTERFACES, BRIDGE_DOMAINS, NETWORK_INSTANCES],
    indexes: [model.port.path, model.logicalPort.path, model.router.path],
    check: ({ rows: changed, after }) =>
      changed.flatMap(({ node, key, after: row }) =>
        node === model.point && row !== undefined ? model.check(after, key, row) : [],
      ),
    plan: (change) => planRows(changes.of(change), rows),
    state: new ObservationStateProvider(model, engine),
  };
}

class ObservationModel {
  readonly keys: KeySpace;
  readonly point: ListNode;
  readonly port: LeafNode;
  readonly logicalPort: LeafNode;
  readonly router: LeafNode;
  readonly base: RowKey;
  readonly #stage: LeafNode;
  readonly #at: LeafNode;
  readonly #device: LeafNode;
  readonly #namespace: LeafNode;
  readonly #filter: LeafNode;
  readonly #snapLength: LeafNode;
  readonly #rate: LeafNode;
  readonly #sampling: LeafNode;

  constructor(keys: KeySpace) {
    const at = (name: string): LeafNode => leafAt(keys.schema, `${OBSERVATION_POINT}/${name}`);
    this.keys = keys;
    this.point = listAt(keys.schema, OBSERVATION_POINT);
    this.base = keys.child('', containerAt(keys.schema, OBSERVATION_POINTS));
    this.port = at('port');
    this.logicalPort = at('logical-port');
    this.router = at('router-interface');
    this.#stage = at('stage');
    this.#at = at('point');
    this.#device = at('device');
    this.#namespace = at('network-namespace');
    this.#filter = at('filter');
    this.#snapLength = at('snap-length');
    this.#rate = at('rate');
    this.#sampling = at('sampling');
  }

  nameOf(key: RowKey): string {
    return this.keys.valueOf(key, this.point);
  }

  /** Nothing while what is observed is not in the engine. */
  wanted(objects: InterfaceObjects, key: RowKey): Wanted | undefined {
    const row = objects.view.get(key);
    const element = row && this.#element(objects, row);
    if (row === undefined || element === undefined) return undefined;
    const value = {
      name: this.nameOf(key),
      element,
      point: points[requiredValue(row, this.#at)] ?? Point.UNSPECIFIED,
      tap: { device: requiredValue(row, this.#device), networkNamespace: leafValue(row, this.#namespace) ?? '' },
      filter: leafValue(row, this.#filter) ?? '',
      snapLength: numberOf(row, this.#snapLength),
      rate: numberOf(row, this.#rate),
      sampling: numberOf(row, this.#sampling),
    };
    return { path: this.keys.path(key), operation: { case: 'setObservation', value } };
  }

  #element(objects: InterfaceObjects, row: Row): Element | undefined {
    const port = leafValue(row, this.port);
    if (port !== undefined) return objects.boundPort(port) && { case: 'port', value: port };
    const logicalPort = leafValue(row, this.logicalPort);
    if (logicalPort !== undefined)
      return objects.logicalPort(logicalPort) && { case: 'logicalPort', value: logicalPort };
    const router = leafValue(row, this.router);
    if (router !== undefined) return objects.l3Interface(router) && { case: 'interface', value: router };
    const stage = leafValue(row, this.#stage);
    return stage === undefined ? undefined : { case: 'stage', value: stage };
  }

  /** A device is that of one observation point. */
  check(view: View, key: RowKey, row: Row): readonly Fault[] {
    const faults: Fault[] = [];
    const octets = Buffer.byteLength(this.nameOf(key));
    if (octets > MAX_NAME_BYTES) {
      const message = `The name has ${octets} octets in UTF-8; at most ${MAX_NAME_BYTES} are possible.`;
      faults.push({ type: 'application', tag: 'invalid-value', path: this.keys.path(key), message });
    }
    for (const other of view.entries(this.base, this.point)) {
      if (other.key === key || this.#deviceOf(other.row) !== this.#deviceOf(row)) continue;
      const message = `Observation point ${this.nameOf(other.key)} has this device already.`;
      const path = this.keys.path(key, this.#device);
      faults.push({ type: 'application', tag: 'in-use', path, message, mentions: [this.keys.path(other.key)] });
    }
    return faults;
  }

  #deviceOf(row: Row): string {
    return `${leafValue(row, this.#namespace) ?? ''}/${requiredValue(row, this.#device)}`;
  }
}

const counters: readonly (readonly [leaf: string, counter: Exclude<keyof ObservationState, `$${string}`>])[] = [
  ['active', 'active'],
  ['copied', 'copied'],
  ['filtered', 'filtered'],
  ['limited', 'limited'],
  ['dropped', 'dropped'],
];

class ObservationStateProvider implements StateProvider {
  readonly paths = [OBSERVATION_POINTS];
  readonly #model: ObservationModel;
  readonly #engine: EngineQueries;
  readonly #leaves: readonly (readonly [LeafNode, Exclude<keyof ObservationState, `$${string}`>])[];

  constructor(model: ObservationModel, engine: EngineQueries) {
    const { schema } = model.keys;
    this.#model = model;
    this.#engine = engine;
    this.#leaves = counters.map(
      ([leaf, counter]) => [leafAt(schema, `${OBSERVATION_POINT}/statistics/${leaf}`), counter] as const,
    );
  }

  async read(interests: readonly Interest[], running: View, out: RowWriter): Promise<void> {
    const wanted = wantedEntries(interests, OBSERVATION_POINT)?.map(([name]) => name as string);
    const keys = Array.from(running.entries(this.#model.base, this.#model.point), ({ key }) => key);
    const names = keys.map((key) => this.#model.nameOf(key)).filter((name) => wanted?.includes(name) ?? true);
    const states = await engineState(this.#engine, 'observations', names);
    for (const key of keys) {
      const state = states?.get(this.#model.nameOf(key));
      if (state === undefined) continue;
      out.put(key, this.#model.point, {
        leaves: new Map(this.#leaves.map(([leaf, counter]) => [leaf, String(state[counter])])),
      });
    }
  }
}
