/** Random rpcs: every rpc and action that the schema has, with random input; the usual ones more often. */
import { NETCONF_NAMESPACE } from '../../src/yang/codec/namespaces.ts';
import type { Random } from '../../src/yang/data/example/random.ts';
import type { AnydataNode, DataSchemaNode, RpcNode, Schema, SchemaNode } from '../../src/yang/schema/node.ts';
import { RandomExpressions } from '../../src/yang/xpath/testing/random-expression.ts';
import { type SampleOptions, Samples } from './sample.ts';
import { attributeText, hostileTexts } from './text.ts';
import { Values, type ValueWords, valueWords } from './value.ts';

/** Asked for so many times as often as another rpc. */
const weights: Readonly<Record<string, number>> = {
  'ietf-netconf:edit-config': 14,
  'ietf-netconf:get': 5,
  'ietf-netconf:get-config': 5,
  'ietf-netconf:commit': 4,
  'ietf-netconf-nmda:edit-data': 6,
  'ietf-netconf-nmda:get-data': 5,
  // These end the session: what follows is not asked any more.
  'ietf-netconf:close-session': 0.2,
  'ietf-netconf:kill-session': 0.2,
};

/** Names of own rpcs that would end the server or the machine, should there ever be some. */
const excluded = /:(system-restart|system-shutdown|factory-reset)$/;

/** What does not change from case to case: the words and the operations of a schema. */
export class Vocabulary {
  readonly schema: Schema;
  readonly names: readonly string[];
  readonly weighted: readonly (readonly [rpc: RpcNode, weight: number])[];
  readonly total: number;
  readonly actions: readonly RpcNode[];
  readonly values: ValueWords;

  constructor(schema: Schema) {
    this.schema = schema;
    const names = schema.nodes.map(({ name, module }, index) => (index % 2 ? name : `${module.name}:${name}`));
    this.names = ['*', 'node()', 'text()', 'zz:a', 'ietf-interfaces:*', ...names];
    this.weighted = [...schema.rpcs]
      .filter(([name]) => !excluded.test(name))
      .map(([name, rpc]) => [rpc, weights[name] ?? 1] as const);
    this.total = this.weighted.reduce((sum, [, weight]) => sum + weight, 0);
    this.actions = [...schema.dataChildren.values()].flatMap(actionsBelow);
    this.values = valueWords(schema);
  }
}

const literals = ['"a"', "'b'", '1', '.5', '-3', '"a.10"', 'true()', 'position()', 'last()', 'current()', '$v', '""'];

export class Operations {
  readonly #random: Random;
  readonly #vocabulary: Vocabulary;
  readonly #schema: Schema;
  readonly #samples: Samples;
  readonly #expressions: RandomExpressions;

  constructor(random: Random, vocabulary: Vocabulary) {
    this.#random = random;
    this.#vocabulary = vocabulary;
    this.#schema = vocabulary.schema;
    this.#expressions = new RandomExpressions(random, { names: vocabulary.names, literals });
    const values = new Values(random, vocabulary.values, this.#expressions);
    this.#samples = new Samples(random, values, (node, options) => this.#anything(node, options));
  }

  /** The content of an `<rpc>`. */
  next(hostility: number): string {
    const { actions } = this.#vocabulary;
    if (actions.length > 0 && this.#random.below(20) === 0) return this.#action(hostility);
    const rpc = this.#rpc();
    const { input, module, name } = rpc;
    const options: SampleOptions = { hostility, state: true };
    const content = this.#samples.children(input.children, module, options);
    const shown = this.#random.below(1000) < hostility ? `${name}x` : name;
    return `<${shown} xmlns="${module.namespace}">${content}</${shown}>`;
  }

  #rpc(): RpcNode {
    let at = (this.#random.below(1_000_000) / 1_000_000) * this.#vocabulary.total;
    for (const [rpc, weight] of this.#vocabulary.weighted) {
      at -= weight;
      if (at < 0) return rpc;
    }
    throw new Error('no rpc');
  }

  #action(hostility: number): string {
    const action = this.#random.pick(this.#vocabulary.actions);
    const options: SampleOptions = { hostility, state: true };
    let content = this.#samples.children(action.input.children, action.module, options);
    content = `<${action.name} xmlns="${action.module.namespace}">${content}</${action.name}>`;
    for (let node = action.parent; node !== undefined; node = node.parent) {
      if (node.kind !== 'container' && node.kind !== 'list') continue;
      const keys =
        node.kind === 'list' ? this.#samples.children(node.keys, node.module, { ...options, state: true }) : '';
      content = `<${node.name} xmlns="${node.module.namespace}">${keys}${content}</${node.name}>`;
    }
    return `<action xmlns="urn:ietf:params:xml:ns:yang:1">${content}</action>`;
  }

  /** anydata and anyxml by their names: a filter, a configuration, or anything. */
  #anything(node: AnydataNode, { hostility }: SampleOptions): string {
    if (/filter/.test(node.name)) return this.#samples.top(this.#schema, { hostility, state: true, filter: true });
    return this.#samples.top(this.#schema, { hostility, operations: true });
  }

  /** `type="xpath" select="…"` for a filter: attributes that no schema describes (RFC 6241 section 8.9). */
  xpathFilter(): string {
    const { below, pick } = this.#random;
    const expression = below(3) > 0 ? this.#knownPath() : this.#expressions.expression(4);
    const select = below(5) === 0 ? this.#expressions.damage(expression) : expression;
    const declared = [...this.#schema.modules.values()].filter(({ name }) => select.includes(`${name}:`));
    const prefixes = declared.map(({ name, namespace }) => ` xmlns:${name}="${namespace}"`).join('');
    const kept = attributeText([...select].filter(isXmlCharacter).join(''));
    const value = below(30) === 0 ? attributeText(pick(hostileTexts)) : kept;
    return `<filter xmlns="${NETCONF_NAMESPACE}" type="xpath" select="${value}"${prefixes}/>`;
  }

  /** A path of the schema with a predicate here and there. */
  #knownPath(): string {
    const { below, pick } = this.#random;
    const path = pick(this.#schema.nodes).path;
    return path.replaceAll(/\/[^/]+/g, (step) => {
      if (below(4) > 0) return step;
      return `${step}[${below(3) === 0 ? `.='a' or *='b'` : this.#expressions.expression(1)}]`;
    });
  }
}

function actionsBelow(node: SchemaNode | DataSchemaNode): RpcNode[] {
  if (node.kind === 'action') return [node];
  if (node.kind === 'choice') return node.cases.flatMap(actionsBelow);
  if (node.kind !== 'container' && node.kind !== 'list' && node.kind !== 'case') return [];
  return node.children.flatMap(actionsBelow);
}

/** XML 1.0 section 2.2, without the characters that a reader would normalise. */
function isXmlCharacter(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  return code === 9 || (code >= 0x20 && code !== 0xfffe && code !== 0xffff && !(code >= 0xd800 && code < 0xe000));
}
