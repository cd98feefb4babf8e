/** Walks a configuration by names: one row of a view, its columns, and the rows directly below. */
import type { KeySpace } from '../datastore/key/key.ts';
import type { Row, RowKey, RowNode, View } from '../datastore/view/view.ts';
import type { DataSchemaNode } from '../yang/schema/node.ts';
import { leafValue } from './nodes.ts';

export class Entry {
  readonly #keys: KeySpace;
  readonly #view: View;
  readonly #node: RowNode;
  readonly #key: RowKey;
  readonly #row: Row;

  constructor(keys: KeySpace, view: View, node: RowNode, key: RowKey, row: Row) {
    this.#keys = keys;
    this.#view = view;
    this.#node = node;
    this.#key = key;
    this.#row = row;
  }

  /** A top-level container, empty where the configuration has nothing of it. */
  static top(keys: KeySpace, view: View, path: string): Entry {
    const node = keys.schema.find(path);
    if (node?.kind !== 'container') throw new Error(`the schema has no container ${path}`);
    const key = keys.child('', node);
    return new Entry(keys, view, node, key, view.get(key) ?? { leaves: new Map() });
  }

  /** Instance path of the row, or of a node in it or directly below. */
  path(relative?: string): string {
    return this.#keys.path(this.#key, relative === undefined ? undefined : this.#at(relative));
  }

  /** The first key of a list entry. */
  get name(): string {
    return this.#keys.valueOf(this.#key, this.#node);
  }

  /** A leaf's value, or its default. */
  value(relative: string): string | undefined {
    const leaf = this.#at(relative);
    if (leaf.kind !== 'leaf') throw new Error(`${leaf.path} is no leaf`);
    return leafValue(this.#row, leaf);
  }

  /** A leaf that has a default. */
  number(relative: string): number {
    return Number(this.value(relative));
  }

  /** A presence container below. */
  presence(relative: string): Entry | undefined {
    return this.list(relative)[0];
  }

  /** The entries of a list below, in their order. */
  list(relative: string): readonly Entry[] {
    const node = this.#rowNode(relative);
    return Array.from(
      this.#view.entries(this.#key, node),
      ({ key, row }) => new Entry(this.#keys, this.#view, node, key, row),
    );
  }

  /** The values of a leaf-list below, in their order. */
  values(relative: string): readonly string[] {
    const node = this.#rowNode(relative);
    return Array.from(this.#view.entries(this.#key, node), ({ key }) => this.#keys.valueOf(key, node));
  }

  #at(relative: string): DataSchemaNode {
    const node = this.#keys.schema.find(`${this.#node.path}/${relative}`);
    if (node === undefined) throw new Error(`the schema has no ${this.#node.path}/${relative}`);
    return node;
  }

  #rowNode(relative: string): RowNode {
    const node = this.#at(relative);
    if (node.kind !== 'list' && node.kind !== 'leaf-list' && node.kind !== 'container') {
      throw new Error(`${node.path} is no row`);
    }
    return node;
  }
}
