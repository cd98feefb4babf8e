/** Judges the requirements of one row: what is missing, what is too much. */
import type { Row, RowKey, RowNode } from '../../datastore/view/view.ts';
import type { Fault } from '../../yang/fault.ts';
import type { DataSchemaNode, LeafListNode, ListNode, SchemaNode } from '../../yang/schema/node.ts';
import { choiceMissing, mandatoryMissing, tooFew, tooMany } from './faults.ts';
import type { Instances } from './instance.ts';
import type { Requirement } from './requirement.ts';

/** `counts`: the lists and leaf-lists to count; undefined: all. Counting stops at the limit. */
export function* structureFaults(
  instances: Instances,
  key: RowKey,
  row: Row,
  requirements: readonly Requirement[],
  counts: ReadonlySet<RowNode> | undefined,
): Iterable<Fault> {
  const { keys } = instances.view;
  for (const requirement of requirements) {
    switch (requirement.kind) {
      case 'mandatory': {
        const { node } = requirement;
        if (row.leaves.has(node) || !instances.isPossible(key, node)) break;
        yield mandatoryMissing(keys.path(key, node), node.name);
        break;
      }
      case 'count':
        if (!counts || counts.has(requirement.node)) yield* countFaults(instances, key, requirement.node);
        break;
      case 'inside':
        if (instances.isPossible(key, requirement.node)) {
          yield* structureFaults(instances, key, row, requirement.requirements, counts);
        }
        break;
      case 'choice': {
        const { node, members, cases } = requirement;
        const selected = cases.find((one) => one.members.some((member) => instances.exists(key, row, member)));
        if (selected) yield* structureFaults(instances, key, row, selected.requirements, counts);
        else if (node.mandatory && members.some((member) => instances.isPossible(key, member))) {
          yield choiceMissing(keys.path(key, container(node)), node);
        } else if (node.defaultCase) {
          const byDefault = cases.find((one) => one.node === node.defaultCase);
          if (byDefault) yield* structureFaults(instances, key, row, byDefault.requirements, counts);
        }
      }
    }
  }
}

function* countFaults(instances: Instances, key: RowKey, node: ListNode | LeafListNode): Iterable<Fault> {
  const { view } = instances;
  let found = 0;
  const enough = node.maxElements === Number.POSITIVE_INFINITY ? node.minElements : node.maxElements + 1;
  for (const _ of view.entries(key, node)) if (++found >= enough) break;
  if (found > node.maxElements) yield tooMany(view.keys.path(key, node), node.maxElements);
  else if (found < node.minElements && instances.isPossible(key, node)) {
    yield tooFew(view.keys.path(key, node), node.minElements, found);
  }
}

/** The non-presence container in the row that a choice is in; undefined where it is directly in the row. */
function container(choice: SchemaNode): DataSchemaNode | undefined {
  let at = choice.parent;
  while (at?.kind === 'choice' || at?.kind === 'case') at = at.parent;
  return at?.kind === 'container' && !at.presence && at.dataParent !== undefined ? at : undefined;
}
