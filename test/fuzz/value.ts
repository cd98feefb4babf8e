/** Random values for a type, in XML's form. Few of each kind, so that references meet and keys repeat. */
import type { Random } from '../../src/yang/data/example/random.ts';
import type { Identity, LeafListNode, LeafNode, Schema } from '../../src/yang/schema/node.ts';
import type { NameScope, Type } from '../../src/yang/type/type.ts';
import type { RandomExpressions } from '../../src/yang/xpath/testing/random-expression.ts';
import { text } from './text.ts';

export interface Lexical {
  /** Content of the element. */
  readonly value: string;
  /** Namespace declarations that the value needs, as attributes. */
  readonly declarations: string;
}

/** Strings that some pattern or other accepts. */
const strings = [
  'a',
  'b',
  'c',
  'a.10',
  'b.20',
  'eth0',
  'guest',
  'p1',
  '',
  '*',
  '0',
  '1',
  '10',
  '4094',
  '192.0.2.1',
  '192.0.2.0/24',
  '2001:db8::1',
  '2001:db8::/32',
  'example.com',
  '00:53:00:00:00:01',
  '00-53-00-00-00-01',
  '2026-11-25',
  '2026-11-25T10:00:00Z',
  '2026-11-25T10:00:00.5+01:00',
  'urn:x',
  'file:///a.xml',
  'https://127.0.0.1:1/x',
  'ssh-ed25519',
  '$0$secret',
  '$6$abcdefgh$9ylFHWEYrqUIU3mYVJeyGnjzHyHZ9Zm8v1Gs2Ya/0xW6xJ/vLpeX1nZ8LXCZ7Y9GZcCq9f2T6pB1u9XvJx4bS0',
  'read',
  'NETCONF',
  'running',
  'ietf-interfaces',
  'create read',
  '1.3.6.1',
  '7fffffff-0000-4000-8000-000000000000',
  'ä\u{1f600}',
];

const anyScope: NameScope = { moduleOf: () => undefined };

/** What a schema has to offer for values. */
export interface ValueWords {
  readonly schema: Schema;
  /** Of configuration. */
  readonly paths: readonly string[];
  readonly identities: Map<string, readonly Identity[]>;
}

export function valueWords(schema: Schema): ValueWords {
  const paths = schema.nodes.filter(({ config }) => config).map(({ path }) => path);
  return { schema, paths, identities: new Map() };
}

export class Values {
  readonly #random: Random;
  readonly #words: ValueWords;
  readonly #expressions: RandomExpressions;

  constructor(random: Random, words: ValueWords, expressions: RandomExpressions) {
    this.#random = random;
    this.#words = words;
    this.#expressions = expressions;
  }

  lexical(node: LeafNode | LeafListNode): Lexical {
    const { below, pick } = this.#random;
    switch (below(10) === 0 ? '' : node.path) {
      case '/ietf-netconf-nmda:edit-data/input/datastore': {
        const declarations = ' xmlns:i="urn:ietf:params:xml:ns:yang:ietf-datastores"';
        return { value: pick(['i:running', 'i:candidate']), declarations };
      }
      case '/ietf-netconf:edit-config/input/edit-content/url/url':
      case '/ietf-netconf:edit-config/input/url':
        return plain('file:///a.xml');
      case '/ietf-netconf:kill-session/input/session-id':
        return plain(pick(['0', '4000000', '4294967295']));
    }
    if (node.path === '/ietf-netconf:kill-session/input/session-id') return plain('0'); // never that of who watches
    return this.#ofType(node.type);
  }

  #ofType(type: Type): Lexical {
    const { below, pick } = this.#random;
    if (type.typedef?.endsWith(':xpath1.0')) return plain(text(this.#expressions.expression(3)));
    switch (type.base) {
      case 'boolean':
        return plain(pick(['true', 'false']));
      case 'empty':
        return plain('');
      case 'enumeration':
        return plain(pick(type.names ?? []).name);
      case 'bits':
        return plain(
          (type.names ?? [])
            .filter(() => below(3) === 0)
            .map(({ name }) => name)
            .join(' '),
        );
      case 'union':
        return this.#ofType(pick(type.members ?? []));
      case 'leafref':
        return type.leafref === undefined ? plain('a') : this.#ofType(type.leafref.target.type);
      case 'identityref':
        return this.#identity(type.identityBases ?? []);
      case 'instance-identifier':
        return this.#instance();
      case 'binary':
        return plain(Buffer.from(pick(strings)).toString('base64'));
      case 'string':
        return plain(text(this.#string(type)));
      default:
        return plain(this.#number(type));
    }
  }

  #number(type: Type): string {
    const { below, pick } = this.#random;
    const [low, high] = pick(type.ranges ?? [[0n, 100n]]);
    const near = [low, high, low + 1n, (low + high) / 2n, low + BigInt(below(20))];
    // Small numbers meet more often than those at the ends.
    const chosen = below(3) === 0 ? pick(near) : low + BigInt(below(5));
    const value = chosen > high ? high : chosen;
    const digits = type.fractionDigits ?? 0;
    if (digits === 0) return String(value);
    const shifted = String(value < 0n ? -value : value).padStart(digits + 1, '0');
    return `${value < 0n ? '-' : ''}${shifted.slice(0, -digits)}.${shifted.slice(-digits)}`;
  }

  #string(type: Type): string {
    const { below, pick } = this.#random;
    const start = below(4) === 0 ? below(strings.length) : below(3);
    for (let tried = 0; tried < strings.length; tried++) {
      const value = strings[(start + tried) % strings.length] ?? '';
      if (type.parse(value, anyScope).ok) return value;
    }
    return pick(strings);
  }

  #identity(bases: readonly Identity[]): Lexical {
    const fit = this.#derived(bases);
    if (fit.length === 0) return plain('a');
    // Few of many, or hardly two interfaces would be of one type.
    const { name, module } = this.#random.pick(this.#random.below(3) > 0 ? fit.filter(isCommon(fit)) : fit);
    return { value: `i:${name}`, declarations: ` xmlns:i="${module.namespace}"` };
  }

  #derived(bases: readonly Identity[]): readonly Identity[] {
    const names = bases.map(({ module, name }) => `${module.name}:${name}`);
    const { schema, identities } = this.#words;
    let fit = identities.get(names.join());
    if (fit === undefined) {
      fit = [...schema.identities]
        .filter(([, { module }]) => module.implemented)
        .filter(([name]) => names.every((base) => name !== base && schema.derivedFromOrSelf(name, base)))
        .map(([, identity]) => identity);
      identities.set(names.join(), fit);
    }
    return fit;
  }

  #instance(): Lexical {
    const path = this.#random.pick(this.#words.paths);
    const modules = new Set([...path.matchAll(/\/([\w.-]+):/g)].map(([, module]) => module ?? ''));
    let last = '';
    const value = path.replaceAll(/\/(?:([\w.-]+):)?([\w.-]+)/g, (_, module: string | undefined, name: string) => {
      last = module ?? last;
      return `/${last}:${name}`;
    });
    const declarations = [...modules].map(
      (name) => ` xmlns:${name}="${this.#words.schema.modules.get(name)?.namespace}"`,
    );
    return { value, declarations: declarations.join('') };
  }
}

const common = new Set(['ethernetCsmacd', 'l2vlan']);

function isCommon(all: readonly Identity[]): (identity: Identity) => boolean {
  const hasCommon = all.some(({ name }) => common.has(name));
  return ({ name }) => !hasCommon || common.has(name);
}

function plain(value: string): Lexical {
  return { value, declarations: '' };
}
