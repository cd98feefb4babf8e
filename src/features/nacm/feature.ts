/** ietf-netconf-acm (RFC 8341): a change of the rules makes the access control read them anew. */
import type { Feature } from '../../commit/feature.ts';
import type { KeySpace } from '../../datastore/key/key.ts';
import type { NacmAccessControl } from './access.ts';
import { checkRules } from './check.ts';
import { NACM } from './model.ts';
import { NacmState } from './state.ts';

/** The platform's action that calls `NacmAccessControl.invalidate`. */
export const RELOAD_ACCESS_RULES = 'reload-access-rules';

export function nacmFeature(keys: KeySpace, access: NacmAccessControl): Feature {
  return {
    name: 'nacm',
    owns: [NACM],
    check: (change) => checkRules(change, keys),
    plan: (change) => {
      const row = change.rows.find(({ node }) => node !== undefined && `${node.path}/`.startsWith(`${NACM}/`));
      if (row === undefined) return [];
      const summary = 'put the access control rules in force';
      return [{ target: 'platform', path: NACM, summary, operation: RELOAD_ACCESS_RULES }];
    },
    state: new NacmState(keys, access.denials),
  };
}
