/** The operational view: running, and over it the state that providers write, as one view for all readers. */
import type { SourceView } from '../../datastore/view/source.ts';
import { Origins } from './origins.ts';
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
): Promise<StateRows> {
  const view = new StateRows(running);
  const asked = providers.filter(
    ({ paths }) =>
      interests.length === 0 || paths.some((path) => interests.some(({ node }) => overlaps(path, node.path))),
  );
  await Promise.all(asked.map((provider) => provider.read(interests, running, view)));
  return view;
}

/** The operational datastore of RFC 8342 at one moment. */
export interface OperationalDatastore {
  readonly view: SourceView;
  readonly origins: Origins;
}

/**
 * The operational datastore (RFC 8342 section 5.3): applied configuration and state. What is configured and not in use, as
 * providers say, is not in it. Interests as for `operationalView`.
 */
export async function operationalDatastore(
  running: SourceView,
  providers: readonly StateProvider[],
  interests: readonly Interest[] | undefined,
): Promise<OperationalDatastore> {
  // Undefined asks for everything; an empty list for nothing.
  const nothing = interests !== undefined && interests.length === 0;
  const rows = nothing ? new StateRows(running) : await operationalView(running, providers, interests ?? []);
  return { view: rows.inUse(), origins: new Origins(running, rows) };
}

/** Whether one of two schema paths is, or is above, the other. */
function overlaps(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`);
}
