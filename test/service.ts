/** Sub-interfaces with any tags, and what tests read of the router's state. */
import type { NetconfClient } from '../src/northbound/netconf/client.ts';
import { namespace } from './configuration.ts';

/** `s100 c10` as elements of the grouping `tags`. */
function tagElements(tags: string): string {
  const [outer, inner] = tags.split(' ');
  if (outer === undefined) throw new Error('no tag');
  const type = outer.startsWith('s') ? '<outer-tag-type>s-vlan</outer-tag-type>' : '';
  const second = inner === undefined ? '' : `<inner-vlan-id>${inner.slice(1)}</inner-vlan-id>`;
  return `${type}<outer-vlan-id>${outer.slice(1)}</outer-vlan-id>${second}`;
}

export interface Service {
  readonly name: string;
  readonly parent: string;
  /** Its encapsulation, as `s100 c10`. */
  readonly tags: string;
  /** The rewrite: `none`, `pop`, `push s100`, `translate c20 c30`; by default the model's. */
  readonly rewrite?: string;
  readonly enabled?: boolean;
}

/** A sub-interface as NETCONF clients write it. */
export function service({ name, parent, tags, rewrite, enabled }: Service): string {
  const [action, ...written] = rewrite?.split(' ') ?? [];
  const tagsWritten = written.length === 0 ? '' : `<tags>${tagElements(written.join(' '))}</tags>`;
  const rewriteElement =
    action === undefined
      ? ''
      : `<vlan-rewrite xmlns="${namespace.ports}"><action>${action}</action>${tagsWritten}</vlan-rewrite>`;
  const enabledElement = enabled === undefined ? '' : `<enabled>${enabled}</enabled>`;
  return `<interface><name>${name}</name><type xmlns:t="${namespace.interfaceTypes}">t:l2vlan</type>${enabledElement}<parent-interface xmlns="${namespace.ports}">${parent}</parent-interface><encapsulation xmlns="${namespace.ports}">${tagElements(tags)}</encapsulation>${rewriteElement}</interface>`;
}

/** State of one interface. */
export class InterfaceReading {
  readonly #xml: string;

  constructor(xml: string) {
    this.#xml = xml;
  }

  static async of(client: NetconfClient, name: string): Promise<InterfaceReading> {
    const filter = `<interfaces xmlns="${namespace.interfaces}"><interface><name>${name}</name></interface></interfaces>`;
    return new InterfaceReading(await client.rpc(`<get><filter>${filter}</filter></get>`));
  }

  get operStatus(): string | undefined {
    return /<oper-status>([^<]*)</.exec(this.#xml)?.[1];
  }

  counter(name: string): number {
    return Number(new RegExp(`<${name}>(\\d+)</${name}>`).exec(this.#xml)?.[1] ?? 0);
  }

  /** Frames dropped for the reason. */
  drops(reason: string): number {
    return this.allDrops()[reason] ?? 0;
  }

  allDrops(): Record<string, number> {
    const found: Record<string, number> = {};
    for (const [, reason, packets] of this.#xml.matchAll(/<reason>([^<]*)<\/reason>\s*<packets>(\d+)</g)) {
      found[reason ?? ''] = Number(packets);
    }
    return found;
  }
}
