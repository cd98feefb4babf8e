/** /system-state: the machine and its clock. */
import { machine, release, type, uptime, version } from 'node:os';
import type { Interest, RowWriter, StateProvider } from '../../commit/operational/state.ts';
import type { KeySpace } from '../../datastore/key/key.ts';
import type { View } from '../../datastore/view/view.ts';
import { containerAt, leafAt } from '../nodes.ts';
import { dateAndTime } from '../time.ts';
import { SYSTEM_STATE } from './model.ts';

export class SystemState implements StateProvider {
  readonly paths = [SYSTEM_STATE];
  readonly #keys: KeySpace;
  /** To the second: what it is computed from has no more. */
  readonly #bootedAt = new Date(Math.round(Date.now() / 1000 - uptime()) * 1000);

  constructor(keys: KeySpace) {
    this.#keys = keys;
  }

  /** But for the clock it is the same for as long as the machine runs. */
  onChange(): () => void {
    return () => undefined;
  }

  async read(_interests: readonly Interest[], _running: View, out: RowWriter): Promise<void> {
    const { schema } = this.#keys;
    const state = containerAt(schema, SYSTEM_STATE);
    const values: [string, string][] = [
      ['platform/os-name', type()],
      ['platform/os-release', release()],
      ['platform/os-version', version()],
      ['platform/machine', machine()],
      ['clock/current-datetime', dateAndTime(new Date())],
      ['clock/boot-datetime', dateAndTime(this.#bootedAt)],
    ];
    const leaves = new Map(values.map(([leaf, value]) => [leafAt(schema, `${SYSTEM_STATE}/${leaf}`), value]));
    out.put(this.#keys.child('', state), state, { leaves });
  }
}
