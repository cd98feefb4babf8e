/** What a filter wants of single rows, found from the root down: for who looks at rows out of order, as comparisons do. */
import type { Decisions } from '../../../commit/access/access.ts';
import { walk } from '../../../datastore/reading/walk.ts';
import type { SourceView } from '../../../datastore/view/source.ts';
import type { RowKey } from '../../../datastore/view/view.ts';
import type { ContainerNode, DataSchemaNode } from '../../../yang/schema/node.ts';
import { Found } from './found.ts';
import { Narrowing } from './narrowing.ts';
import { ReadHooks } from './read-hooks.ts';
import type { Wanted } from './selector.ts';

const ONLY_CONFIGURATION = { config: true, maxDepth: Number.POSITIVE_INFINITY, defaults: 'explicit' } as const;

export class RowScope {
  readonly #view: SourceView;
  readonly #root: Wanted;
  readonly #decisions: Decisions;
  readonly #narrowing: Narrowing | undefined;

  constructor(view: SourceView, root: Wanted, decisions: Decisions, configOnly: boolean) {
    this.#view = view;
    this.#root = root;
    this.#decisions = decisions;
    this.#narrowing = configOnly ? new Narrowing(view, decisions, ONLY_CONFIGURATION) : undefined;
  }

  /** Hooks that begin with the row; undefined where nothing of it can be wanted, or the reader may not see what it is in. */
  hooks(key: RowKey): ReadHooks | undefined {
    let wanted = this.#root;
    let above: RowKey = '';
    for (const { node, key: at } of this.#view.keys.decode(key)) {
      for (const container of foldedAbove(node)) wanted = this.#below(wanted, container, above);
      if (at === key) break;
      wanted = this.#below(wanted, node, at);
      above = at;
    }
    return wanted === 'none' ? undefined : new ReadHooks(wanted, this.#decisions, false, this.#narrowing);
  }

  /** Whether the filter wants anything that is there. */
  hasAny(): boolean {
    if (this.#root === 'none') return false;
    const found = new Found();
    const hooks = new ReadHooks(this.#root, this.#decisions, false, this.#narrowing);
    for (const _ of walk(this.#view, found, { hooks, pauseAt: 1 })) if (found.length > 0) return true;
    return found.length > 0;
  }

  #below(wanted: Wanted, node: DataSchemaNode, key: RowKey): Wanted {
    if (wanted === 'none') return 'none';
    const access = this.#decisions.readable(node);
    if (access === 'deny' || (access === 'depends' && !this.#decisions.read(node, key))) return 'none';
    return wanted === 'all' ? 'all' : wanted.child(node, key, this.#view.get(key));
  }
}

/** The containers between a row node and the row above, outermost first. */
function foldedAbove(node: DataSchemaNode): readonly ContainerNode[] {
  const containers: ContainerNode[] = [];
  for (let at = node.dataParent; at?.kind === 'container' && isFolded(at); at = at.dataParent) containers.unshift(at);
  return containers;
}

function isFolded(node: ContainerNode): boolean {
  return !node.presence && node.dataParent !== undefined;
}
