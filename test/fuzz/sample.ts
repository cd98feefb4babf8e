/**
 * Random XML for what a schema describes: valid, nearly valid or hostile. Whatever modules, operations and types the
 * schema has are covered by themselves.
 */
import { NETCONF_NAMESPACE } from '../../src/yang/codec/namespaces.ts';
import type { Random } from '../../src/yang/data/example/random.ts';
import type {
  AnydataNode,
  CaseNode,
  ChoiceNode,
  DataSchemaNode,
  LeafListNode,
  LeafNode,
  ListNode,
  Module,
  Schema,
  SchemaNode,
} from '../../src/yang/schema/node.ts';
import { attributeText, hostileTexts, text } from './text.ts';
import type { Values } from './value.ts';

export interface SampleOptions {
  /** How many of a thousand places are made wrong. */
  readonly hostility: number;
  /** `nc:operation` and `yang:insert` here and there. */
  readonly operations?: boolean;
  /** State nodes, too. */
  readonly state?: boolean;
  /** A subtree filter: nodes to select and nodes to match, containers and lists cut short. */
  readonly filter?: boolean;
}

const operations = ['merge', 'replace', 'create', 'delete', 'remove'];
const inserts = ['first', 'last', 'before', 'after'];
const maxDepth = 12;

export class Samples {
  readonly #random: Random;
  readonly #values: Values;
  /** What stands in an anydata or anyxml, by its node. */
  readonly #anything: (node: AnydataNode, options: SampleOptions) => string;

  constructor(random: Random, values: Values, anything: (node: AnydataNode, options: SampleOptions) => string) {
    this.#random = random;
    this.#values = values;
    this.#anything = anything;
  }

  /** One or a few top-level nodes. */
  top(schema: Schema, options: SampleOptions): string {
    const { below, pick } = this.#random;
    const nodes = schema.children.filter((node) => isWanted(node, options));
    return Array.from({ length: 1 + (below(3) === 0 ? below(3) : 0) }, () =>
      this.#node(pick(nodes), undefined, options, 0),
    ).join('');
  }

  /** Content of a container, list entry or input; `module` is that of the enclosing element. */
  children(nodes: readonly SchemaNode[], module: Module | undefined, options: SampleOptions, depth = 0): string {
    const { below, pick } = this.#random;
    let content = '';
    // Deep and wide trees stay small.
    const likely = Math.max(1, 6 - depth);
    for (const node of nodes) {
      if (!isWanted(node, options)) continue;
      if (!isMandatory(node) && below(10) >= likely) continue;
      content += this.#node(node, module, options, depth);
    }
    if (this.#isWrong(options)) content += this.#wrongContent(nodes, module, options, depth);
    return this.#isWrong(options) ? content + pick(hostileTexts.filter((one) => one !== '')) : content;
  }

  #node(node: SchemaNode, module: Module | undefined, options: SampleOptions, depth: number): string {
    if (depth > maxDepth) return '';
    switch (node.kind) {
      case 'choice': {
        const cases = this.#isWrong(options) ? node.cases : [this.#case(node)];
        // A choice may have lost all of its cases to features and deviations.
        return cases.flatMap((one) => (one === undefined ? [] : this.#node(one, module, options, depth))).join('');
      }
      case 'case': {
        const some = this.children(node.children, module, options, depth);
        const [first] = node.children;
        return some === '' && first !== undefined ? this.#node(first, module, options, depth) : some;
      }
      case 'container':
        return this.#element(node, module, options, this.#inside(node, options, depth));
      case 'list':
        return Array.from({ length: 1 + this.#random.below(3) }, () => this.#entry(node, module, options, depth)).join(
          '',
        );
      case 'leaf':
        return this.#leaf(node, module, options);
      case 'leaf-list':
        return Array.from({ length: 1 + this.#random.below(3) }, () => this.#leaf(node, module, options)).join('');
      case 'anydata':
      case 'anyxml':
        return this.#element(node, module, options, this.#anything(node, options));
      default:
        return ''; // actions and notifications
    }
  }

  /** A configuration in the request says more than a URL of one. */
  #case({ cases }: ChoiceNode): CaseNode {
    const config = cases.find(({ name }) => name === 'config');
    return config !== undefined && this.#random.below(8) > 0 ? config : this.#random.pick(cases);
  }

  #inside(node: Extract<SchemaNode, { kind: 'container' | 'list' }>, options: SampleOptions, depth: number): string {
    if (options.filter && this.#random.below(4) === 0) return '';
    return this.children(node.children, node.module, options, depth + 1);
  }

  #entry(node: ListNode, module: Module | undefined, options: SampleOptions, depth: number): string {
    const { below } = this.#random;
    let keys = node.keys.map((key) => this.#leaf(key, node.module, options));
    if (this.#isWrong(options)) keys = keys.slice(1);
    if (this.#isWrong(options)) keys = [...keys, ...keys];
    if (options.filter && below(3) === 0) keys = [];
    const rest = this.#inside(node, options, depth);
    // RFC 7950 section 7.8.5: keys come first in rpcs; elsewhere any order is allowed.
    const content = below(8) === 0 ? rest + keys.join('') : keys.join('') + rest;
    return this.#element(node, module, options, content, options.operations ? this.#insert(node) : '');
  }

  #leaf(node: LeafNode | LeafListNode, module: Module | undefined, options: SampleOptions): string {
    if (options.filter && this.#random.below(3) === 0) return this.#element(node, module, options, '');
    const { value, declarations } = this.#isWrong(options)
      ? { value: this.#random.pick(hostileTexts), declarations: '' }
      : this.#values.lexical(node);
    const insert = node.kind === 'leaf-list' && options.operations ? this.#insert(node) : '';
    return this.#element(node, module, options, value, declarations + insert);
  }

  #element(
    node: DataSchemaNode,
    module: Module | undefined,
    options: SampleOptions,
    content: string,
    attributes = '',
  ): string {
    const { below, pick } = this.#random;
    let all = attributes;
    if (options.operations && below(12) === 0 && !(node.kind === 'leaf' && node.isKey)) {
      all += ` nc:operation="${this.#isWrong(options) ? text(pick(hostileTexts)) : pick(operations)}"`;
    }
    if (this.#isWrong(options)) all += pick([' x="y"', ' nc:x="y"', ' yang:insert="first"', ' nc:operation="delete"']);
    let { name } = node;
    let namespace = node.module.namespace;
    if (this.#isWrong(options)) namespace = pick(['', 'urn:nowhere', NETCONF_NAMESPACE]);
    if (this.#isWrong(options)) name = pick(['x', `${name}x`, 'constructor', '__proto__', 'config', 'data']);
    if (below(20) === 0 && namespace !== '')
      return `<q:${name} xmlns:q="${namespace}"${withDefault(all, node, content)}>${content}</q:${name}>`;
    const declared = node.module === module && namespace === module.namespace ? '' : ` xmlns="${namespace}"`;
    return content === '' && below(2)
      ? `<${name}${declared}${all}/>`
      : `<${name}${declared}${all}>${content}</${name}>`;
  }

  #insert(node: ListNode | LeafListNode): string {
    const { below, pick } = this.#random;
    if (!node.orderedByUser || below(3) > 0) return '';
    const where = pick(inserts);
    let attribute = ` yang:insert="${where}"`;
    if ((where === 'before' || where === 'after') !== (below(10) === 0)) {
      if (node.kind === 'leaf-list') attribute += ` yang:value="${attributeText(this.#values.lexical(node).value)}"`;
      else {
        const keys = node.keys.map((key) => `[m:${key.name}='${attributeText(this.#values.lexical(key).value)}']`);
        attribute += ` yang:key="${keys.join('')}" xmlns:m="${node.module.namespace}"`;
      }
    }
    return attribute;
  }

  /** Something twice, something of elsewhere, state among configuration, markup that is no element. */
  #wrongContent(
    nodes: readonly SchemaNode[],
    module: Module | undefined,
    options: SampleOptions,
    depth: number,
  ): string {
    const { pick } = this.#random;
    const some = nodes.length > 0 ? this.#node(pick(nodes), module, { ...options, state: true }, depth + 1) : '';
    return pick([
      some,
      some + some,
      '<x/>',
      '<x xmlns=""><y/></x>',
      '<!-- -->',
      '<?x y?>',
      '<![CDATA[<x/>]]>',
      '<y xmlns="urn:nowhere">1</y>',
      `${'<z>'.repeat(200)}${'</z>'.repeat(200)}`,
    ]);
  }

  #isWrong({ hostility }: SampleOptions): boolean {
    return hostility > 0 && this.#random.below(1000) < hostility;
  }
}

/** An element with a prefix hands no default namespace down: its content needs one of its own. */
function withDefault(attributes: string, node: DataSchemaNode, content: string): string {
  return content.includes('<') ? `${attributes} xmlns="${node.module.namespace}"` : attributes;
}

function isWanted(node: SchemaNode, options: SampleOptions): boolean {
  return node.config || options.state === true;
}

/** RFC 7950 section 3, "mandatory node"; containers count by what is in them. */
function isMandatory(node: SchemaNode): boolean {
  switch (node.kind) {
    case 'leaf':
      return node.mandatory && !node.isKey;
    case 'choice':
    case 'anydata':
    case 'anyxml':
      return node.mandatory;
    case 'list':
    case 'leaf-list':
      return node.minElements > 0;
    case 'container':
      return !node.presence && node.children.some(isMandatory);
    default:
      return false;
  }
}
