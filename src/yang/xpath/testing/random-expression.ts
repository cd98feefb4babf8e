/** Random XPath: mostly well-formed, rarely meaningful. Shared by the fuzzers of XPath and of NETCONF. */
import type { Random } from '../../data/example/random.ts';
import { signatures } from '../functions.ts';

const axes = [
  '',
  '',
  '',
  '..',
  '.',
  '@',
  'ancestor::',
  'following::',
  'preceding::',
  'descendant-or-self::',
  'self::',
  'up::',
];
const operators = ['=', '!=', '<', '>=', '+', '-', '*', ' div ', ' mod ', ' and ', ' or ', '|', ' x '];
const functions = [...signatures.keys()];

/** What expressions are made of, besides axes, operators and functions. */
export interface Words {
  /** Node tests. */
  readonly names: readonly string[];
  readonly literals: readonly string[];
}

export class RandomExpressions {
  readonly #random: Random;
  readonly #words: Words;

  constructor(random: Random, words: Words) {
    this.#random = random;
    this.#words = words;
  }

  path(depth: number): string {
    const { below, pick } = this.#random;
    let text = pick(['', '/', '//', '']);
    for (let steps = 1 + below(3); steps > 0; steps--) {
      text += pick(axes) + pick(this.#words.names);
      if (depth > 0 && below(3) === 0) text += `[${this.expression(depth - 1)}]`;
      if (steps > 1) text += pick(['/', '/', '//']);
    }
    return text;
  }

  expression(depth: number): string {
    const { below, pick } = this.#random;
    switch (depth === 0 ? below(2) : below(6)) {
      case 0:
        return pick(this.#words.literals);
      case 1:
        return this.path(depth);
      case 2:
        return `(${this.expression(depth - 1)})`;
      case 3:
        return `${pick(functions)}(${Array.from({ length: below(4) }, () => this.expression(depth - 1)).join(',')})`;
      default:
        return this.expression(depth - 1) + pick(operators) + this.expression(depth - 1);
    }
  }

  /** With one character changed. */
  damage(text: string): string {
    const { below } = this.#random;
    const at = below(text.length + 1);
    return text.slice(0, at) + String.fromCharCode(below(128)) + text.slice(at + below(3));
  }
}
