/**
 * Matching in time proportional to the value: the pattern becomes a nondeterministic automaton, and of its
 * deterministic one those states are built that values reach. No value, however hostile, can make it backtrack,
 * because it never does.
 *
 *   state ──'a'──► state        one array of 128 per state for ASCII,
 *     └──'ü'──► state           a small map for the rest
 */
import type { Regex } from './parse.ts';

/** Patterns with larger automata (huge counted repetitions) are left to RegExp by pattern.ts. */
export const MAX_POSITIONS = 20_000;
/** Deterministic states kept; beyond, all are dropped and built anew as needed. */
const MAX_STATES = 2_000;
const MAX_OTHER = 256;

/** What a nondeterministic position consumes. */
type Test = number | CharacterClass;

class CharacterClass {
  private readonly regex: RegExp;
  constructor(source: string) {
    this.regex = new RegExp(`^${source}$`, 'v');
  }
  has(code: number): boolean {
    return this.regex.test(String.fromCodePoint(code));
  }
}

interface State {
  /** Positions that consume a character, in ascending order. */
  readonly positions: readonly number[];
  readonly accepts: boolean;
  readonly ascii: (State | undefined)[];
  readonly other: Map<number, State>;
}

/** Undefined from `of` where the automaton would be too large. */
export class Automaton {
  /** Of each position: its test, or undefined where it is passed without consuming. */
  private readonly tests: (Test | undefined)[] = [];
  /** Positions that follow. */
  private readonly nexts: number[][] = [];
  private readonly classes = new Map<string, CharacterClass>();
  private readonly states = new Map<string, State>();
  private start: State | undefined;
  private readonly first: number;

  static of(regex: Regex): Automaton | undefined {
    return size(regex) > MAX_POSITIONS ? undefined : new Automaton(regex);
  }

  private constructor(regex: Regex) {
    // Position 0 is the end of the value.
    this.add(undefined, []);
    this.first = this.build(regex, 0);
  }

  matches(value: string): boolean {
    this.start ??= this.stateOf([this.first]);
    let state = this.start;
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      if (unit < 128) {
        state = state.ascii[unit] ??= this.step(state, unit);
      } else {
        const code = value.codePointAt(i) as number;
        if (code > 0xffff) i++;
        state = this.other(state, code);
      }
      if (state.positions.length === 0 && !state.accepts) return false;
    }
    return state.accepts;
  }

  private other(state: State, code: number): State {
    let next = state.other.get(code);
    if (next === undefined) {
      next = this.step(state, code);
      if (state.other.size >= MAX_OTHER) state.other.clear();
      state.other.set(code, next);
    }
    return next;
  }

  private step(state: State, code: number): State {
    const reached: number[] = [];
    for (const position of state.positions) {
      const test = this.tests[position] as Test;
      if (typeof test === 'number' ? test === code : test.has(code))
        reached.push(...(this.nexts[position] as number[]));
    }
    return this.stateOf(reached);
  }

  private stateOf(from: readonly number[]): State {
    const seen = new Set<number>();
    const stack = [...from];
    const positions: number[] = [];
    for (let position = stack.pop(); position !== undefined; position = stack.pop()) {
      if (seen.has(position)) continue;
      seen.add(position);
      if (this.tests[position] === undefined) stack.push(...(this.nexts[position] as number[]));
      else positions.push(position);
    }
    positions.sort((a, b) => a - b);
    const key = `${seen.has(0) ? '+' : ''}${positions.join()}`;
    const known = this.states.get(key);
    if (known) return known;
    if (this.states.size >= MAX_STATES) {
      this.states.clear();
      this.start = undefined;
    }
    const state: State = { positions, accepts: seen.has(0), ascii: new Array(128).fill(undefined), other: new Map() };
    this.states.set(key, state);
    return state;
  }

  private add(test: Test | undefined, next: number[]): number {
    this.tests.push(test);
    this.nexts.push(next);
    return this.tests.length - 1;
  }

  /** Builds the positions of `regex` before `next`; returns where to enter. */
  private build(regex: Regex, next: number): number {
    switch (regex.kind) {
      case 'character':
        return this.add(regex.code, [next]);
      case 'class': {
        let test = this.classes.get(regex.source);
        if (!test) {
          test = new CharacterClass(regex.source);
          this.classes.set(regex.source, test);
        }
        return this.add(test, [next]);
      }
      case 'sequence':
        return regex.items.reduceRight((after, item) => this.build(item, after), next);
      case 'choice':
        return this.add(
          undefined,
          regex.options.map((option) => this.build(option, next)),
        );
      case 'repeat': {
        let entry = next;
        if (regex.max === Number.POSITIVE_INFINITY) {
          entry = this.add(undefined, [next]);
          (this.nexts[entry] as number[]).push(this.build(regex.item, entry));
        } else {
          for (let i = regex.min; i < regex.max; i++)
            entry = this.add(undefined, [this.build(regex.item, entry), next]);
        }
        for (let i = 0; i < regex.min; i++) entry = this.build(regex.item, entry);
        return entry;
      }
    }
  }
}

/** Upper bound of the positions that `build` makes. */
function size(regex: Regex): number {
  switch (regex.kind) {
    case 'character':
    case 'class':
      return 1;
    case 'sequence':
      return regex.items.reduce((sum, item) => sum + size(item), 0);
    case 'choice':
      return regex.options.reduce((sum, option) => sum + size(option), 1);
    case 'repeat': {
      const times = regex.max === Number.POSITIVE_INFINITY ? regex.min + 1 : regex.max;
      return times * (size(regex.item) + 1);
    }
  }
}
