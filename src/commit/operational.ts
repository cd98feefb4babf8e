/** The operational view: running, and over it the state that providers write, as one view for all readers. */
import type { SourceView } from '../datastore/source.ts';
import type { Interest, StateProvider } from './state.ts';
import { StateRows } from './state-rows.ts';

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
