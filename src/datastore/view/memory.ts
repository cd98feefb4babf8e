/** Rows in memory: what state providers write, documents that are loaded, and tests. */
import { IndexPlan } from '../index-plan.ts';
import type { KeySpace } from '../key/key.ts';
import { isImplicit } from '../row/shape.ts';
import { Overlay } from './overlay.ts';
import { EmptyView } from './source.ts';
import type { Row, RowKey, RowNode } from './view.ts';

/** A view that is written by adding columns (RowWriter of the commit's state providers). */
export class MemoryView extends Overlay {
  constructor(keys: KeySpace, plan: IndexPlan = new IndexPlan(keys)) {
    super(new EmptyView(keys, plan));
  }

  /** Adds columns to a row; a later value of a column wins. Rows of parents are made where they are missing. */
  override put(key: RowKey, node: RowNode | undefined, row: Row): void {
    const old = this.get(key);
    if (old !== undefined) {
      const position = row.position ?? old.position;
      super.put(key, node, {
        leaves: new Map([...old.leaves, ...row.leaves]),
        ...(position === undefined ? {} : { position }),
      });
      return;
    }
    this.#parents(key);
    super.put(key, node, row);
  }

  #parents(key: RowKey): void {
    const steps = this.keys.decode(key);
    for (let i = steps.length - 2; i >= 0; i--) {
      const step = steps[i];
      if (step === undefined || isImplicit(step.node) || this.get(step.key) !== undefined) break;
      super.put(step.key, step.node, { leaves: new Map() });
    }
  }
}
