/** Operational state: listeners and calls (sluice-netconf-server), and the algorithms of SSH and TLS. */
import type { Interest, RowWriter, StateProvider } from '../../commit/operational/state.ts';
import type { KeySpace } from '../../datastore/key/key.ts';
import { rowsFromData } from '../../datastore/row/from-data.ts';
import type { View } from '../../datastore/view/view.ts';
import { build, type PlainData } from '../../yang/data/build.ts';
import { wants } from '../interest.ts';
import { dateAndTime } from '../time.ts';
import { SSH_ALGORITHMS, TLS_CIPHER_SUITES } from './algorithms.ts';
import type { CallHomeState, ListenState, TransportStates } from './endpoint.ts';

const TRANSPORTS = 'sluice-netconf-server:netconf-server-state';
const SSH = 'ietf-ssh-common:supported-algorithms';
const TLS = 'ietf-tls-common:supported-algorithms';

export class NetconfServerState implements StateProvider {
  readonly paths = [`/${TRANSPORTS}`, `/${SSH}`, `/${TLS}`];
  readonly #keys: KeySpace;
  readonly #states: TransportStates;

  constructor(keys: KeySpace, states: TransportStates) {
    this.#keys = keys;
    this.#states = states;
  }

  async read(interests: readonly Interest[], _running: View, out: RowWriter): Promise<void> {
    const given: Record<string, PlainData> = {};
    if (wants(interests, `/${TRANSPORTS}`)) {
      given[TRANSPORTS] = {
        listener: Array.from(this.#states.listeners(), listenerState),
        'call-home-client': Array.from(this.#states.calls(), callState),
      };
    }
    if (wants(interests, `/${SSH}`)) {
      given[SSH] = {
        'public-key-algorithms': supported(SSH_ALGORITHMS.hostKey),
        'encryption-algorithms': supported(SSH_ALGORITHMS.encryption),
        'key-exchange-algorithms': supported(SSH_ALGORITHMS.keyExchange),
        'mac-algorithms': supported(SSH_ALGORITHMS.mac),
      };
    }
    if (wants(interests, `/${TLS}`)) given[TLS] = supported(TLS_CIPHER_SUITES.keys());
    const nodes = build(this.#keys.schema, given);
    for (const { key, node, row } of rowsFromData(this.#keys, nodes)) if (node !== undefined) out.put(key, node, row);
  }
}

function listenerState(state: ListenState): PlainData {
  return {
    name: state.name,
    'oper-status': state.isUp ? 'up' : 'down',
    'last-error': state.error,
    'local-bind': Array.from(state.ports, ([address, port]) => ({ 'local-address': address, 'local-port': port })),
    'accepted-connections': state.accepted,
    'refused-connections': state.refused,
    'failed-logins': state.failedLogins,
  };
}

function callState(state: CallHomeState): PlainData {
  return {
    name: state.name,
    status: state.status,
    'connected-endpoint': state.endpoint,
    attempts: state.attempts,
    connections: state.connections,
    'last-error': state.lastError,
    'next-attempt': state.nextAttempt && dateAndTime(state.nextAttempt),
  };
}

function supported(names: Iterable<string>): PlainData {
  return { 'supported-algorithm': [...names] };
}
