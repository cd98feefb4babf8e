/** The Schema that loadSchema hands out. */
import { compareCodePoints } from '../type/base.ts';
import type { IdentityTable } from './identity.ts';
import type { LoadedModule } from './module.ts';
import type { DataSchemaNode, Identity, Module, OperationNode, RpcNode, Schema, SchemaNode } from './node.ts';

export class CompiledSchema implements Schema {
  readonly modules = new Map<string, Module>();
  readonly moduleByNamespace = new Map<string, Module>();
  readonly dataChildren = new Map<string, DataSchemaNode>();
  readonly rpcs = new Map<string, RpcNode>();
  readonly notifications = new Map<string, OperationNode>();
  readonly structures = new Map<string, OperationNode>();
  readonly identities: ReadonlyMap<string, Identity>;
  children: readonly SchemaNode[] = [];
  nodes: readonly DataSchemaNode[] = [];
  private readonly byPath = new Map<string, DataSchemaNode>();
  private readonly table: IdentityTable;

  constructor(modules: readonly LoadedModule[], identities: IdentityTable) {
    this.table = identities;
    this.identities = identities.byName;
    // Of several revisions the implemented one has the plain name, else the newest.
    const [implemented, imported] = [true, false].map((is) =>
      [...modules].filter((module) => module.implemented === is),
    );
    const byName = (a: LoadedModule, b: LoadedModule) =>
      compareCodePoints(a.name, b.name) || compareCodePoints(b.revision, a.revision);
    const all = [...(implemented ?? []), ...(imported ?? []).sort(byName)];
    for (const module of all) {
      const key = this.modules.has(module.name) ? `${module.name}@${module.revision}` : module.name;
      this.modules.set(key, module);
      if (!this.moduleByNamespace.has(module.namespace)) this.moduleByNamespace.set(module.namespace, module);
    }
  }

  /** Called once, with all nodes. */
  complete(top: readonly SchemaNode[], nodes: readonly DataSchemaNode[], structures: readonly SchemaNode[]): void {
    this.children = top;
    this.nodes = nodes;
    for (const node of nodes) if (!isOfStructure(node)) this.byPath.set(node.path, node);
    this.addTop(top);
    this.addTop(structures);
  }

  find(path: string): DataSchemaNode | undefined {
    return this.byPath.get(path);
  }

  derivedFromOrSelf(identity: string, base: string): boolean {
    const [one, other] = [this.identities.get(identity), this.identities.get(base)];
    if (!one || !other) return false;
    return one === other || this.table.derived(one, other);
  }

  private addTop(nodes: readonly SchemaNode[]): void {
    for (const node of nodes) {
      const key = `${node.module.name}:${node.name}`;
      switch (node.kind) {
        case 'choice':
          for (const one of node.cases) this.addTop(one.children);
          break;
        case 'rpc':
          this.rpcs.set(key, node);
          break;
        case 'notification':
          this.notifications.set(key, node);
          break;
        case 'structure':
          this.structures.set(key, node);
          break;
        case 'action':
        case 'case':
        case 'input':
        case 'output':
          break;
        default:
          this.dataChildren.set(key, node);
      }
    }
  }
}

/** In a structure, whose path may be that of something else. */
function isOfStructure(node: DataSchemaNode): boolean {
  let at: DataSchemaNode['dataParent'] = node;
  while (at && 'index' in at) at = at.dataParent;
  return at?.kind === 'structure';
}
