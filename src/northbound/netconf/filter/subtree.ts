/**
 * Subtree filters (RFC 6241 section 6) compiled against the schema. A list whose entries are named by content matches of
 * all keys is not scanned: one of any number costs one lookup.
 */
import type { Decisions } from '../../../commit/access/access.ts';
import type { KeySpace } from '../../../datastore/key/key.ts';
import type { DefaultsMode } from '../../../datastore/reading/walk.ts';
import { ViewTree } from '../../../datastore/reading/xpath-tree.ts';
import type { ColumnNode } from '../../../datastore/row/shape.ts';
import type { SourceView } from '../../../datastore/view/source.ts';
import type { Row, RowKey, RowNode } from '../../../datastore/view/view.ts';
import type { DataSchemaNode, LeafListNode, LeafNode, ListNode } from '../../../yang/schema/node.ts';
import type { FilterElement } from './filter.ts';
import type { Selector, Wanted } from './selector.ts';

/** One leaf (in one of several modules where the filter leaves the namespace open) has to have a value. */
interface ContentMatch {
  /** Empty: it can never hold. */
  readonly either: readonly { readonly leaf: LeafNode | LeafListNode; readonly value: string }[];
}

/** One filter element over one schema node: a sibling set of the filter (section 6.2.5). */
export interface Spec {
  /** All have to hold. */
  readonly matches: readonly ContentMatch[];
  /** Neither selection nor containment nodes: everything is wanted. */
  readonly whole: boolean;
  /** Selected leaves, and those that were matched, which are part of the output. */
  readonly leaves: ReadonlySet<DataSchemaNode>;
  /** Entries of leaf-lists that were matched. */
  readonly values: ReadonlyMap<LeafListNode, readonly string[]>;
  readonly children: ReadonlyMap<DataSchemaNode, readonly Spec[]>;
}

interface Draft {
  readonly matches: ContentMatch[];
  readonly leaves: Set<DataSchemaNode>;
  readonly values: Map<LeafListNode, string[]>;
  readonly children: Map<DataSchemaNode, Spec[]>;
}

type DataChildren = ReadonlyMap<string, DataSchemaNode>;

/** Compiles the elements of a filter, or those inside of one of its elements. */
export function compileSubtree(elements: readonly FilterElement[], dataChildren: DataChildren): Spec {
  const draft: Draft = { matches: [], leaves: new Set(), values: new Map(), children: new Map() };
  let whole = true;
  for (const element of elements) {
    const isMatch = element.children.length === 0 && element.text !== '' && !element.hasAttributes;
    const nodes = schemaNodes(element, dataChildren);
    if (isMatch) addMatch(draft, element, nodes);
    else {
      whole = false;
      if (!element.hasAttributes) for (const node of nodes) addSelection(draft, element, node);
    }
  }
  return { ...draft, whole: whole && elements.length > 0 };
}

/** The children of the name, in the namespace given or in any. */
function schemaNodes(element: FilterElement, dataChildren: DataChildren): DataSchemaNode[] {
  const nodes: DataSchemaNode[] = [];
  for (const node of dataChildren.values()) {
    if (node.name !== element.name) continue;
    if (element.namespace === undefined || node.module.namespace === element.namespace) nodes.push(node);
  }
  return nodes;
}

function addMatch(draft: Draft, element: FilterElement, nodes: readonly DataSchemaNode[]): void {
  const either: { leaf: LeafNode | LeafListNode; value: string }[] = [];
  for (const node of nodes) {
    if (node.kind !== 'leaf' && node.kind !== 'leaf-list') continue;
    const parsed = node.type.parse(element.text, { moduleOf: element.moduleOf });
    if (!parsed.ok) continue;
    either.push({ leaf: node, value: parsed.value });
    if (node.kind === 'leaf') draft.leaves.add(node);
    else draft.values.set(node, [...(draft.values.get(node) ?? []), parsed.value]);
  }
  draft.matches.push({ either });
}

function addSelection(draft: Draft, element: FilterElement, node: DataSchemaNode): void {
  switch (node.kind) {
    case 'leaf':
    case 'leaf-list':
    case 'anydata':
    case 'anyxml':
      // A leaf has no children: a containment node of its name selects nothing.
      if (element.children.length === 0) draft.leaves.add(node);
      return;
    case 'container':
    case 'list': {
      const spec = element.children.length === 0 ? WHOLE : compileSubtree(element.children, node.dataChildren);
      draft.children.set(node, [...(draft.children.get(node) ?? []), spec]);
    }
  }
}

const WHOLE: Spec = { matches: [], whole: true, leaves: new Set(), values: new Map(), children: new Map() };

/** The canonical key values that the matches fix; undefined where they leave one open. Null: no entry can match. */
export function fixedKeys(spec: Spec, list: ListNode): readonly string[] | undefined | null {
  const values: string[] = [];
  for (const key of list.keys) {
    const matches = spec.matches.filter(({ either }) => either.length > 0 && either.every(({ leaf }) => leaf === key));
    const first = matches[0]?.either[0]?.value;
    if (first === undefined) return spec.matches.some(({ either }) => either.length === 0) ? null : undefined;
    if (matches.some(({ either }) => either[0]?.value !== first)) return null;
    values.push(first);
  }
  return values;
}

/**
 * Judges content matches. RFC 6243 section 3: the filter sees what the reply would hold, so a default in use matches
 * where defaults are reported, and a value that is trimmed does not. What the reader may not see matches nothing.
 */
export class ContentMatching {
  readonly view: SourceView;
  readonly #decisions: Decisions;
  readonly #defaults: DefaultsMode;
  #tree: ViewTree | undefined;

  constructor(view: SourceView, decisions: Decisions, defaults: DefaultsMode) {
    this.view = view;
    this.#decisions = decisions;
    this.#defaults = defaults;
  }

  /** Whether all matches of a spec hold in an instance. */
  holds({ matches }: Spec, key: RowKey, row: Row | undefined): boolean {
    return matches.every(({ either }) =>
      either.some(({ leaf, value }) => {
        const at = leaf.kind === 'leaf' ? key : this.view.keys.child(key, leaf, [value]);
        if (!this.#has(leaf, value, at, key, row)) return false;
        const verdict = this.#decisions.readable(leaf);
        return verdict === 'permit' || (verdict === 'depends' && this.#decisions.read(leaf, at));
      }),
    );
  }

  /** Whether the defaults of a leaf-list may be part of the reply. */
  reportsDefaults(node: LeafListNode): boolean {
    return node.defaults.length > 0 && this.#reportsAll;
  }

  get #reportsAll(): boolean {
    return this.#defaults === 'report-all' || this.#defaults === 'report-all-tagged';
  }

  #has(leaf: LeafNode | LeafListNode, value: string, at: RowKey, key: RowKey, row: Row | undefined): boolean {
    if (leaf.kind === 'leaf') {
      const set = row?.leaves.get(leaf);
      if (set !== undefined) return set === value && !(this.#defaults === 'trim' && value === leaf.default);
      return leaf.default === value && this.#reportsAll && this.#inTree(leaf, value, key);
    }
    if (this.view.get(at) !== undefined) return true;
    return this.reportsDefaults(leaf) && leaf.defaults.includes(value) && this.#inTree(leaf, value, key);
  }

  #inTree(leaf: LeafNode | LeafListNode, value: string, key: RowKey): boolean {
    this.#tree ??= new ViewTree(this.view, this.view.keys);
    const parent = { schema: undefined, key };
    for (const node of this.#tree.children(parent, leaf)) if (node.value === value) return true;
    return false;
  }
}

/** What several specs of one instance, all of which hold, want of it: their union. */
export class SubtreeSelector implements Selector {
  readonly #matching: ContentMatching;
  readonly #keys: KeySpace;
  readonly #specs: readonly Spec[];

  constructor(matching: ContentMatching, specs: readonly Spec[]) {
    this.#matching = matching;
    this.#keys = matching.view.keys;
    this.#specs = specs;
  }

  child(node: DataSchemaNode, key: RowKey, row: Row | undefined): Wanted {
    if (node.kind === 'leaf-list') return this.#leafListEntry(node, key);
    return this.#of(this.#children(node).filter((spec) => this.#matching.holds(spec, key, row)));
  }

  peek(node: DataSchemaNode): Wanted {
    return this.#of(this.#children(node));
  }

  leaf(node: ColumnNode): boolean | 'along' {
    if (this.#specs.some(({ leaves }) => leaves.has(node))) return true;
    return node.kind === 'leaf' && node.isKey ? 'along' : false;
  }

  rows(node: RowNode, parent: RowKey): 'all' | 'none' | readonly RowKey[] {
    if (node.kind === 'leaf-list') return this.#leafListRows(node, parent);
    const specs = this.#children(node);
    if (specs.length === 0) return 'none';
    if (node.kind !== 'list' || node.keys.length === 0) return 'all';
    const wanted = new Set<RowKey>();
    for (const spec of specs) {
      const values = fixedKeys(spec, node);
      if (values === undefined) return 'all';
      if (values !== null) wanted.add(this.#keys.child(parent, node, values));
    }
    return [...wanted].sort();
  }

  sameAs(other: Selector): boolean {
    if (!(other instanceof SubtreeSelector) || other.#specs.length !== this.#specs.length) return false;
    return this.#specs.every((spec, i) => spec === other.#specs[i]);
  }

  #of(specs: readonly Spec[]): Wanted {
    if (specs.length === 0) return 'none';
    return specs.some(({ whole }) => whole) ? 'all' : new SubtreeSelector(this.#matching, specs);
  }

  #children(node: DataSchemaNode): readonly Spec[] {
    if (this.#specs.length === 1) return this.#specs[0]?.children.get(node) ?? [];
    return this.#specs.flatMap(({ children }) => children.get(node) ?? []);
  }

  #leafListEntry(node: LeafListNode, key: RowKey): Wanted {
    if (this.#specs.some(({ leaves }) => leaves.has(node))) return 'all';
    const value = this.#keys.last(key)?.keys[0] ?? '';
    return this.#specs.some(({ values }) => values.get(node)?.includes(value)) ? 'all' : 'none';
  }

  #leafListRows(node: LeafListNode, parent: RowKey): 'all' | 'none' | readonly RowKey[] {
    if (this.#specs.some(({ leaves }) => leaves.has(node))) return 'all';
    const values = this.#specs.flatMap((spec) => spec.values.get(node) ?? []);
    // Defaults are no rows to be looked up.
    if (values.length > 0 && this.#matching.reportsDefaults(node)) return 'all';
    return values.length === 0
      ? 'none'
      : [...new Set(values.map((value) => this.#keys.child(parent, node, [value])))].sort();
  }
}

/** The root of a filter: where top-level leaves do not match, nothing is wanted. */
export function subtreeRoot(matching: ContentMatching, spec: Spec): Wanted {
  if (!matching.holds(spec, '', matching.view.get(''))) return 'none';
  return spec.whole ? 'all' : new SubtreeSelector(matching, [spec]);
}
