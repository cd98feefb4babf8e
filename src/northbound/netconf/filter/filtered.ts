/** A view, filtered and as far as the reader may see it, written as XML. */
import type { Decisions } from '../../../commit/access/access.ts';
import type { Origins } from '../../../commit/operational/origins.ts';
import { type DefaultsMode, walk } from '../../../datastore/reading/walk.ts';
import { ViewTree } from '../../../datastore/reading/xpath-tree.ts';
import type { SourceView } from '../../../datastore/view/source.ts';
import type { XmlWriter } from '../../../yang/codec/xml-writer.ts';
import type { Filter } from './filter.ts';
import { SelectedInstances } from './instances.ts';
import type { Narrowing } from './narrowing.ts';
import { OriginSink } from './origin-sink.ts';
import { ReadHooks } from './read-hooks.ts';
import { ReadableTree } from './readable-tree.ts';
import type { Wanted } from './selector.ts';
import { ContentMatching, compileSubtree, subtreeRoot } from './subtree.ts';

/** Characters that the walk may gather before it pauses. */
const PAUSE_AT = 16 * 1024;

/** Time for the evaluation of one XPath filter. */
const EVALUATION_MS = 2000;

/** What a reply holds besides what its filter says. */
export interface ReadOptions {
  readonly configOnly: boolean;
  readonly defaults: DefaultsMode;
  /** What is left out of what the filter selects. */
  readonly narrowing?: Narrowing;
  /** The annotation `or:origin` is written, from these. */
  readonly origins?: Origins;
}

/**
 * What the filter wants of the view. An XPath filter is evaluated here, and throws where it is no node set: before
 * anything of the reply is written.
 */
export function applyFilter(
  view: SourceView,
  filter: Filter | undefined,
  decisions: Decisions,
  defaults: DefaultsMode,
): Wanted {
  if (filter === undefined) return 'all';
  const { keys } = view;
  if (filter.kind === 'subtree') {
    const spec = compileSubtree(filter.elements, keys.schema.dataChildren);
    return subtreeRoot(new ContentMatching(view, decisions, defaults), spec);
  }
  const readable = new ReadableTree(new ViewTree(view, keys), decisions, EVALUATION_MS);
  return new SelectedInstances(keys, filter.expression.select(readable, readable.root())).wanted;
}

/** Writes what is wanted of the view; yields where the writer has enough to be emptied. */
export function* writeFiltered(
  view: SourceView,
  wanted: Wanted,
  decisions: Decisions,
  { configOnly, defaults, narrowing, origins }: ReadOptions,
  writer: XmlWriter,
): Generator<void, void, void> {
  if (wanted === 'none') return;
  const hooks = new ReadHooks(wanted, decisions, configOnly, narrowing);
  const sink = origins === undefined ? undefined : new OriginSink(writer, origins);
  const announce = sink === undefined ? {} : { announce: sink.announce };
  for (const _ of walk(view, sink ?? writer, { hooks, defaults, pauseAt: PAUSE_AT, ...announce })) yield;
}
