/** ietf-snmp: one operation brings the engine to what the configuration says as a whole. */
import { isDeepStrictEqual } from 'node:util';
import type { Feature, PlannedOperation } from '../../commit/feature.ts';
import type { StateProvider } from '../../commit/operational/state.ts';
import type { KeySpace } from '../../datastore/key/key.ts';
import type { View } from '../../datastore/view/view.ts';
import type { SNMP_TARGET, SnmpSettings } from '../../platform/snmpd/settings.ts';
import { SYSTEM } from '../system/model.ts';
import { checkSnmp } from './check.ts';
import { readSnmp, SNMP } from './model.ts';

export function snmpFeature(keys: KeySpace, state: StateProvider): Feature {
  return {
    name: 'snmp',
    owns: [SNMP, SYSTEM],
    check: (change) => checkSnmp(change, keys),
    plan: ({ before, after }) => {
      const old = readSnmp(keys, before);
      const settings = readSnmp(keys, after);
      return isDeepStrictEqual(old, settings) ? [] : [operation(old, settings)];
    },
    state,
  };
}

/** What a start has to set up. */
export function snmpIntent(keys: KeySpace, running: View): readonly PlannedOperation[] {
  const settings = readSnmp(keys, running);
  return settings.enabled ? [operation(undefined, settings)] : [];
}

function operation(old: SnmpSettings | undefined, settings: SnmpSettings): PlannedOperation {
  return {
    target: 'snmp' satisfies typeof SNMP_TARGET,
    path: SNMP,
    summary: settings.enabled ? 'set the SNMP engine' : 'stop the SNMP engine',
    operation: settings,
    disturbs: () => (old?.enabled ? 'The SNMP engine starts anew: requests are not answered for a moment.' : undefined),
  };
}
