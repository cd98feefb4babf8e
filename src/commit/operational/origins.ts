/**
 * Where the configuration in the operational datastore comes from (RFC 8342 section 5.3.4): `intended` is what running
 * says, `default` what nobody said, the rest is what the router found or made itself.
 */
import { END } from '../../datastore/key/key.ts';
import { asRow } from '../../datastore/row/shape.ts';
import type { SourceView } from '../../datastore/view/source.ts';
import type { Row, RowKey } from '../../datastore/view/view.ts';
import type { DataSchemaNode } from '../../yang/schema/node.ts';
import type { StateOrigin } from './state.ts';
import type { StateRows } from './state-rows.ts';

/** An identity of ietf-origin, as `module:name`. */
export type Origin = `ietf-origin:${'intended' | 'default' | StateOrigin}`;

export class Origins {
  readonly #running: SourceView;
  readonly #state: StateRows;
  #lastKey: RowKey | undefined;
  #lastRow: Row | undefined;

  constructor(running: SourceView, state: StateRows) {
    this.#running = running;
    this.#state = state;
  }

  /**
   * Of a configuration node that exists: a leaf of the row `key`, or the row itself. A container without presence has no
   * origin of its own; this one's is where what is below it can come from.
   */
  of(node: DataSchemaNode, key: RowKey): Origin {
    const row = this.#row(key);
    if (node.kind === 'leaf' || node.kind === 'anydata' || node.kind === 'anyxml') {
      const value = row?.leaves.get(node);
      if (value === undefined) return this.#found(key);
      const used = this.#state.get(key)?.leaves.get(node);
      return used === value ? 'ietf-origin:intended' : this.#found(key);
    }
    if (row !== undefined) return 'ietf-origin:intended';
    const isImplicit = node.kind === 'container' && !node.presence && asRow(node) !== undefined;
    return isImplicit && this.#hasBelow(key) ? 'ietf-origin:intended' : this.#found(key);
  }

  #found(key: RowKey): Origin {
    return `ietf-origin:${this.#state.stateOrigin(key)}`;
  }

  #hasBelow(key: RowKey): boolean {
    for (const _ of this.#running.scan(key, key + END)) return true;
    return false;
  }

  #row(key: RowKey): Row | undefined {
    if (this.#lastKey !== key) {
      this.#lastRow = this.#running.get(key);
      this.#lastKey = key;
    }
    return this.#lastRow;
  }
}
