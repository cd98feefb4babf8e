/** ietf-keystore: who refers to a key plans its change (features/netconf-server). */
import type { Feature } from '../../commit/feature.ts';
import type { KeySpace } from '../../datastore/key/key.ts';
import { checkKeystore } from './check.ts';
import type { HiddenKeys } from './key-pair.ts';
import { KEYSTORE } from './model.ts';
import { KeystoreState } from './state.ts';

export function keystoreFeature(keys: KeySpace, hidden: HiddenKeys): Feature {
  return {
    name: 'keystore',
    owns: [KEYSTORE],
    check: (change) => checkKeystore(change, keys, hidden),
    plan: () => [],
    state: new KeystoreState(keys, hidden),
  };
}
