/** Random edits against a model of RFC 6241 section 7.2 that is too simple to be wrong: nested maps, no rows, no schema. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeySpace } from '../../datastore/key/key.ts';
import type { EditOperation } from '../../yang/data/node.ts';
import { type Content, edited, faultsOf, lines, Marked, payload, schemaOf, viewOf } from '../testing/fixture.ts';

const schema = schemaOf(`module r { namespace "urn:r"; prefix r;
  grouping deep { leaf x { type string; } leaf y { type string; } }
  container c {
    uses deep;
    container n { uses deep; }
    container p { presence "p"; uses deep; list m { key k; leaf k { type string; } uses deep; } }
    list l { key k; leaf k { type string; } uses deep; container n { uses deep; list m { key k; leaf k { type string; } uses deep; } } }
  } }`);
const keys = new KeySpace(schema);

/** A node of the model: children by step (`x`, `l[1]`), or a leaf's value. */
type Model = Map<string, Model | string>;
/** A node of a payload: an operation, and the same. */
interface Wanted {
  readonly operation: EditOperation | undefined;
  readonly content: ReadonlyMap<string, Wanted> | string;
}

class ModelFault extends Error {}

/** Steps of which nothing is left when they are empty. */
const implicit = new Set(['c', 'n']);

function apply(model: Model, wanted: ReadonlyMap<string, Wanted>, inherited: EditOperation): void {
  for (const deletions of [true, false]) {
    for (const [step, node] of wanted) {
      const operation = node.operation ?? inherited;
      if ((operation === 'delete' || operation === 'remove') === deletions) applyOne(model, step, node, operation);
    }
  }
  if (inherited === 'replace') for (const step of [...model.keys()]) if (!wanted.has(step)) model.delete(step);
}

function applyOne(model: Model, step: string, node: Wanted, operation: EditOperation): void {
  const there = model.has(step);
  if (operation === 'remove') model.delete(step);
  else if (operation === 'delete') {
    if (!there) throw new ModelFault('data-missing');
    model.delete(step);
  } else if (operation === 'create' && there) throw new ModelFault('data-exists');
  else if (operation === 'none' && !there && !implicit.has(step)) throw new ModelFault('data-missing');
  else if (typeof node.content === 'string') {
    if (operation !== 'none') model.set(step, node.content);
  } else {
    const inside = (model.get(step) as Model | undefined) ?? new Map();
    apply(inside, node.content, operation);
    if (inside.size > 0 || !implicit.has(step)) model.set(step, inside);
    else model.delete(step);
  }
}

function linesOf(model: Model, path = '/r:'): string[] {
  return [...model].flatMap(([step, value]) => {
    const at = `${path}${step.replace(/\[(.*)\]/, "[k='$1']")}`;
    if (typeof value === 'string') return [`${at} = ${value}`];
    return [...(implicit.has(step) ? [] : [at]), ...linesOf(value, `${at}/`)];
  });
}

/** A small linear congruential generator: the seed makes a failure repeatable. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const operations: readonly (EditOperation | undefined)[] = ['merge', 'replace', 'create', 'delete', 'remove', 'none'];
const shapes: Readonly<Record<string, readonly string[]>> = {
  '': ['c'],
  c: ['x', 'y', 'n', 'p', 'l[1]', 'l[2]', 'l[3]'],
  'c/n': ['x', 'y'],
  p: ['x', 'y', 'm[1]', 'm[2]'],
  l: ['x', 'y', 'n'],
  'l/n': ['x', 'y', 'm[1]', 'm[2]'],
  m: ['x', 'y'],
};

function wanted(next: (below: number) => number, shape: string, withOperations: boolean): Map<string, Wanted> {
  const found = new Map<string, Wanted>();
  for (const step of shapes[shape] ?? []) {
    if (next(5) < 2) continue;
    const operation = withOperations && next(4) === 0 ? operations[next(operations.length)] : undefined;
    const name = step.replace(/\[.*/, '');
    const inside = name === 'n' ? `${shape}/n` : name;
    const isDeleted = operation === 'delete' || operation === 'remove';
    const content = inside in shapes ? wanted(next, inside, withOperations && !isDeleted) : String(next(3));
    found.set(step, { operation, content });
  }
  return found;
}

function content(nodes: ReadonlyMap<string, Wanted>): { [name: string]: Content } {
  const found: { [name: string]: Content } = {};
  for (const [step, node] of nodes) {
    const [, name, key] = /^([a-z]+)(?:\[(.*)\])?$/.exec(step) as unknown as [string, string, string | undefined];
    const inside = typeof node.content === 'string' ? node.content : content(node.content);
    const value = key === undefined ? inside : { k: key, ...(inside as object) };
    const marked = node.operation ? new Marked({ operation: node.operation }, value) : value;
    if (key === undefined) found[name] = marked;
    else found[name] = [...((found[name] as Content[] | undefined) ?? []), marked];
  }
  return found;
}

test('applyEdit does what the model does', () => {
  const counts = { applied: 0, refused: 0 };
  for (let seed = 1; seed <= 1500; seed++) {
    const next = random(seed);
    const before = wanted(next, '', false);
    const edit = wanted(next, '', true);
    const defaultOperation = (['merge', 'replace', 'none'] as const)[next(3)] ?? 'merge';
    const model: Model = new Map();
    apply(model, before, 'merge');
    const base = viewOf(keys, payload(schema, content(before)));
    assert.deepEqual(lines(base).sort(), linesOf(model).sort(), `seed ${seed}: before`);
    let refusal: string | undefined;
    try {
      apply(model, edit, defaultOperation);
    } catch (error) {
      if (!(error instanceof ModelFault)) throw error;
      refusal = error.message;
    }
    const nodes = payload(schema, content(edit));
    if (refusal === undefined) {
      counts.applied++;
      assert.deepEqual(lines(edited(base, nodes, { defaultOperation })).sort(), linesOf(model).sort(), `seed ${seed}`);
    } else {
      counts.refused++;
      const tags = faultsOf(() => edited(base, nodes, { defaultOperation })).map(({ tag }) => tag);
      assert.deepEqual(tags, [refusal], `seed ${seed}`);
    }
  }
  assert.ok(counts.applied > 200 && counts.refused > 200, JSON.stringify(counts));
});
