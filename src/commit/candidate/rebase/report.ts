/** Conflicts as faults (draft-ietf-netconf-privcand: "a list of xpaths and values"). */
import type { SourceView } from '../../../datastore/view/source.ts';
import type { RowKey } from '../../../datastore/view/view.ts';
import type { Fault, FaultInfo } from '../../../yang/fault.ts';
import type { DataSchemaNode } from '../../../yang/schema/node.ts';
import type { Decisions } from '../../access/access.ts';
import type { Conflict } from './conflicts.ts';

/** More conflicts than this are counted, not told. */
const MAX_TOLD = 64;
const MODULE = 'ietf-netconf-private-candidate';

/**
 * One `operation-failed` with the app-tag `conflict` each, with the place as error-path and, of leaves that the caller may
 * read, both values. All places are ones that the caller has changed, or that lie above such.
 */
export function conflictFaults(
  conflicts: readonly Conflict[],
  running: SourceView,
  candidate: SourceView,
  access: Decisions | undefined,
): readonly Fault[] {
  const faults = conflicts.slice(0, MAX_TOLD).map((conflict): Fault => {
    const { key, inside, message } = place(conflict);
    const path = running.keys.path(key, inside);
    const values = conflict.kind === 'value' ? valuesOf(conflict, running, candidate, access) : [];
    const children = [{ name: 'xpath', value: path, module: MODULE, isPath: true }, ...values];
    const info = [{ name: 'conflict', value: '', module: MODULE, children }];
    return { type: 'application', tag: 'operation-failed', appTag: 'conflict', path, message, info };
  });
  if (conflicts.length > MAX_TOLD) {
    const message = `running and the private candidate are in conflict at ${conflicts.length - MAX_TOLD} more places`;
    faults.push({ type: 'application', tag: 'operation-failed', appTag: 'conflict', message });
  }
  return faults;
}

function place(conflict: Conflict): { key: RowKey; inside?: DataSchemaNode; message: string } {
  switch (conflict.kind) {
    case 'value':
      return { key: conflict.key, inside: conflict.column, message: 'running has changed this value, too' };
    case 'row':
      return { key: conflict.key, message: 'running and the candidate have changed this node or what is below it' };
    case 'members':
      return { key: conflict.parent, inside: conflict.node, message: 'running has changed the entries, too' };
    case 'order':
      return {
        key: conflict.parent,
        inside: conflict.node,
        message: 'running has changed the order of the entries, too',
      };
    case 'case':
      return { key: conflict.key, message: `running has set another case of the choice ${conflict.choice.name}` };
  }
}

function valuesOf(
  { key, column }: Extract<Conflict, { kind: 'value' }>,
  running: SourceView,
  candidate: SourceView,
  access: Decisions | undefined,
): readonly FaultInfo[] {
  if (column.kind !== 'leaf' || access?.read(column, key) === false) return [];
  const value = (name: string, view: SourceView): FaultInfo[] => {
    const found = view.get(key)?.leaves.get(column);
    return found === undefined ? [] : [{ name, value: found, module: MODULE }];
  };
  return [...value('value-running', running), ...value('value-candidate', candidate)];
}
