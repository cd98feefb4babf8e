/**
 * Operational state: providers write rows, in the same form as configuration, so that filters, access control,
 * XPath and writers work on state and configuration alike.
 */
import type { Row, RowKey, RowNode, View } from '../../datastore/view/view.ts';
import type { DataSchemaNode } from '../../yang/schema/node.ts';

/** What a reader wants: a list node with the key values it names, outermost first. Empty: all of the provider's paths. */
export interface Interest {
  /** The subtree; the provider may give more than asked, never less. */
  readonly node: DataSchemaNode;
  /** Canonical key values of the lists on the way, as far as the reader fixed them. */
  readonly keys: ReadonlyMap<string, readonly string[]>; // by list path
}

/** Where configuration in use comes from when it is not from a client: identities of ietf-origin (RFC 8342 section 5.3.4). */
export type StateOrigin = 'system' | 'learned';

export interface RowWriter {
  /**
   * Adds columns to a row; rows of parents are made where they are missing. Later columns win. `origin` (`system`) is that
   * of the configuration among them that is not what running says.
   */
  put(key: RowKey, node: RowNode, row: Row, origin?: StateOrigin): void;
  /**
   * The configuration of this row and all below it is not in use, because a resource is missing: it is no part of the
   * operational datastore (RFC 8342 section 5.3.2), whatever state was written there.
   */
  notApplied(key: RowKey): void;
}

export interface StateProvider {
  /** Schema paths of the subtrees that hold its state. */
  readonly paths: readonly string[];
  /** Writes the state that `interests` asks for. `running` is the configuration at this moment. */
  read(interests: readonly Interest[], running: View, out: RowWriter): Promise<void>;
  /**
   * Calls back when state may have changed otherwise than by a commit, with what is to be read anew (an empty list: all of
   * the provider's); returns how to stop that. `running` is the configuration at the moment of the call. Without it nobody
   * is told of changes of this state (RFC 8641).
   */
  onChange?(listener: StateListener, running: () => View): () => void;
  /** Schema paths below `paths` of whose changes `onChange` does not tell. */
  readonly unwatched?: readonly string[];
}

export type StateListener = (interests: readonly Interest[]) => void;
