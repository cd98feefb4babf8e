/** Assertions of confirmed commits, evaluated as a filter is: over running and state, as far as the user may read. */
import type { AccessControl } from '../../../commit/access/access.ts';
import type { AssertionReader, Verdict } from '../../../commit/confirmed/assertions.ts';
import type { Datastores } from '../../../commit/datastores.ts';
import { operationalView } from '../../../commit/operational/operational.ts';
import type { Interest, StateProvider } from '../../../commit/operational/state.ts';
import { ViewTree } from '../../../datastore/reading/xpath-tree.ts';
import type { View } from '../../../datastore/view/view.ts';
import type { Schema } from '../../../yang/schema/node.ts';
import { compileExpression } from '../../../yang/xpath/compile.ts';
import type { Expression } from '../../../yang/xpath/expression.ts';
import { ReadableTree } from './readable-tree.ts';
import { xpathInterests } from './xpath-interests.ts';

/** Time for one condition: it is evaluated again and again. */
const EVALUATION_MS = 200;

/** A condition whose prefixes are names of modules. Throws a FaultError where it is no expression. */
export function compileCondition(schema: Schema, condition: string): Expression {
  const moduleOf = (prefix: string): string | undefined => schema.modules.get(prefix)?.name;
  return compileExpression(condition, { moduleOf, defaultModule: undefined });
}

export function assertionReader({
  schema,
  datastores,
  providers,
  access,
}: {
  readonly schema: Schema;
  readonly datastores: Datastores;
  readonly providers: readonly StateProvider[];
  readonly access: AccessControl;
}): AssertionReader {
  const evaluate: AssertionReader['evaluate'] = async (assertions, principal) => {
    const expressions = assertions.map(({ condition }) => compileCondition(schema, condition));
    using reading = datastores.read('running');
    const interests = interestsOf(expressions, schema);
    // An empty list would ask for everything.
    const isNothing = interests !== undefined && interests.length === 0;
    const view = isNothing ? reading.view : await operationalView(reading.view, providers, interests ?? []);
    const tree = new ViewTree(view, view.keys);
    const decisions = access.decisions(principal);
    return expressions.map((expression): Verdict => {
      const readable = new ReadableTree(tree, decisions, EVALUATION_MS);
      try {
        return { holds: expression.test(readable, readable.root()) };
      } catch (error) {
        return { holds: false, error: error instanceof Error ? error.message : String(error) };
      }
    });
  };
  // For one synchronous look: the snapshot ends with the turn of the event loop.
  const running = (): View => {
    const reading = datastores.read('running');
    setImmediate(() => reading[Symbol.dispose]());
    return reading.view;
  };
  return {
    evaluate,
    listen: (wake) => {
      const stops = providers.map((provider) => provider.onChange?.(wake, running));
      return () => {
        for (const stop of stops) stop?.();
      };
    },
  };
}

/** Undefined: everything. */
function interestsOf(expressions: readonly Expression[], schema: Schema): readonly Interest[] | undefined {
  const all: Interest[] = [];
  for (const expression of expressions) {
    const interests = xpathInterests(expression, schema);
    if (interests === undefined) return undefined;
    all.push(...interests);
  }
  return all;
}
