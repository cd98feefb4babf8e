/** Random instances: the verdict on the whole is yanglint's, and that on a difference is that on the whole. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { IndexPlan } from '../../datastore/index-plan.ts';
import { KeySpace } from '../../datastore/key/key.ts';
import { atOnce } from '../../datastore/reading/steps.ts';
import { Overlay } from '../../datastore/view/overlay.ts';
import { EmptyView, type SourceView } from '../../datastore/view/source.ts';
import type { DataNode } from '../../yang/data/node.ts';
import { FaultError } from '../../yang/fault.ts';
import type { DataSchemaNode } from '../../yang/schema/node.ts';
import { applyEdit } from '../edit/apply.ts';
import { settleConditions } from '../edit/conditions.ts';
import { changeOf, schemaOf } from '../testing/fixture.ts';
import { compileConstraints } from './compile.ts';
import { validate } from './validate.ts';

/** Values are among v0, v1, v2 and 0, 1, 2, so that references often meet and constraints often fail. */
const modules = {
  references: `module references { yang-version 1.1; namespace "urn:references"; prefix r;
    container c {
      list a { key "k"; leaf k { type string; } leaf other { type leafref { path "../../a/k"; } } leaf v { type string; } }
      list b { key "k"; leaf k { type leafref { path "/c/a/k"; } } leaf v { type leafref { path "/c/a[k = current()/../k]/v"; } }
        leaf-list many { type leafref { path "../../a/v"; } } }
      leaf loose { type leafref { path "../a/k"; require-instance false; } }
      leaf mixed { type union { type leafref { path "../a/v"; } type int8; } }
    } }`,
  conditions: `module conditions { yang-version 1.1; namespace "urn:conditions"; prefix c;
    container c {
      leaf mode { type string; default "v0"; }
      leaf w1 { when "../mode = 'v1'"; type string; }
      leaf w2 { when "../w1 = 'v2'"; type string; }
      container g { when "../mode = 'v0'"; leaf x { type string; must "../y or . != 'v1'"; } leaf y { type string; }
        leaf d { type int32; default "1"; must ". < 2 or ../../mode = 'v0'"; } }
      list l { key "k"; leaf k { type string; } leaf n { type int32; }
        leaf q { when "../n > 0"; type string; } must "not(n) or n != 2 or q"; must "not(/c/l[k = current()/q]) or n = 1"; }
      leaf s { type int32; must ". <= count(../l)"; }
    } }`,
  structure: `module structure { yang-version 1.1; namespace "urn:structure"; prefix s;
    container c { presence "p";
      leaf m { type string; mandatory true; }
      container np { leaf i { type string; mandatory true; } leaf o { type string; } }
      container pr { presence "p"; leaf-list few { type string; min-elements 1; max-elements 2; } }
      choice ch { mandatory true; leaf x { type string; } case y { leaf y1 { type string; mandatory true; } leaf y2 { type string; } }
        container z { leaf z1 { type string; } } }
      choice df { default dd; case dd { leaf d1 { type int32; default "2"; must ". != ../../c/d3 or not(../d3)"; } leaf d2 { type string; } }
        leaf d3 { type int32; } }
      leaf opt { when "../m = 'v1'"; type string; mandatory true; }
    }
    container lists {
      list u { key "k"; unique "a b/c"; unique "d"; leaf k { type string; } leaf a { type string; }
        container b { leaf c { type string; default "v0"; } } leaf d { type string; } }
      list few { key "k"; max-elements 2; leaf k { type string; } }
    } }`,
};

const folder = mkdtempSync(join(tmpdir(), 'sluice-yanglint-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A small linear congruential generator: the seed makes a failure repeatable. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

type Next = (below: number) => number;

/** `density`: how many of ten nodes are there. */
function instance(children: Iterable<DataSchemaNode>, next: Next, density: number): DataNode[] {
  const found: DataNode[] = [];
  const cases = new Map<unknown, unknown>();
  for (const schema of children) {
    if (schema.kind === 'leaf' && schema.isKey) continue;
    if (next(10) >= density) continue;
    const one = schema.parent;
    if (one?.kind === 'case') {
      // Two cases in one document are a matter of edits, not of validation.
      if ((cases.get(one.parent) ?? one) !== one) continue;
      cases.set(one.parent, one);
    }
    switch (schema.kind) {
      case 'leaf':
        found.push({ schema, value: someValue(schema, next) });
        break;
      case 'leaf-list':
        for (const value of some(next)) found.push({ schema, value: `v${value}` });
        break;
      case 'container':
        found.push({ schema, children: instance(schema.dataChildren.values(), next, density) });
        break;
      case 'list':
        for (const value of some(next)) {
          const keys = schema.keys.map((key) => ({ schema: key, value: `v${value}` }));
          found.push({ schema, children: [...keys, ...instance(schema.dataChildren.values(), next, density)] });
        }
        break;
      default:
        break;
    }
  }
  return found;
}

function some(next: Next): number[] {
  return [0, 1, 2].filter(() => next(2) === 0);
}

function someValue(schema: DataSchemaNode, next: Next): string {
  const isNumber = schema.kind === 'leaf' && schema.type.base === 'int32';
  return isNumber ? String(next(4)) : `v${next(3)}`;
}

function xml(nodes: readonly DataNode[], top = true): string {
  return nodes
    .map(({ schema, value, children }) => {
      const namespace = top ? ` xmlns="${schema.module.namespace}"` : '';
      return `<${schema.name}${namespace}>${value ?? xml(children ?? [], false)}</${schema.name}>`;
    })
    .join('');
}

/** A view with the document, and what is wrong with it. */
function judged(index: ReturnType<typeof compileConstraints>, base: SourceView, document: readonly DataNode[]) {
  const overlay = new Overlay(base);
  try {
    const { conditional } = applyEdit(overlay, base.keys, document, { defaultOperation: 'replace' });
    const impossible = atOnce(settleConditions(index, overlay, overlay.changes(), conditional)).faults;
    return { overlay, impossible };
  } catch (error) {
    if (error instanceof FaultError) return { overlay, impossible: error.faults };
    throw error;
  }
}

for (const [name, text] of Object.entries(modules)) {
  const schema = schemaOf(text);
  const index = compileConstraints(schema);
  const keys = new KeySpace(schema);
  const empty = new EmptyView(keys, new IndexPlan(keys, index.indexes));
  const file = join(folder, `${name}.yang`);
  writeFileSync(file, text);

  test(`validate agrees with yanglint: ${name}`, () => {
    const counts = { valid: 0, invalid: 0 };
    for (let seed = 1; seed <= 250; seed++) {
      const document = instance(schema.dataChildren.values(), random(seed), 4 + (seed % 6));
      if (document.length === 0) continue;
      const data = join(folder, 'data.xml');
      writeFileSync(data, xml(document));
      const lint = spawnSync('yanglint', ['-t', 'config', file, data], { encoding: 'utf8' });
      assert.equal(lint.error, undefined);
      const { overlay, impossible } = judged(index, empty, document);
      const faults = [...impossible, ...validate(index, changeOf(overlay), { whole: true })];
      const text = `seed ${seed}\n${xml(document)}\n${lint.stderr}\n${JSON.stringify(faults, undefined, 1)}`;
      assert.equal(faults.length === 0, lint.status === 0, text);
      counts[faults.length === 0 ? 'valid' : 'invalid']++;
    }
    assert.ok(counts.valid >= 15 && counts.invalid >= 15, JSON.stringify(counts));
  });

  test(`validate of a difference is that of the whole: ${name}`, () => {
    const counts = { valid: 0, invalid: 0 };
    const valid: Overlay[] = [];
    for (let seed = 1; valid.length < 40 && seed < 20_000; seed++) {
      const { overlay, impossible } = judged(
        index,
        empty,
        instance(schema.dataChildren.values(), random(seed), 3 + (seed % 7)),
      );
      if (impossible.length === 0 && validate(index, changeOf(overlay), { whole: true }).length === 0)
        valid.push(overlay);
    }
    for (const [at, before] of valid.entries()) {
      for (let seed = 1; seed <= 40; seed++) {
        const document = instance(schema.dataChildren.values(), random(100_000 + at * 1000 + seed), 3 + (seed % 7));
        const overlay = new Overlay(before);
        try {
          const { conditional } = applyEdit(overlay, keys, document, {
            defaultOperation: seed % 2 ? 'merge' : 'replace',
          });
          if (atOnce(settleConditions(index, overlay, overlay.changes(), conditional)).faults.length > 0) continue;
        } catch (error) {
          if (error instanceof FaultError) continue;
          throw error;
        }
        const change = changeOf(overlay);
        const rows = Array.from(overlay.subtree(''), ({ key, node, row }) => ({
          key,
          node,
          before: undefined,
          after: row,
        }));
        const whole = validate(index, { before: empty, after: overlay, rows }, { whole: true });
        const part = validate(index, change);
        const shown = (faults: typeof part) =>
          faults.filter(({ appTag }) => appTag !== 'data-not-unique').map(({ tag, path }) => `${tag} ${path}`);
        assert.deepEqual(shown(part), shown(whole), `seeds ${at} ${seed}\n${xml(document)}`);
        assert.equal(part.length === 0, whole.length === 0);
        counts[part.length === 0 ? 'valid' : 'invalid']++;
      }
    }
    assert.ok(counts.valid >= 30 && counts.invalid >= 30, JSON.stringify(counts));
  });
}
