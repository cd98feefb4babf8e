/** sluice-bridge-domains as values. */
import type { KeySpace } from '../../datastore/key/key.ts';
import type { Row, RowKey, View } from '../../datastore/view/view.ts';
import type { ContainerNode, LeafNode, ListNode } from '../../yang/schema/node.ts';
import { containerAt, leafAt, leafValue, listAt, numberOf, requiredValue } from '../nodes.ts';

export const BRIDGE_DOMAINS = '/sluice-bridge-domains:bridge-domains';
export const BRIDGE_DOMAIN = `${BRIDGE_DOMAINS}/bridge-domain`;

export interface BridgeDomain {
  readonly name: string;
  readonly learning: boolean;
  /** 0: never. */
  readonly ageingSeconds: number;
  /** 0: only the engine's limit. */
  readonly macLimit: number;
  readonly floodUnknownUnicast: boolean;
  /** Moves of an address in the seconds above which it is reported; 0: they are not watched. */
  readonly macMoveLimit: number;
  readonly macMoveSeconds: number;
  /** 0: it is only reported. */
  readonly macMoveHoldSeconds: number;
}

export interface Member {
  readonly bridgeDomain: string;
  readonly interface: string;
  /** 0: none. */
  readonly splitHorizonGroup: number;
  /** 0: only the bridge domain's limit. */
  readonly macLimit: number;
}

export interface StaticMac {
  readonly bridgeDomain: string;
  readonly mac: string;
  readonly interface: string;
}

export class BridgeDomainModel {
  readonly keys: KeySpace;
  readonly bridgeDomains: ContainerNode;
  readonly bridgeDomain: ListNode;
  readonly member: ListNode;
  readonly memberInterface: LeafNode;
  readonly staticMac: ListNode;
  readonly staticInterface: LeafNode;
  readonly base: RowKey;
  readonly #learning: LeafNode;
  readonly #ageing: LeafNode;
  readonly #macLimit: LeafNode;
  readonly #flood: LeafNode;
  readonly #moves: LeafNode;
  readonly #movePeriod: LeafNode;
  readonly #moveHold: LeafNode;
  readonly #group: LeafNode;
  readonly #memberLimit: LeafNode;

  constructor(keys: KeySpace) {
    const { schema } = keys;
    const at = (path: string): LeafNode => leafAt(schema, `${BRIDGE_DOMAIN}/${path}`);
    this.keys = keys;
    this.bridgeDomains = containerAt(schema, BRIDGE_DOMAINS);
    this.bridgeDomain = listAt(schema, BRIDGE_DOMAIN);
    this.member = listAt(schema, `${BRIDGE_DOMAIN}/member`);
    this.staticMac = listAt(schema, `${BRIDGE_DOMAIN}/static-mac`);
    this.memberInterface = at('member/interface');
    this.staticInterface = at('static-mac/interface');
    this.#learning = at('learning');
    this.#ageing = at('ageing-time');
    this.#macLimit = at('mac-limit');
    this.#flood = at('flood-unknown-unicast');
    this.#moves = at('mac-move/moves');
    this.#movePeriod = at('mac-move/period');
    this.#moveHold = at('mac-move/hold-time');
    this.#group = at('member/split-horizon-group');
    this.#memberLimit = at('member/mac-limit');
    this.base = keys.child('', this.bridgeDomains);
  }

  key(name: string): RowKey {
    return this.keys.child(this.base, this.bridgeDomain, [name]);
  }

  read(view: View, name: string): BridgeDomain | undefined {
    const row = view.get(this.key(name));
    return (
      row && {
        name,
        learning: leafValue(row, this.#learning) === 'true',
        ageingSeconds: numberOf(row, this.#ageing),
        macLimit: numberOf(row, this.#macLimit),
        floodUnknownUnicast: leafValue(row, this.#flood) === 'true',
        macMoveLimit: numberOf(row, this.#moves),
        macMoveSeconds: numberOf(row, this.#movePeriod),
        macMoveHoldSeconds: numberOf(row, this.#moveHold),
      }
    );
  }

  /** The bridge domain that an interface is a member of, by the index. */
  memberOf(view: View, name: string): Member | undefined {
    for (const key of view.rowsWith(this.memberInterface, name)) {
      const row = view.get(key);
      if (row !== undefined) return this.parseMember(key, row);
    }
    return undefined;
  }

  parseMember(key: RowKey, row: Row): Member {
    const [, domain, member] = this.keys.decode(key);
    return {
      bridgeDomain: domain?.keys[0] as string,
      interface: member?.keys[0] as string,
      splitHorizonGroup: numberOf(row, this.#group),
      macLimit: numberOf(row, this.#memberLimit),
    };
  }

  readStaticMac(view: View, key: RowKey): StaticMac | undefined {
    const row = view.get(key);
    if (row === undefined) return undefined;
    const { bridgeDomain, mac } = this.staticMacName(key);
    return { bridgeDomain, mac, interface: requiredValue(row, this.staticInterface) };
  }

  /** The bridge domain and the address in the key of a static entry's row. */
  staticMacName(key: RowKey): { readonly bridgeDomain: string; readonly mac: string } {
    const [, domain, entry] = this.keys.decode(key);
    return { bridgeDomain: domain?.keys[0] as string, mac: entry?.keys[0] as string };
  }
}
