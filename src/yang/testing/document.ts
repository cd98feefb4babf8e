/** For tests: random configuration documents of a schema, mostly valid, with what can be wrong with one strewn in. */
import { escapeText } from '../codec/escape.ts';
import type { Random } from '../data/example/random.ts';
import type { ChoiceNode, DataSchemaNode, LeafListNode, LeafNode, Schema, SchemaNode } from '../schema/node.ts';
import type { NameScope, Type } from '../type/type.ts';

export interface DocumentOptions {
  /** One in so many values, siblings and structures is wrong. */
  readonly wrong: number;
  /** How many of ten optional nodes are there. */
  readonly density: number;
  /** Depth below which lists and presence containers end. */
  readonly depth: number;
}

/** A few, so that references meet and keys collide. */
const WORDS = [
  'a',
  'b',
  'c',
  'ab',
  'x1',
  'eth0',
  'München',
  ' ',
  'a b',
  "it's",
  '10.0.0.1',
  '10.0.0.0/24',
  '2001:db8::1',
];
const MORE = [
  '00:11:22:33:44:55',
  '2026-11-25T00:00:00Z',
  'example.org',
  '1.3.6.1',
  '0',
  '7',
  '-5',
  '',
  'urn:x:y',
  '/',
  '64512:1',
];

const anyScope: NameScope = { moduleOf: (prefix) => (prefix === '' ? undefined : prefix) };

export class DocumentMaker {
  readonly #schema: Schema;
  readonly #random: Random;
  readonly #options: DocumentOptions;
  /** Values that leaves were given, for leafrefs. */
  readonly #values = new Map<DataSchemaNode, string[]>();
  /** Instance paths with prefixes that are module names, for instance-identifiers. */
  readonly #paths: string[] = [];

  constructor(schema: Schema, random: Random, options: DocumentOptions) {
    this.#schema = schema;
    this.#random = random;
    this.#options = options;
  }

  /** The document as XML: some top-level elements of the modules named, one after the other. */
  make(modules: ReadonlySet<string>): string {
    this.#values.clear();
    this.#paths.length = 0;
    const top = this.#schema.children.filter(({ module }) => modules.has(module.name));
    const some = top.filter(() => this.#random.below(3) === 0);
    return this.#children(some.length > 0 ? some : [this.#random.pick(top)], undefined, '', 0);
  }

  #isWrong(): boolean {
    return this.#random.below(this.#options.wrong) === 0;
  }

  #isThere(): boolean {
    return this.#random.below(10) < this.#options.density;
  }

  #children(nodes: readonly SchemaNode[], module: string | undefined, path: string, depth: number): string {
    const keys = nodes.filter((node) => node.kind === 'leaf' && node.isKey);
    const parts = nodes.slice(keys.length).map((node) => this.#node(node, module, path, depth));
    // Siblings in any order, but for keys (RFC 7950 section 7.8.5).
    if (this.#random.below(6) === 0) parts.reverse();
    parts.unshift(...keys.map((node) => this.#node(node, module, path, depth)));
    if (this.#isWrong() && depth > 0 && this.#random.below(4) === 0) parts.push(this.#stray());
    return parts.join('');
  }

  #stray(): string {
    return this.#random.pick(['<stray/>', '<stray xmlns="urn:nowhere"/>', 'text', `<a xmlns="urn:nowhere">1</a>`]);
  }

  #node(node: SchemaNode, module: string | undefined, path: string, depth: number): string {
    switch (node.kind) {
      case 'choice':
        return this.#choice(node, module, path, depth);
      case 'leaf':
      case 'leaf-list':
      case 'container':
      case 'list':
      case 'anydata':
      case 'anyxml':
        return this.#data(node, module, path, depth);
      default:
        return '';
    }
  }

  #choice(choice: ChoiceNode, module: string | undefined, path: string, depth: number): string {
    const isThere = choice.mandatory ? !this.#isWrong() : this.#isThere();
    if (!isThere || choice.cases.length === 0) return '';
    const chosen = [this.#random.pick(choice.cases)];
    if (this.#isWrong()) chosen.push(this.#random.pick(choice.cases));
    return [...new Set(chosen)].map((one) => this.#children(one.children, module, path, depth)).join('');
  }

  #data(node: DataSchemaNode, module: string | undefined, path: string, depth: number): string {
    if (!node.config && !(this.#isWrong() && this.#random.below(8) === 0)) return '';
    const here = `${path}/${node.module.name}:${node.name}`;
    const element = (content: string, attributes = '') => {
      const namespace = node.module.name === module ? '' : ` xmlns="${node.module.namespace}"`;
      return `<${node.name}${namespace}${attributes}>${content}</${node.name}>`;
    };
    switch (node.kind) {
      case 'leaf': {
        const must = node.mandatory || node.isKey;
        // A condition often decides: nodes that have one are rather not there.
        const isThere = must
          ? !this.#isWrong()
          : this.#isThere() && (node.whens.length === 0 || this.#random.below(3) === 0);
        if (!isThere) return '';
        const [text, attributes] = this.#value(node);
        this.#paths.push(here);
        const twice = this.#isWrong() && this.#random.below(4) === 0;
        return element(text, attributes).repeat(twice ? 2 : 1);
      }
      case 'leaf-list': {
        const many = this.#many(node);
        return Array.from({ length: many }, () => element(...this.#value(node))).join('');
      }
      case 'container': {
        if (node.presence && !this.#isThere()) return '';
        if (depth > this.#options.depth) return '';
        const content = this.#children(node.children, node.module.name, here, depth + 1);
        this.#paths.push(here);
        return content === '' && !node.presence ? '' : element(content);
      }
      case 'list': {
        if (depth > this.#options.depth) return '';
        const many = this.#many(node);
        return Array.from({ length: many }, () => {
          const content = this.#children(node.children, node.module.name, here, depth + 1);
          return element(content);
        }).join('');
      }
      case 'anydata':
      case 'anyxml': {
        if (!(node.mandatory ? !this.#isWrong() : this.#isThere())) return '';
        return element(
          this.#random.pick(['', '<x xmlns="urn:nowhere"><y/></x>', '<x xmlns="urn:nowhere" a="1">t</x>']),
        );
      }
    }
  }

  #many({ minElements, maxElements }: { readonly minElements: number; readonly maxElements: number }): number {
    if (this.#isWrong()) return this.#random.below(4);
    const most = Math.min(maxElements, minElements + 2);
    return minElements + this.#random.below(most - minElements + 1);
  }

  /** Escaped text and attributes that it needs. */
  #value(node: LeafNode | LeafListNode): [string, string] {
    const { type } = node;
    const text = this.#lexical(node, type);
    const known = this.#values.get(node) ?? [];
    known.push(text);
    this.#values.set(node, known);
    return [escapeText(text), this.#declarations(text)];
  }

  /** Names in values are module names as prefixes, where they are modules'. */
  #declarations(text: string): string {
    const used = new Set([...text.matchAll(/([A-Za-z_][\w.-]*):(?=[A-Za-z_])/g)].map(([, prefix]) => prefix as string));
    return [...used]
      .flatMap((prefix) => {
        const module = this.#schema.modules.get(prefix);
        return module === undefined ? [] : [` xmlns:${prefix}="${module.namespace}"`];
      })
      .join('');
  }

  #lexical(node: LeafNode | LeafListNode, type: Type): string {
    const { pick, below } = this.#random;
    if (this.#isWrong()) return pick([...WORDS, ...MORE]);
    switch (type.base) {
      case 'boolean':
        return pick(['true', 'false']);
      case 'empty':
        return '';
      case 'enumeration':
        return pick(type.names ?? []).name;
      case 'bits': {
        const set = (type.names ?? []).filter(() => below(2) === 0).map(({ name }) => name);
        if (below(2) === 0) set.reverse();
        return set.join(pick([' ', '  ', '\n']));
      }
      case 'binary': {
        const [range] = type.ranges ?? [[0n, 4n]];
        const length = Math.min(Number(range?.[0] ?? 0n) + below(3), 64);
        const text = Buffer.alloc(length, below(256)).toString('base64');
        return text;
      }
      case 'union':
        return this.#lexical(node, pick(type.members ?? []));
      case 'leafref': {
        const target = type.leafref?.target;
        if (target === undefined) return 'a';
        const known = this.#values.get(target) ?? [];
        return known.length > 0 && below(5) > 0 ? pick(known) : this.#lexical(node, target.type);
      }
      case 'identityref': {
        const fits = [...this.#schema.identities.values()]
          .map((identity) => `${identity.module.name}:${identity.name}`)
          .filter((name) => type.parse(name, anyScope).ok);
        return fits.length === 0 ? 'a' : pick(fits);
      }
      case 'instance-identifier':
        return this.#paths.length > 0 ? pick(this.#paths) : '/a:b';
      case 'string':
        return this.#string(type);
      default:
        return this.#number(type);
    }
  }

  #string(type: Type): string {
    // libyang asks more of paths than a string's restrictions.
    if (/:(?:node-instance-identifier|xpath1\.0)$/.test(type.typedef ?? '')) return '/';
    const fits = [...WORDS, ...MORE].filter((text) => type.parse(text, anyScope).ok);
    if (fits.length > 0) return this.#random.pick(fits);
    const [range] = type.ranges ?? [];
    return 'a'.repeat(Math.min(Number(range?.[0] ?? 1n), 64));
  }

  /** Bounds and their neighbours, in any lexical form. */
  #number(type: Type): string {
    const { pick, below } = this.#random;
    const [low, high] = pick(type.ranges ?? [[0n, 9n]]);
    const value = pick([low, high, low + BigInt(below(4)), high - BigInt(below(2)), this.#isWrong() ? high + 1n : low]);
    const digits = type.fractionDigits;
    if (digits === undefined)
      return pick(['', '', '', '', ' ', '+', '0']) === '+' && value >= 0n ? `+${value}` : `${value}`;
    const sign = value < 0n ? '-' : '';
    const magnitude = (value < 0n ? -value : value).toString().padStart(digits + 1, '0');
    const [whole, fraction] = [magnitude.slice(0, -digits), magnitude.slice(-digits)];
    return `${sign}${whole}.${below(2) === 0 ? fraction : fraction.replace(/0+$/, '') || '0'}`;
  }
}
