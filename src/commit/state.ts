/**
 * Operational state: providers write rows, in the same form as configuration, so that filters, access control,
 * XPath and writers work on state and configuration alike.
 */
import type { Row, RowKey, RowNode, View } from '../datastore/view.ts';
import type { DataSchemaNode } from '../yang/schema/node.ts';

/** What a reader wants: a list node with the key values it names, outermost first. Empty: all of the provider's paths. */
export interface Interest {
  /** The subtree; the provider may give more than asked, never less. */
  readonly node: DataSchemaNode;
  /** Canonical key values of the lists on the way, as far as the reader fixed them. */
  readonly keys: ReadonlyMap<string, readonly string[]>; // by list path
}

export interface RowWriter {
  /** Adds columns to a row; rows of parents are made where they are missing. Later columns win. */
  put(key: RowKey, node: RowNode, row: Row): void;
}

export interface StateProvider {
  /** Schema paths of the subtrees that hold its state. */
  readonly paths: readonly string[];
  /** Writes the state that `interests` asks for. `running` is the configuration at this moment. */
  read(interests: readonly Interest[], running: View, out: RowWriter): Promise<void>;
}
