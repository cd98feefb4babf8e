/** Operational state of access control: refused requests. */
import type { Interest, RowWriter, StateProvider } from '../../commit/operational/state.ts';
import type { KeySpace } from '../../datastore/key/key.ts';
import type { View } from '../../datastore/view/view.ts';
import { containerAt, leafAt } from '../nodes.ts';
import type { Denials } from './access.ts';
import { NACM } from './model.ts';

export class NacmState implements StateProvider {
  readonly paths = [NACM];
  readonly #keys: KeySpace;
  readonly #denials: Denials;

  constructor(keys: KeySpace, denials: Denials) {
    this.#keys = keys;
    this.#denials = denials;
  }

  async read(_interests: readonly Interest[], _running: View, out: RowWriter): Promise<void> {
    const { schema } = this.#keys;
    const nacm = containerAt(schema, NACM);
    const counted: [string, number][] = [
      ['denied-operations', this.#denials.operations],
      ['denied-data-writes', this.#denials.dataWrites],
      ['denied-notifications', this.#denials.notifications],
    ];
    const leaves = new Map(
      counted.map(([leaf, count]) => [leafAt(schema, `${NACM}/${leaf}`), String(count % 2 ** 32)]),
    );
    out.put(this.#keys.child('', nacm), nacm, { leaves });
  }
}
