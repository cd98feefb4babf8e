/** What YANG does not say of users: hashes and keys that no login could use. */
import type { Change } from '../../datastore/view/view.ts';
import type { Fault } from '../../yang/fault.ts';
import type { LeafNode } from '../../yang/schema/node.ts';
import type { SystemModel } from './model.ts';
import { isOfAlgorithm, supportedAlgorithms } from './public-key.ts';

/** A second or two of work; a hash with more would be a way to keep the router busy with every login. */
const MAX_ROUNDS = 1_000_000;

export function checkSystem(change: Change, model: SystemModel): readonly Fault[] {
  const faults: Fault[] = [];
  for (const { node, key, after } of change.rows) {
    if (after === undefined) continue;
    const refuse = (leaf: LeafNode, message: string): void => {
      faults.push({ type: 'application', tag: 'invalid-value', path: model.keys.path(key, leaf), message });
    };
    if (node === model.user) {
      const hash = after.leaves.get(model.password);
      if (hash?.startsWith('$1$'))
        refuse(model.password, 'MD5 hashes are not supported; SHA-256 ($5$) and SHA-512 ($6$) are.');
      const rounds = /^\$[56]\$rounds=(\d+)\$/.exec(hash ?? '')?.[1];
      if (Number(rounds ?? 0) > MAX_ROUNDS) refuse(model.password, `At most ${MAX_ROUNDS} rounds are supported.`);
    } else if (node === model.authorizedKey) {
      const algorithm = after.leaves.get(model.algorithm) ?? '';
      if (!supportedAlgorithms.includes(algorithm)) {
        refuse(model.algorithm, `The key algorithms supported are ${supportedAlgorithms.join(', ')}.`);
      } else if (!isOfAlgorithm(Buffer.from(after.leaves.get(model.keyData) ?? '', 'base64'), algorithm)) {
        refuse(model.keyData, `This is no public key of ${algorithm} in the form of RFC 4253 section 6.6.`);
      }
    }
  }
  return faults;
}
