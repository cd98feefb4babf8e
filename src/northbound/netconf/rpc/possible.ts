/** What can be said of a call only with the datastores at hand, as far as the caller may see them. */
import type { Datastores } from '../../../commit/datastores.ts';
import type { Interest } from '../../../commit/operational/state.ts';
import type { KeySpace } from '../../../datastore/key/key.ts';
import { ViewTree } from '../../../datastore/reading/xpath-tree.ts';
import { reachOf } from '../../../yang/data/reach.ts';
import { FaultError } from '../../../yang/fault.ts';
import type { Schema } from '../../../yang/schema/node.ts';
import { followInstanceIdentifier } from '../../../yang/xpath/instance-identifier.ts';
import { ReadableTree } from '../filter/readable-tree.ts';
import { assertInput } from '../session/input.ts';
import type { Operation } from '../session/message.ts';
import type { Call } from './handler.ts';

/** Time for the constraints of one call's input that look into the datastores. */
const CHECK_MS = 2_000;

interface Parts {
  readonly schema: Schema;
  readonly keys: KeySpace;
  readonly datastores: Datastores;
}

/**
 * The node that an action is called on has to exist, and constraints of the input that look beyond it have to hold
 * (RFC 7950 section 6.4.1: running and state are accessible to them). Throws a FaultError with what is wrong.
 */
export async function assertPossible(
  { schema, keys, datastores }: Parts,
  { decisions }: Call,
  { rpc, input, target, unchecked }: Operation,
): Promise<void> {
  if (unchecked === undefined && target === undefined) return;
  const isRunning = target === undefined && reachOf(rpc.input) === 'configuration';
  // Constraints may look at any state; what an action is called on is in one place.
  const interests = unchecked === undefined && target !== undefined ? interestsOf(keys, target) : [];
  using reading = isRunning ? datastores.read('running') : await datastores.readOperational(interests);
  const tree = new ReadableTree(new ViewTree(reading.view, keys), decisions, CHECK_MS);
  const above = target === undefined ? undefined : followInstanceIdentifier(tree, target);
  if (target !== undefined && above === undefined) {
    throw new FaultError({
      type: 'application',
      tag: 'data-missing',
      path: target,
      message: `What ${rpc.name} is called on does not exist.`,
    });
  }
  if (unchecked === undefined) return;
  assertInput(schema, rpc, input, { ...unchecked, accessible: tree, ...(above === undefined ? {} : { above }) });
}

function interestsOf(keys: KeySpace, target: string): readonly Interest[] {
  const address = keys.rowOf(target);
  if (address?.node === undefined) return [];
  const lists = keys.decode(address.key).filter(({ node }) => node.kind === 'list');
  return [{ node: address.node, keys: new Map(lists.map((step) => [step.node.path, step.keys])) }];
}
