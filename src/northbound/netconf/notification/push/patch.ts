/** push-change-update (RFC 8641 section 3.7): changes as a YANG patch (RFC 8072), values as they are when it is written. */
import { resourcePath } from '../../../../datastore/reading/patch.ts';
import { type ColumnNode, isOrdered } from '../../../../datastore/row/shape.ts';
import type { RowKey, RowNode } from '../../../../datastore/view/view.ts';
import { XmlWriter } from '../../../../yang/codec/xml-writer.ts';
import type { Content } from '../../rpc/handler.ts';
import type { Entry } from './changes.ts';
import type { Sight } from './sight.ts';
import { openNotification, PUSH_NAMESPACE } from './update.ts';

interface Edit {
  readonly operation: Entry['operation'];
  readonly target: string;
  readonly point?: string;
  readonly where?: 'first' | 'after';
  /** XML. */
  readonly value?: string;
}

export interface PatchOptions {
  readonly id: number;
  readonly patchId: number;
  readonly isIncomplete: boolean;
  /** The view is no longer needed. */
  readonly done: () => void;
}

/** The notification's content; undefined where nothing is left that the subscriber sees. */
export function pushChangeUpdate(
  entries: readonly Entry[],
  sight: Sight,
  { id, patchId, isIncomplete, done }: PatchOptions,
): ((writer: XmlWriter) => Content) | undefined {
  const edits = editsOf(inOrder(entries, sight), sight)[Symbol.iterator]();
  const first = edits.next();
  if (first.done) {
    done();
    return undefined;
  }
  const at = new Date();
  return function* (writer) {
    try {
      openNotification(writer, 'push-change-update', id, at);
      writer.open('datastore-changes', PUSH_NAMESPACE);
      writer.open('yang-patch', PUSH_NAMESPACE);
      writer.element('patch-id', PUSH_NAMESPACE, String(patchId));
      let number = 1;
      for (let next: IteratorResult<Edit> = first; !next.done; next = edits.next()) {
        writeEdit(writer, number++, next.value);
        yield;
      }
      writer.close();
      writer.close();
      if (isIncomplete) writer.element('incomplete-update', PUSH_NAMESPACE, '');
      writer.close();
      writer.close();
    } finally {
      done();
    }
  };
}

function writeEdit(writer: XmlWriter, number: number, { operation, target, point, where, value }: Edit): void {
  writer.open('edit', PUSH_NAMESPACE);
  writer.element('edit-id', PUSH_NAMESPACE, `edit${number}`);
  writer.element('operation', PUSH_NAMESPACE, operation);
  writer.element('target', PUSH_NAMESPACE, target);
  if (point !== undefined) writer.element('point', PUSH_NAMESPACE, point);
  if (where !== undefined) writer.element('where', PUSH_NAMESPACE, where);
  if (value !== undefined) {
    writer.open('value', PUSH_NAMESPACE);
    writer.raw(value);
    writer.close();
  }
  writer.close();
}

function* editsOf(entries: readonly Entry[], sight: Sight): Iterable<Edit> {
  const { keys } = sight.view;
  for (const { key, node, column, operation } of entries) {
    const target = resourcePath(keys, key, column);
    if (operation === 'delete') yield { operation, target };
    else if (column !== undefined) {
      const value = columnXml(sight, key, node, column);
      if (value !== undefined) yield { operation, target, value };
    } else if (node !== undefined) {
      const place = operation === 'insert' || operation === 'move' ? placeOf(sight, key, node) : {};
      if (operation === 'move') yield { operation, target, ...place };
      else {
        const value = sight.render(key, node);
        if (value !== '') yield { operation, target, ...place, value };
      }
    }
  }
}

function columnXml(sight: Sight, key: RowKey, node: RowNode | undefined, column: ColumnNode): string | undefined {
  const value = sight.view.get(key)?.leaves.get(column);
  if (value === undefined || !sight.column(column, key, node)) return undefined;
  const writer = new XmlWriter(sight.view.keys.schema);
  if (column.kind === 'leaf') writer.leaf(column, value);
  else writer.anydata(column, value);
  return writer.take();
}

/** Behind which entry that the subscriber sees the entry stands. */
function placeOf(sight: Sight, key: RowKey, node: RowNode): Pick<Edit, 'where' | 'point'> {
  const { view } = sight;
  const position = view.get(key)?.position ?? '';
  for (const { key: previous } of view.placed(view.keys.parentOf(key, node), node, true, position)) {
    if (sight.shows(previous, node)) return { where: 'after', point: resourcePath(view.keys, previous) };
  }
  return { where: 'first' };
}

/** Entries of lists that users order come in that order: what one is put behind is in place before it. */
function inOrder(entries: readonly Entry[], { view }: Sight): readonly Entry[] {
  const lists = new Map<string, number[]>();
  for (const [i, { key, node, column, operation }] of entries.entries()) {
    if (node === undefined || column !== undefined || operation === 'delete' || !isOrdered(node)) continue;
    const list = `${view.keys.parentOf(key, node)} ${node.index}`;
    const slots = lists.get(list) ?? [];
    slots.push(i);
    lists.set(list, slots);
  }
  if (lists.size === 0) return entries;
  const ordered = [...entries];
  const position = (entry: Entry | undefined): string => (entry && view.get(entry.key)?.position) ?? '';
  for (const slots of lists.values()) {
    const sorted = slots.map((slot) => entries[slot]).sort((a, b) => (position(a) < position(b) ? -1 : 1));
    for (const [i, slot] of slots.entries()) ordered[slot] = sorted[i] as Entry;
  }
  return ordered;
}
