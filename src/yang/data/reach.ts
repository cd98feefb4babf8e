/** How far the constraints of an operation's input look: most stay inside of the message. */
import type { Constraint, OperationNode, SchemaNode } from '../schema/node.ts';
import type { Type } from '../type/type.ts';

/** `configuration`: leafrefs to nodes of running; `state`: anything that the server knows (RFC 7950 section 6.4.1). */
export type Reach = 'inside' | 'configuration' | 'state';

const known = new WeakMap<OperationNode, Reach>();
/** A `/` that begins a path, and functions that jump. */
const LEADS_OUT = /(?:^|[\s([,|=<>+*-])\/|\bderef\s*\(/;

export function reachOf(operation: OperationNode): Reach {
  const before = known.get(operation);
  if (before !== undefined) return before;
  const isAction = operation.parent?.kind === 'action';
  const leadsOut = ({ expression: { source } }: Constraint) =>
    LEADS_OUT.test(source) || (isAction && source.includes('..'));
  let reach: Reach = operation.musts.some(leadsOut) ? 'state' : 'inside';
  const ofType = (type: Type): void => {
    for (const member of type.members ?? []) ofType(member);
    const { leafref } = type;
    if (leafref?.requireInstance && leadsOut(leafref.path)) {
      if (reach === 'inside') reach = 'configuration';
      if (!leafref.target.config || !leafref.path.expression.source.trimStart().startsWith('/')) reach = 'state';
    } else if (type.base === 'instance-identifier' && type.requireInstance !== false) reach = 'state';
  };
  const visit = (node: SchemaNode): void => {
    if ('whens' in node && node.whens.some(leadsOut)) reach = 'state';
    if ('musts' in node && node.musts.some(leadsOut)) reach = 'state';
    if (node.kind === 'leaf' || node.kind === 'leaf-list') ofType(node.type);
    if (node.kind === 'choice') for (const each of node.cases) visit(each);
    else if ('children' in node) for (const child of node.children) visit(child);
  };
  for (const child of operation.children) visit(child);
  known.set(operation, reach);
  return reach;
}
