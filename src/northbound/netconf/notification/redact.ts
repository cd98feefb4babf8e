/**
 * Events as one subscriber may see them: what points (by an instance-identifier) to data that he may not read is left out,
 * with the list entry that holds it: the edits of netconf-config-change (RFC 6470) name nodes and keys.
 */
import type { Decisions } from '../../../commit/access/access.ts';
import { visiblePath } from '../../../commit/access/disclose.ts';
import type { KeySpace } from '../../../datastore/key/key.ts';
import type { DataNode } from '../../../yang/data/node.ts';
import type { OperationNode, Schema, SchemaNode } from '../../../yang/schema/node.ts';
import { type EventRecord, notificationText, writeEvent } from './record.ts';

/** The same record where nothing is left out; undefined where nothing is left that it points to. */
export function readableEvent(
  schema: Schema,
  keys: KeySpace,
  decisions: Decisions,
  record: EventRecord,
): EventRecord | undefined {
  if (!pointsToData(record.node)) return record;
  if ([...schema.dataChildren.values()].every((node) => decisions.readable(node) === 'permit')) return record;
  let [dropped, kept] = [0, 0];
  const isHidden = ({ schema: node, value }: DataNode): boolean => {
    if (value === undefined || !isInstanceIdentifier(node)) return false;
    const hidden = visiblePath(value, decisions, keys) !== value;
    if (hidden) dropped++;
    else kept++;
    return hidden;
  };
  const shown = (nodes: readonly DataNode[]): readonly DataNode[] =>
    nodes.flatMap((node): DataNode[] => {
      if (isHidden(node)) return [];
      if (node.children === undefined) return [node];
      const children = shown(node.children);
      if (node.schema.kind === 'list' && children.length < node.children.length) return [];
      return [children.length === node.children.length ? node : { ...node, children }];
    });
  const children = shown(record.children());
  if (dropped === 0) return record;
  if (kept === 0) return undefined;
  const text = notificationText(new Date(record.at), writeEvent(schema, { node: record.node, children }));
  return { ...record, text, children: () => children };
}

const known = new WeakMap<OperationNode, boolean>();

function pointsToData(node: OperationNode): boolean {
  let points = known.get(node);
  if (points === undefined) {
    points = node.children.some(holdsPointer);
    known.set(node, points);
  }
  return points;
}

function holdsPointer(node: SchemaNode): boolean {
  if (node.kind === 'choice') return node.cases.some(holdsPointer);
  return 'children' in node ? node.children.some(holdsPointer) : isInstanceIdentifier(node);
}

function isInstanceIdentifier(node: SchemaNode): boolean {
  return (node.kind === 'leaf' || node.kind === 'leaf-list') && node.type.base === 'instance-identifier';
}
