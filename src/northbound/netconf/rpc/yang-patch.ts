/** Edits as the list `edit` of a container yang-patch (RFC 8072 section 2.5, with the source-value of RFC 9144). */
import type { PatchEdit } from '../../../datastore/reading/patch.ts';
import { writeData } from '../../../yang/codec/write-data.ts';
import type { XmlWriter } from '../../../yang/codec/xml-writer.ts';
import { build, type PlainData } from '../../../yang/data/build.ts';
import type { DataSchemaNode } from '../../../yang/schema/node.ts';
import type { Content } from './handler.ts';

/** @param head what stands in front of the edits */
export function* writePatch(
  writer: XmlWriter,
  patch: DataSchemaNode,
  edits: readonly PatchEdit[],
  head: PlainData = {},
): Content {
  if (patch.kind !== 'container') throw new Error(`${patch.path} is no container`);
  writer.openElement(patch);
  writeData(writer, build(patch, head));
  for (const [i, edit] of edits.entries()) {
    writeData(writer, build(patch, { edit: [editData(edit, i + 1)] }));
    yield;
  }
  writer.close();
}

export function editData(edit: PatchEdit, id: number): PlainData {
  const { operation, target, point, where, value, sourceValue } = edit;
  return { 'edit-id': id, operation, target, point, where, value, 'source-value': sourceValue };
}
