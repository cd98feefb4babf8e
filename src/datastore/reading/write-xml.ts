/** A view as XML in pieces, for replies of any size in a buffer of one piece. */
import { XmlWriter } from '../../yang/codec/xml-writer.ts';
import type { SourceView } from '../view/source.ts';
import { type WalkOptions, walk } from './walk.ts';

/**
 * Writes into `writer` behind what it holds, and gives its text whenever there are 64 KiB of it; the rest stays in the
 * writer. Whoever iterates waits for the transport between two pieces.
 */
export function* writeXml(view: SourceView, writer: XmlWriter, options?: WalkOptions): Iterable<string> {
  for (const _ of walk(view, writer, options)) yield writer.take();
}

/** All of it as one string. */
export function viewToXml(view: SourceView, options?: WalkOptions): string {
  const writer = new XmlWriter(view.keys.schema);
  return [...writeXml(view, writer, options)].join('') + writer.take();
}
