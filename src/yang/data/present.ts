/** What is present besides what was given: default values in use and non-presence containers (RFC 7950 section 7.6.1). */
import type { ChoiceNode, DataSchemaNode, Parent, SchemaNode } from '../schema/node.ts';
import type { DataNode } from './node.ts';

/**
 * The children of an instance in schema order, entries of one list in the order given. Conditions (`when`) are left to
 * DataTree, which can evaluate them.
 */
export function presentChildren(parent: Parent, given: readonly DataNode[]): readonly DataNode[] {
  const bySchema = new Map<DataSchemaNode, DataNode[]>();
  for (const node of given) {
    const known = bySchema.get(node.schema);
    if (known === undefined) bySchema.set(node.schema, [node]);
    else known.push(node);
  }
  const present: DataNode[] = [];
  addPresent(parent.children, bySchema, present);
  return present;
}

type Given = ReadonlyMap<DataSchemaNode, readonly DataNode[]>;

function addPresent(nodes: readonly SchemaNode[], given: Given, present: DataNode[]): void {
  for (const schema of nodes) {
    switch (schema.kind) {
      case 'choice': {
        const chosen = chosenCase(schema, given) ?? schema.defaultCase;
        if (chosen !== undefined) addPresent(chosen.children, given, present);
        break;
      }
      case 'case':
        addPresent(schema.children, given, present);
        break;
      case 'container': {
        const own = given.get(schema);
        if (own !== undefined) present.push(...own);
        else if (!schema.presence) present.push({ schema, children: [] });
        break;
      }
      case 'leaf': {
        const own = given.get(schema);
        if (own !== undefined) present.push(...own);
        else if (schema.default !== undefined) present.push({ schema, value: schema.default });
        break;
      }
      case 'leaf-list': {
        const own = given.get(schema);
        if (own !== undefined) present.push(...own);
        else for (const value of schema.defaults) present.push({ schema, value });
        break;
      }
      case 'list':
      case 'anydata':
      case 'anyxml':
        present.push(...(given.get(schema) ?? []));
        break;
      default:
        break;
    }
  }
}

/** The case of which something is given. */
function chosenCase(choice: ChoiceNode, given: Given): ChoiceNode['cases'][number] | undefined {
  return choice.cases.find(({ children }) => hasAny(children, given));
}

function hasAny(nodes: readonly SchemaNode[], given: Given): boolean {
  return nodes.some((node) => {
    if (node.kind === 'choice') return node.cases.some(({ children }) => hasAny(children, given));
    if (node.kind === 'case') return hasAny(node.children, given);
    return given.has(node as DataSchemaNode);
  });
}
