/** The operational view: running, and over it the state that providers write, as one view for all readers. */
import { Overlay } from '../datastore/overlay.ts';
import { isImplicit } from '../datastore/shape.ts';
import type { SourceView } from '../datastore/source.ts';
import type { Row, RowKey, RowNode } from '../datastore/view.ts';
import type { Interest, RowWriter, StateProvider } from './state.ts';

/** Rows added to those of a view, column by column. */
class StateRows extends Overlay implements RowWriter {
  /** Adds columns; a later value of a column wins. Rows above that are missing are made. */
  override put(key: RowKey, node: RowNode | undefined, row: Row): void {
    const before = this.get(key);
    if (before) {
      super.put(key, node, { ...before, leaves: new Map([...before.leaves, ...row.leaves]) });
      return;
    }
    for (const step of this.keys.decode(key).slice(0, -1)) {
      if (!isImplicit(step.node) && !this.get(step.key)) super.put(step.key, step.node, { leaves: new Map() });
    }
    super.put(key, node, row);
  }
}

/**
 * Running with the state that the interests ask for; providers that hold none of it are not asked. An empty list asks for
 * everything. The view lives as long as the snapshot that `running` is of.
 */
export async function operationalView(
  running: SourceView,
  providers: readonly StateProvider[],
  interests: readonly Interest[],
): Promise<SourceView> {
  const view = new StateRows(running);
  const asked = providers.filter(
    ({ paths }) =>
      interests.length === 0 || paths.some((path) => interests.some(({ node }) => overlaps(path, node.path))),
  );
  await Promise.all(asked.map((provider) => provider.read(interests, running, view)));
  return view;
}

/** Whether one of two schema paths is, or is above, the other. */
function overlaps(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`);
}
