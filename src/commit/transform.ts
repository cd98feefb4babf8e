/** Values that are not stored as they are given. Run on what an edit changed, before anything else sees it. */
import type { Overlay } from '../datastore/view/overlay.ts';
import type { RowChange, RowNode } from '../datastore/view/view.ts';
import type { Fault } from '../yang/fault.ts';
import { FaultError } from '../yang/fault.ts';
import type { LeafNode } from '../yang/schema/node.ts';
import { hashPassword, MAX_PASSWORD_BYTES } from './crypt/sha-crypt.ts';

export interface Transform {
  /** Decided once a leaf. */
  applies(leaf: LeafNode): boolean;
  /** What to store; undefined: the value as it is. Throws a Fault's worth of message as a Refusal. */
  value(given: string): Promise<string | undefined>;
}

/** A value that a transform does not take. */
export class Refusal extends Error {}

/** Clear-text passwords, `$0$…`, are stored as salted SHA-512 hashes (RFC 7317 section 4, iana-crypt-hash). */
export const cryptHash: Transform = {
  applies: (leaf) => leaf.type.typedef === 'iana-crypt-hash:crypt-hash',
  async value(given) {
    if (given.startsWith('$1$'))
      throw new Refusal('MD5 hashes need the feature crypt-hash-md5, which is not supported');
    if (!given.startsWith('$0$')) return undefined;
    const password = given.slice(3);
    if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) {
      throw new Refusal(`the password is longer than ${MAX_PASSWORD_BYTES} bytes`);
    }
    return hashPassword(password);
  },
};

/**
 * Applies the transforms to the rows that differ, and says whether that changed any; throws a FaultError with all
 * refusals.
 */
export async function transformRows(
  overlay: Overlay,
  changes: readonly RowChange[],
  transforms: readonly Transform[],
): Promise<boolean> {
  const { keys } = overlay;
  const faults: Fault[] = [];
  let isChanged = false;
  const known = new Map<LeafNode, readonly Transform[]>();
  const concerned = new Map<RowNode | undefined, boolean>();
  for (const { key, node, before, after } of changes) {
    // Of most rows no leaf is.
    let isConcerned = concerned.get(node);
    if (isConcerned === undefined) {
      const { columns } = keys.shape.of(node);
      isConcerned = columns.some((leaf) => leaf.kind === 'leaf' && transforms.some((one) => one.applies(leaf)));
      concerned.set(node, isConcerned);
    }
    if (!isConcerned) continue;
    let changed: Map<LeafNode, string> | undefined;
    for (const [column, given] of after?.leaves ?? []) {
      if (column.kind !== 'leaf' || before?.leaves.get(column) === given) continue;
      let applicable = known.get(column);
      if (!applicable) {
        applicable = transforms.filter((transform) => transform.applies(column));
        known.set(column, applicable);
      }
      for (const transform of applicable) {
        try {
          const value = await transform.value(given);
          if (value === undefined) continue;
          changed ??= new Map();
          changed.set(column, value);
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
          const path = keys.path(key, column);
          faults.push({ type: 'application', tag: 'invalid-value', path, message: error.message });
        }
      }
    }
    if (!changed || !after) continue;
    isChanged = true;
    overlay.put(key, node, { ...after, leaves: new Map([...after.leaves, ...changed]) });
  }
  if (faults.length > 0) throw new FaultError(...faults);
  return isChanged;
}
