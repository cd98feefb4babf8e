/** Damaged modules are refused with a ModuleError or accepted; nothing else ever comes out. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ModuleError } from '../statement/error.ts';
import { parseStatement } from '../statement/parse.ts';
import { inlineSchema, STANDARD_PATHS } from './inline.ts';
import { BODIES } from './verdict-cases.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000);
const ROUNDS = Number(process.env['FUZZ_ROUNDS'] ?? 1_500);

/** Park and Miller's generator: the same seed gives the same damage. */
function generator(start: number): (below: number) => number {
  let state = (start % 2147483646) + 1;
  return (below) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
}

const PIECES = [
  '{',
  '}',
  ';',
  '"',
  "'",
  '\\',
  '+',
  '/*',
  '//',
  '*/',
  '\n',
  ' ',
  'x:',
  '..',
  '[',
  ']',
  '(',
  ')',
  '|',
  '-1',
  '99999999999999999999',
  '\u0000',
  '😀',
  'type',
  'uses g;',
  'leaf a { type string; }',
  'container c {',
  'default "";',
  'config true;',
];

function damage(text: string, random: (below: number) => number): string {
  let result = text;
  for (let times = 1 + random(3); times > 0; times--) {
    const at = random(result.length + 1);
    const length = random(12);
    switch (random(5)) {
      case 0:
        result = result.slice(0, at);
        break;
      case 1:
        result = result.slice(0, at) + result.slice(at + length);
        break;
      case 2:
        result = result.slice(0, at) + PIECES[random(PIECES.length)] + result.slice(at);
        break;
      case 3: {
        const from = random(result.length + 1);
        result = result.slice(0, at) + result.slice(from, from + random(60)) + result.slice(at);
        break;
      }
      default:
        result = result.slice(0, at) + String.fromCharCode(random(128)) + result.slice(at + 1);
    }
  }
  return result;
}

function survives(action: () => unknown, text: string): void {
  try {
    action();
  } catch (error) {
    if (error instanceof ModuleError) return;
    assert.fail(`seed ${seed}: ${(error as Error).stack}\n${text}`);
  }
}

test(`parseStatement survives damage (FUZZ_SEED=${seed})`, () => {
  const random = generator(seed);
  const texts = STANDARD_PATHS.flatMap((path) => readdirSync(path).map((name) => join(path, name))).map((file) =>
    readFileSync(file, 'utf8'),
  );
  for (let round = 0; round < ROUNDS / 5; round++) {
    const text = damage(texts[random(texts.length)] as string, random);
    survives(() => parseStatement(text, 'fuzz.yang'), text);
  }
});

test(`loadSchema survives damage (FUZZ_SEED=${seed})`, () => {
  const random = generator(seed + 1);
  for (let round = 0; round < ROUNDS; round++) {
    const bodies = Array.from({ length: 1 + random(2) }, () => BODIES[random(BODIES.length)] as string);
    const text = `module x { yang-version 1.1; namespace urn:x; prefix x; feature f; ${damage(bodies.join(' '), random)} }`;
    survives(() => inlineSchema([text], [{ name: 'x', features: 'all' }]), text);
  }
});
