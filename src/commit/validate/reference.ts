/** leafref and instance-identifier (RFC 7950 sections 9.9 and 9.13), also as members of a union. */
import type { RowKey } from '../../datastore/view/view.ts';
import type { DataSchemaNode, LeafListNode, LeafNode } from '../../yang/schema/node.ts';
import type { NameScope, Type } from '../../yang/type/type.ts';
import { followInstanceIdentifier } from '../../yang/xpath/instance-identifier.ts';
import { leafrefTargets } from '../../yang/xpath/leafref.ts';
import { isOnlyKey } from './compile.ts';
import type { Instances } from './instance.ts';

/** Canonical values carry module names where a prefix would stand (type.ts). */
const canonical: NameScope = { moduleOf: (name) => (name === '' ? undefined : name) };

/** Whether what the value refers to exists, or need not. */
export function refersToInstance(
  instances: Instances,
  key: RowKey,
  node: LeafNode | LeafListNode,
  type: Type,
  value: string,
): boolean {
  if (type.members) {
    return type.members.some((member) => {
      const parsed = member.parse(value, canonical);
      return parsed.ok && parsed.value === value && refersToInstance(instances, key, node, member, value);
    });
  }
  if (type.leafref) return !type.leafref.requireInstance || hasTarget(instances, key, node, type, value);
  if (type.base === 'instance-identifier' && type.requireInstance !== false) {
    return followInstanceIdentifier(instances.tree, value) !== undefined;
  }
  return true;
}

function hasTarget(
  instances: Instances,
  key: RowKey,
  node: LeafNode | LeafListNode,
  type: Type,
  value: string,
): boolean {
  const { tree, view } = instances;
  const { leafref } = type;
  if (!leafref) return true;
  const { target, path } = leafref;
  const source = path.expression.source.trim();
  if (!isOnlyKey(target) && view.plan.has(target) && !/[[(]/.test(source)) {
    const anchor = anchorKey(instances, key, node, source);
    for (const row of view.rowsWith(target, value)) if (row.startsWith(anchor)) return true;
    // Only a value by default has no row in the index.
    const byDefault = target.kind === 'leaf' ? target.default === value : target.defaults.includes(value);
    if (!byDefault) return false;
  }
  return leafrefTargets(tree, tree.node(key, node), type, value).length > 0;
}

/** The row in which a path without predicates stays: that of the node that its leading `..` lead to. */
function anchorKey(instances: Instances, key: RowKey, node: DataSchemaNode, source: string): RowKey {
  const { keys } = instances.view;
  let at: DataSchemaNode | undefined = node;
  const up = /^(?:\s*\.\.\s*\/)*/.exec(source)?.[0].split('..').length ?? 1;
  if (source.startsWith('/')) return '';
  for (let steps = up - 1; steps > 0 && at; steps--) {
    const above: DataSchemaNode['dataParent'] = at.dataParent;
    at = above && 'index' in above ? above : undefined;
  }
  const row = at && keys.shape.holder(at);
  return row ? (keys.decode(key).find((step) => step.node === row)?.key ?? '') : '';
}
