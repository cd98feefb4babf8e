/** sluice-cross-connects: two logical ports that are joined. */
import { notUnique } from '../../commit/edit/faults.ts';
import type { Feature } from '../../commit/feature.ts';
import type { RowKey } from '../../datastore/view/view.ts';
import { ObjectKind } from '../../engine/gen/sluice_pb.js';
import type { Fault } from '../../yang/fault.ts';
import { BRIDGE_DOMAINS } from '../bridge-domains/model.ts';
import type { Wanted } from '../engine-plan.ts';
import type { InterfaceChange, InterfaceChanges } from '../interfaces/change.ts';
import { INTERFACES } from '../interfaces/model.ts';
import type { InterfaceObjects } from '../interfaces/objects.ts';
import { MAX_NAME_BYTES } from '../object-name.ts';
import { planRows, type RowObjects } from '../row-objects.ts';
import { CROSS_CONNECTS, type CrossConnectModel } from './model.ts';

export function crossConnectsFeature(changes: InterfaceChanges): Feature {
  const { crossConnects: model } = changes;
  const rows: RowObjects = {
    kind: ObjectKind.KIND_CROSS_CONNECT,
    label: 'cross-connect',
    node: model.crossConnect,
    interfaceLeaves: [model.a, model.b],
    name: (key) => model.nameOf(key),
    wanted: (objects, key) => crossConnect(objects, model, key),
  };
  return {
    name: 'cross-connects',
    owns: [CROSS_CONNECTS, INTERFACES, BRIDGE_DOMAINS],
    indexes: [model.a.path, model.b.path],
    check: (change) => checkCrossConnects(changes.of(change), model),
    plan: (change) => planRows(changes.of(change), rows),
  };
}

/** Nothing while an end is not in the engine. */
function crossConnect(objects: InterfaceObjects, model: CrossConnectModel, key: RowKey): Wanted | undefined {
  const row = objects.view.get(key);
  if (row === undefined) return undefined;
  const [logicalPortA, logicalPortB] = model.ends(row);
  if (objects.logicalPort(logicalPortA) === undefined || objects.logicalPort(logicalPortB) === undefined)
    return undefined;
  const value = { name: model.nameOf(key), logicalPortA, logicalPortB };
  return { path: model.keys.path(key), operation: { case: 'setCrossConnect', value } };
}

/** An interface is an end of one cross-connect, in a bridge domain, or routes: one of the three. */
function checkCrossConnects(change: InterfaceChange, model: CrossConnectModel): readonly Fault[] {
  const { after } = change;
  const { view, ip } = after;
  const { keys } = model;
  const faults: Fault[] = [];
  for (const { node, key, after: row } of change.change.rows) {
    if (node !== model.crossConnect || row === undefined) continue;
    const octets = Buffer.byteLength(model.nameOf(key));
    if (octets <= MAX_NAME_BYTES) continue;
    const message = `The name has ${octets} octets in UTF-8; at most ${MAX_NAME_BYTES} are possible.`;
    faults.push({ type: 'application', tag: 'invalid-value', path: keys.path(key), message });
  }
  for (const name of change.touched) {
    const [first, ...others] = [...model.of(view, name)];
    if (first === undefined) continue;
    const path = keys.path(...first);
    for (const other of others) {
      const leaves = [path, keys.path(...other)];
      faults.push(notUnique(keys.path(other[0]), leaves, `Interface ${name} is an end of one cross-connect at most.`));
    }
    const refuse = (message: string, mentions: readonly string[]): void => {
      faults.push({ type: 'application', tag: 'invalid-value', path, message, mentions });
    };
    const member = after.member(name);
    if (member !== undefined) {
      const row = keys.child(after.bridgeDomains.key(member.bridgeDomain), after.bridgeDomains.member, [name]);
      refuse(`Interface ${name} is a member of bridge domain ${member.bridgeDomain}.`, [keys.path(row)]);
    }
    if (ip.routes(view, name)) {
      const family = ip.families.find((nodes) => view.get(ip.familyKey(name, nodes)) !== undefined);
      refuse(`Interface ${name} routes.`, family === undefined ? [] : [keys.path(ip.familyKey(name, family))]);
    }
  }
  return faults;
}
