/**
 * Writes a whole row that has no rows below it: what is there, instead of a look at all that the schema lets be there. The
 * columns of a packed row mostly stand in the order of the schema, and are put into it where they do not.
 */
import type { ContainerNode } from '../../yang/schema/node.ts';
import type { KeySpace } from '../key/key.ts';
import type { ElementSink } from '../reading/walk.ts';
import type { Row, RowNode } from '../view/view.ts';
import { type OutlineItem, outlineOf } from './outline.ts';
import { PackedRow } from './row-codec.ts';
import type { ColumnNode } from './shape.ts';

/** Where a column stands in its row. */
interface Place {
  readonly column: ColumnNode;
  readonly rank: number;
  /** The containers that are folded into the row, around the column, outermost first. */
  readonly containers: readonly ContainerNode[];
}

const none: readonly ContainerNode[] = [];
const layouts = new WeakMap<KeySpace, Map<RowNode, ReadonlyMap<number, Place>>>();

export class RowWriter {
  readonly #keys: KeySpace;
  readonly #sink: ElementSink;
  readonly #layouts: Map<RowNode, ReadonlyMap<number, Place>>;
  readonly #places: Place[] = [];
  readonly #values: string[] = [];
  #layout: ReadonlyMap<number, Place> = new Map();
  #count = 0;
  #isSorted = true;
  #open = none;

  constructor(keys: KeySpace, sink: ElementSink) {
    this.#keys = keys;
    this.#sink = sink;
    this.#layouts = layouts.get(keys) ?? new Map();
    layouts.set(keys, this.#layouts);
  }

  write(node: RowNode, row: Row): void {
    this.#layout = this.#layouts.get(node) ?? this.#made(node);
    this.#count = 0;
    this.#isSorted = true;
    if (row instanceof PackedRow) row.forEach(this.#take);
    else for (const [column, value] of row.leaves) this.#take(this.#keys.columnId(column), value);
    if (!this.#isSorted) this.#sort();
    const sink = this.#sink;
    sink.openElement(node);
    for (let i = 0; i < this.#count; i++) {
      const { column, containers } = this.#places[i] as Place;
      if (containers !== this.#open) this.#enter(containers);
      if (column.kind === 'leaf') sink.leaf(column, this.#values[i] as string, false);
      else sink.anydata(column, this.#values[i] as string);
    }
    if (this.#open !== none) this.#enter(none);
    sink.close();
  }

  readonly #take = (id: number, value: string): void => {
    const place = this.#layout.get(id);
    if (place === undefined) return; // the schema no longer has it
    const at = this.#count++;
    if (at > 0 && (this.#places[at - 1] as Place).rank > place.rank) this.#isSorted = false;
    this.#places[at] = place;
    this.#values[at] = value;
  };

  #sort(): void {
    const columns = this.#places.slice(0, this.#count).map((place, i) => ({ place, value: this.#values[i] as string }));
    columns.sort((a, b) => a.place.rank - b.place.rank);
    columns.forEach(({ place, value }, i) => {
      this.#places[i] = place;
      this.#values[i] = value;
    });
  }

  /** Closes and opens folded containers until those are open. */
  #enter(containers: readonly ContainerNode[]): void {
    let common = 0;
    while (common < containers.length && containers[common] === this.#open[common]) common++;
    for (let open = this.#open.length; open > common; open--) this.#sink.close();
    for (const container of containers.slice(common)) this.#sink.openElement(container);
    this.#open = containers;
  }

  #made(node: RowNode): ReadonlyMap<number, Place> {
    const layout = new Map<number, Place>();
    const add = (items: readonly OutlineItem[], containers: readonly ContainerNode[]): void => {
      for (const item of items) {
        if (item.kind === 'container') add(item.items, [...containers, item.node]);
        else if (item.kind === 'column') {
          layout.set(this.#keys.columnId(item.node), { column: item.node, rank: layout.size, containers });
        }
      }
    };
    add(outlineOf(this.#keys, node).items, none);
    this.#layouts.set(node, layout);
    return layout;
  }
}
