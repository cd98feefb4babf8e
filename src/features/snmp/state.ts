/** State of the SNMP engine (sluice-snmp). */
import type { Interest, RowWriter, StateProvider } from '../../commit/operational/state.ts';
import type { KeySpace } from '../../datastore/key/key.ts';
import type { View } from '../../datastore/view/view.ts';
import { containerAt, leafAt } from '../nodes.ts';
import { hexString } from './localize.ts';
import { SNMP } from './model.ts';

/** How the engine does: said by who runs it. */
export interface SnmpStates {
  engine(): {
    readonly isRunning: boolean;
    /** In hexadecimal, without colons. */
    readonly engineId: string;
    readonly engineBoots: number;
    readonly restarts: number;
    readonly lastError: string | undefined;
  };
  subagent(): {
    readonly requests: number;
    readonly notificationsSent: number;
    readonly notificationsDropped: number;
  };
}

const STATE = `${SNMP}/engine/sluice-snmp:state`;

export class SnmpState implements StateProvider {
  readonly paths = [STATE];
  readonly #keys: KeySpace;
  readonly #states: SnmpStates;

  constructor(keys: KeySpace, states: SnmpStates) {
    this.#keys = keys;
    this.#states = states;
  }

  async read(_interests: readonly Interest[], _running: View, out: RowWriter): Promise<void> {
    const { schema } = this.#keys;
    const { isRunning, engineId, engineBoots, restarts, lastError } = this.#states.engine();
    const { requests, notificationsSent, notificationsDropped } = this.#states.subagent();
    const values: readonly (readonly [string, string | undefined])[] = [
      ['running', String(isRunning)],
      ['engine-id', hexString(Buffer.from(engineId, 'hex'))],
      ['engine-boots', String(engineBoots)],
      ['restarts', String(restarts % 0x1_0000_0000)],
      ['requests', String(requests)],
      ['notifications-sent', String(notificationsSent)],
      ['notifications-dropped', String(notificationsDropped)],
      ['last-error', isRunning ? undefined : lastError],
    ];
    const leaves = new Map(
      values.flatMap(([name, value]) => (value === undefined ? [] : [[leafAt(schema, `${STATE}/${name}`), value]])),
    );
    const snmp = containerAt(schema, SNMP);
    out.put(this.#keys.child('', snmp), snmp, { leaves });
  }
}
