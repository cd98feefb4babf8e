/** The users of ietf-system (RFC 7317). */
import type { KeySpace } from '../../datastore/key/key.ts';
import type { RowKey, View } from '../../datastore/view/view.ts';
import type { ContainerNode, LeafNode, ListNode } from '../../yang/schema/node.ts';
import { containerAt, leafAt, listAt } from '../nodes.ts';

export const SYSTEM = '/ietf-system:system';
export const SYSTEM_STATE = '/ietf-system:system-state';
const USER = `${SYSTEM}/authentication/user`;

export interface AuthorizedKey {
  /** Of the IANA registry of SSH public key algorithms. */
  readonly algorithm: string;
  /** RFC 4253 section 6.6. */
  readonly blob: Buffer;
}

export class SystemModel {
  readonly keys: KeySpace;
  readonly user: ListNode;
  readonly password: LeafNode;
  readonly authorizedKey: ListNode;
  readonly algorithm: LeafNode;
  readonly keyData: LeafNode;
  readonly #base: RowKey;

  constructor(keys: KeySpace) {
    const { schema } = keys;
    const system: ContainerNode = containerAt(schema, SYSTEM);
    this.keys = keys;
    this.user = listAt(schema, USER);
    this.password = leafAt(schema, `${USER}/password`);
    this.authorizedKey = listAt(schema, `${USER}/authorized-key`);
    this.algorithm = leafAt(schema, `${USER}/authorized-key/algorithm`);
    this.keyData = leafAt(schema, `${USER}/authorized-key/key-data`);
    this.#base = keys.child('', system);
  }

  #key(user: string): RowKey | undefined {
    // A name from the wire may hold what no YANG string can.
    return user.includes('\0') ? undefined : this.keys.child(this.#base, this.user, [user]);
  }

  /** The crypt(3) hash of a user's password. */
  passwordOf(view: View, user: string): string | undefined {
    const key = this.#key(user);
    return key === undefined ? undefined : view.get(key)?.leaves.get(this.password);
  }

  *authorizedKeys(view: View, user: string): Generator<AuthorizedKey> {
    const key = this.#key(user);
    if (key === undefined) return;
    for (const { row } of view.entries(key, this.authorizedKey)) {
      const algorithm = row.leaves.get(this.algorithm);
      const data = row.leaves.get(this.keyData);
      if (algorithm !== undefined && data !== undefined) yield { algorithm, blob: Buffer.from(data, 'base64') };
    }
  }
}
