/**
 * Commits, confirms, extends and cancels in a loop until it is killed: `node confirmer.ts FOLDER NUMBER`. Each commit sets
 * all ports to one number, counting from NUMBER, so half a commit shows. A state is `running/kept`: the number of running,
 * and of what it would go back to (`-`: nothing is pending). Prints `found STATE` as the store was, `did STATE` after the
 * recovery, and then `will STATE` and `did STATE` around each change.
 */
import assert from 'node:assert/strict';
import { writeSync } from 'node:fs';
import { Store } from '../../datastore/store.ts';
import type { View } from '../../datastore/view/view.ts';
import type { LeafNode, ListNode } from '../../yang/schema/node.ts';
import { Datastores } from '../datastores.ts';
import { compileConstraints } from '../validate/compile.ts';
import { payload, schemaOf } from './fixture.ts';

const [folder = '', first = '1'] = process.argv.slice(2);
const ports = 30;
const schema = schemaOf(`module d {
  yang-version 1.1; namespace "urn:d"; prefix d;
  container c { list port { key "name"; leaf name { type string; } leaf n { type string; } } }
}`);
const constraints = compileConstraints(schema);
const store = await Store.open({ folder, check: Promise.resolve(undefined), schema, indexes: constraints.indexes });
const datastores = new Datastores({
  store,
  constraints,
  features: [],
  targets: [],
  transforms: [],
  onTargetFailure: () => undefined,
});
const list = schema.find('/d:c/port') as ListNode;
const leaf = schema.find('/d:c/port/n') as LeafNode;
const container = store.keys.child('', schema.find('/d:c') as never);

/** The number that all ports agree on; 0: there are none. */
function numberOf(view: View): number {
  const numbers = [...view.entries(container, list)].map(({ row }) => row.leaves.get(leaf));
  if (numbers.length === 0) return 0;
  assert.deepEqual(numbers, Array(ports).fill(numbers[0]));
  return Number(numbers[0]);
}

function state(): string {
  using snapshot = store.snapshot();
  const kept = snapshot.checkpoint();
  return `${numberOf(snapshot.running)}/${kept === undefined ? '-' : numberOf(kept)}`;
}

function say(text: string): void {
  writeSync(1, `${text}\n`);
}

const config = (n: number) =>
  payload(schema, { c: { port: Array.from({ length: ports }, (_, i) => ({ name: `p${i}`, n: String(n) })) } });

const caller = { sessionId: 1, user: 'alice', source: 'test' };

async function change(expected: string, work: () => Promise<unknown>): Promise<void> {
  say(`will ${expected}`);
  await work();
  assert.equal(state(), expected);
  say(`did ${expected}`);
}

async function commit(n: number, kept: number | undefined, options = {}): Promise<void> {
  await datastores.edit(caller, 'candidate', config(n));
  await change(`${n}/${kept ?? '-'}`, () => datastores.commit(caller, options));
}

say(`found ${state()}`);
const pending = datastores.confirmed.pending;
const [running = '', kept = ''] = state().split('/');
await datastores.recover();
// Without a token it is reverted; with one it goes on.
assert.equal(state(), pending !== undefined && pending.persist === undefined ? `${kept}/-` : `${running}/${kept}`);
say(`did ${state()}`);
if (pending?.persist !== undefined) await commit(Number(running), undefined, { persistId: pending.persist });

for (let n = Number(first); ; n += 5) {
  await commit(n, undefined);
  const token = n % 2 === 0 ? { persist: `token ${n}` } : {};
  await commit(n + 1, n, { confirm: token });
  const persistId = 'persist' in token ? { persistId: token.persist } : {};
  await commit(n + 2, n, { confirm: {}, ...persistId });
  await change(`${n + 3}/${n}`, () => datastores.edit({ ...caller, sessionId: 2 }, 'running', config(n + 3)));
  if (n % 3 === 0) await commit(n + 4, undefined, persistId);
  else await change(`${n}/-`, () => datastores.cancelCommit(caller, persistId.persistId));
}
