/**
 * Of which nodes changes are told: of all configuration, and of state that a provider tells the changes of. Counters and
 * gauges change by themselves all the time; they are known by their types, and what has another type by name.
 */
import type { StateProvider } from '../../../../commit/operational/state.ts';
import type { DataSchemaNode, Schema } from '../../../../yang/schema/node.ts';

/** Types of ietf-yang-types whose values move by themselves. */
const MOVING = /(?:^|:)(?:zero-based-)?(?:counter|gauge)(?:32|64)$/;

/** What moves by itself and has another type. */
const MOVING_NODES: ReadonlySet<string> = new Set([
  '/ietf-system:system-state/clock/current-datetime',
  '/sluice-bridge-domains:bridge-domains/bridge-domain/fdb/entry/age',
]);

const told = new WeakMap<DataSchemaNode, boolean>();

/** Whether a node's changes can be told, as far as its own nature goes: it is neither counter nor gauge nor clock. */
export function isTold(node: DataSchemaNode): boolean {
  let known = told.get(node);
  if (known === undefined) {
    known = node.config || !isMoving(node);
    told.set(node, known);
  }
  return known;
}

function isMoving(node: DataSchemaNode): boolean {
  if (MOVING_NODES.has(node.path)) return true;
  if (node.kind === 'leaf' || node.kind === 'leaf-list') {
    const type = node.origin.children.find(({ keyword }) => keyword === 'type')?.argument ?? '';
    return MOVING.test(type) && !(node.kind === 'leaf' && node.isKey);
  }
  if (node.kind !== 'list') return false;
  // A list of counters comes and goes with them.
  const values = [...node.dataChildren.values()].filter((child) => !(child.kind === 'leaf' && child.isKey));
  return values.length > 0 && values.every(isMoving);
}

export class OnChangeSupport {
  /** Providers that tell of changes. */
  readonly providers: readonly StateProvider[];
  readonly #schema: Schema;

  constructor(schema: Schema, providers: readonly StateProvider[]) {
    this.#schema = schema;
    this.providers = providers.filter(({ onChange }) => onChange !== undefined);
  }

  /** Whether changes of a node of operational are told. */
  tells(node: DataSchemaNode): boolean {
    if (node.config) return true;
    return this.#isWatched(node) && isTold(node) && ![...ancestors(node)].some((above) => !isTold(above));
  }

  /** State whose changes are not told, the outermost nodes of it: what is below a named one is not named itself. */
  untold(): readonly DataSchemaNode[] {
    const found: DataSchemaNode[] = [];
    const visit = (node: DataSchemaNode): void => {
      if (!this.tells(node) && !this.#tellsBelow(node)) found.push(node);
      else if ('dataChildren' in node) for (const child of node.dataChildren.values()) visit(child);
    };
    for (const node of this.#schema.dataChildren.values()) visit(node);
    return found;
  }

  #tellsBelow(node: DataSchemaNode): boolean {
    if (!('dataChildren' in node)) return false;
    return [...node.dataChildren.values()].some((child) => this.tells(child) || this.#tellsBelow(child));
  }

  #isWatched({ path }: DataSchemaNode): boolean {
    return this.providers.some(
      ({ paths, unwatched }) =>
        paths.some((own) => isWithin(path, own)) && !(unwatched ?? []).some((not) => isWithin(path, not)),
    );
  }
}

function isWithin(path: string, above: string): boolean {
  return path === above || path.startsWith(`${above}/`);
}

function* ancestors(node: DataSchemaNode): Iterable<DataSchemaNode> {
  for (let at = node.dataParent; at !== undefined && 'index' in at; at = at.dataParent) yield at;
}
