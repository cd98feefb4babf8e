/** What YANG does not say of rules: a path is a node-instance-identifier (RFC 8341 section 4), which is less than XPath. */
import type { KeySpace } from '../../datastore/key/key.ts';
import type { Change } from '../../datastore/view/view.ts';
import type { Fault } from '../../yang/fault.ts';
import { leafAt } from '../nodes.ts';
import { NACM } from './model.ts';
import { isRulePath } from './path.ts';

const RULE = `${NACM}/rule-list/rule`;

/** A path that can match nothing would leave open, in silence, what its rule was to close. */
export function checkRules(change: Change, keys: KeySpace): readonly Fault[] {
  const path = leafAt(keys.schema, `${RULE}/path`);
  const faults: Fault[] = [];
  for (const { key, node, after } of change.rows) {
    const text = node?.path === RULE ? after?.leaves.get(path) : undefined;
    if (text === undefined || isRulePath(text)) continue;
    faults.push({
      type: 'application',
      tag: 'invalid-value',
      path: keys.path(key, path),
      message: 'A rule is about a path from the root, whose predicates compare keys with a literal or with $USER.',
    });
  }
  return faults;
}
