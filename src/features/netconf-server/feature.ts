/** ietf-netconf-server. Keys and certificates are among what it is given: a listener changes with its host key. */
import type { Feature } from '../../commit/feature.ts';
import type { KeySpace } from '../../datastore/key/key.ts';
import type { HiddenKeys } from '../keystore/key-pair.ts';
import { KEYSTORE } from '../keystore/model.ts';
import { TRUSTSTORE } from '../truststore/model.ts';
import { checkNetconfServer } from './check.ts';
import type { TransportStates } from './endpoint.ts';
import { NETCONF_SERVER } from './model.ts';
import { planNetconfServer } from './plan.ts';
import { NetconfServerState } from './state.ts';

export function netconfServerFeature(keys: KeySpace, hidden: HiddenKeys, states: TransportStates): Feature {
  return {
    name: 'netconf-server',
    owns: [NETCONF_SERVER, KEYSTORE, TRUSTSTORE],
    check: (change) => checkNetconfServer(change, keys, hidden),
    plan: (change) => planNetconfServer(change, keys),
    state: new NetconfServerState(keys, states),
  };
}
