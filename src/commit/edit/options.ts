/** How an edit is to be applied (RFC 6241 section 7.2). */
import type { EditOperation } from '../../yang/data/node.ts';

export interface EditOptions {
  /**
   * The operation of nodes that name none. `replace` at the top replaces the whole datastore: "the configuration data in
   * the <config> parameter completely replaces the configuration in the target datastore".
   */
  readonly defaultOperation?: Extract<EditOperation, 'merge' | 'replace' | 'none'>;
  /** Left out: as RFC 7950 section 8.3.3 has it, running is validated at the end of the edit, candidate by commit. */
  readonly testOption?: 'test-then-set' | 'set' | 'test-only';
  /**
   * `stop-on-error` and `rollback-on-error` both leave the datastore as it was; `continue-on-error` applies what can be
   * applied and reports the rest.
   */
  readonly errorOption?: 'stop-on-error' | 'continue-on-error' | 'rollback-on-error';
}
