/** ietf-truststore: who refers to a bag plans its change (features/netconf-server). */
import type { Feature } from '../../commit/feature.ts';
import type { KeySpace } from '../../datastore/key/key.ts';
import { checkTruststore } from './check.ts';
import { TRUSTSTORE } from './model.ts';

export function truststoreFeature(keys: KeySpace): Feature {
  return {
    name: 'truststore',
    owns: [TRUSTSTORE],
    check: (change) => checkTruststore(change, keys),
    plan: () => [],
  };
}
