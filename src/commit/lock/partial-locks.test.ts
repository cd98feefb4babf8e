import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeySpace } from '../../datastore/key/key.ts';
import type { InstanceAddress } from '../../datastore/key/path.ts';
import type { Row, RowChange } from '../../datastore/view/view.ts';
import { FaultError } from '../../yang/fault.ts';
import type { LeafNode } from '../../yang/schema/node.ts';
import { schemaOf } from '../testing/fixture.ts';
import { MAX_LOCKED_NODES, MAX_LOCKS_OF_SESSION, PartialLocks } from './partial-locks.ts';

const schema = schemaOf(`module p {
  namespace "urn:p"; prefix p;
  container top {
    leaf own { type string; }
    list entry {
      key name;
      leaf name { type string; }
      leaf text { type string; }
      container folded { leaf x { type string; } list deep { key k; leaf k { type string; } leaf v { type string; } } }
      list other { key k; leaf k { type string; } }
    }
  }
  container side { leaf s { type string; } }
}`);
const keys = new KeySpace(schema);

function at(path: string): InstanceAddress {
  const address = keys.rowOf(path);
  assert.ok(address, path);
  return address;
}

/** The change of one leaf, or of a row's existence. */
function changed(path: string, before?: string, after?: string): RowChange {
  const { key, node } = at(path);
  const row = (value: string | undefined): Row => ({
    leaves: new Map(value === undefined ? [] : [[node as LeafNode, value]]),
  });
  if (node?.kind === 'leaf') return { key, node: keys.node(key), before: row(before), after: row(after) };
  const gone = before === undefined ? undefined : { leaves: new Map() };
  return { key, node: keys.node(key), before: gone, after: after === undefined ? undefined : { leaves: new Map() } };
}

function refused(action: () => unknown): [tag: string, path: string | undefined, holder: string | undefined] {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof FaultError);
    const [fault] = error.faults;
    return [fault?.tag ?? '', fault?.path, fault?.info?.find(({ name }) => name === 'session-id')?.value];
  }
  throw new assert.AssertionError({ message: 'nothing was thrown' });
}

const A = "/p:top/entry[name='a']";

test('PartialLocks.faultOf names the locked node that a change of another session is part of', () => {
  const cases: [locked: string, change: RowChange, isHeld: boolean][] = [
    [A, changed(`${A}/text`, 'x', 'y'), true],
    [A, changed(A, undefined, 'new'), true],
    [A, changed(`${A}/folded/deep[k='1']`, undefined, 'new'), true],
    [A, changed("/p:top/entry[name='ab']/text", 'x', 'y'), false],
    [A, changed('/p:top/own', 'x', 'y'), false],
    [`${A}/text`, changed(`${A}/text`, 'x', undefined), true],
    [`${A}/text`, changed(`${A}/folded/x`, 'x', 'y'), false],
    [`${A}/text`, changed(A, 'was', undefined), true],
    [`${A}/text`, changed(`${A}/other[k='1']`, undefined, 'new'), false],
    [`${A}/folded`, changed(`${A}/folded/x`, 'x', 'y'), true],
    [`${A}/folded`, changed(`${A}/folded/deep[k='1']/v`, 'x', 'y'), true],
    [`${A}/folded`, changed(`${A}/other[k='1']`, undefined, 'new'), false],
    ['/p:top', changed(`${A}/text`, 'x', 'y'), true],
    ['/p:top', changed('/p:side/s', 'x', 'y'), false],
    ['/', changed('/p:side/s', 'x', 'y'), true],
  ];
  for (const [locked, change, isHeld] of cases) {
    const locks = new PartialLocks(keys);
    locks.grant(4, ['any'], [at(locked)]);
    const where = `${locked} and ${keys.path(change.key)}`;
    assert.equal(locks.faultOf([change], 5)?.path, isHeld ? locked : undefined, where);
    assert.equal(locks.faultOf([change], 4), undefined);
    locks.releaseAll(4);
    assert.equal(locks.faultOf([change], 5), undefined);
  }
});

test('PartialLocks.grant refuses what overlaps with the lock of another session, above, below and beside', () => {
  const pairs: [string, string, boolean][] = [
    [A, A, true],
    [A, `${A}/text`, true],
    [`${A}/text`, A, true],
    ['/p:top', `${A}/folded/deep[k='1']`, true],
    [`${A}/folded/deep[k='1']/v`, '/p:top', true],
    [`${A}/folded`, `${A}/folded/x`, true],
    [`${A}/folded/x`, `${A}/folded`, true],
    [`${A}/folded`, `${A}/folded/deep[k='1']`, true],
    [`${A}/folded/deep[k='1']`, `${A}/folded`, true],
    [`${A}/folded`, `${A}/other[k='1']`, false],
    [`${A}/other[k='1']`, `${A}/folded`, false],
    [`${A}/text`, `${A}/folded`, false],
    [A, "/p:top/entry[name='b']", false],
    ['/p:side', '/p:top', false],
    ['/', '/p:side/s', true],
    ['/p:side/s', '/', true],
  ];
  for (const [first, second, overlaps] of pairs) {
    const locks = new PartialLocks(keys);
    locks.grant(4, ['any'], [at(first)]);
    if (overlaps) {
      assert.deepEqual(
        refused(() => locks.grant(5, ['any'], [at(second)])),
        ['lock-denied', second, '4'],
        first,
      );
    } else locks.grant(5, ['any'], [at(second)]);
    // A session may lock what it has locked already.
    if (overlaps) locks.grant(4, ['any'], [at(second)]);
  }
});

test('PartialLocks.forget ends the lock of a node that is gone, and of nothing else', () => {
  const locks = new PartialLocks(keys);
  const lock = locks.grant(4, ['any'], [at(A), at('/p:top'), at(`${A}/text`)]);
  locks.forget([changed(`${A}/text`, 'x', undefined)]);
  assert.deepEqual([...locks.all()][0]?.lockedNodes, [A, '/p:top']);
  locks.forget([changed(A, 'was', undefined), changed('/p:top/own', 'x', undefined)]);
  assert.deepEqual([...locks.all()][0]?.lockedNodes, ['/p:top']);
  assert.equal(lock.id, 1);
});

test('PartialLocks.release needs the lock and its holder', () => {
  const locks = new PartialLocks(keys);
  const { id } = locks.grant(4, ['any'], [at(A)]);
  assert.equal(refused(() => locks.release(id, 5))[0], 'invalid-value');
  assert.equal(refused(() => locks.release(id + 1, 4))[0], 'invalid-value');
  locks.release(id, 4);
  assert.deepEqual([...locks.all()], []);
  assert.equal(locks.holder, undefined);
});

test('PartialLocks.grant refuses more locks and more nodes than its limits', () => {
  const locks = new PartialLocks(keys);
  for (let i = 0; i < MAX_LOCKS_OF_SESSION; i++) locks.grant(4, ['any'], [at(A)]);
  assert.equal(refused(() => locks.grant(4, ['any'], [at(A)]))[0], 'resource-denied');
  const many = Array.from({ length: MAX_LOCKED_NODES }, () => at('/p:side'));
  assert.equal(refused(() => locks.grant(5, ['any'], many))[0], 'resource-denied');
  locks.releaseAll(4);
  locks.grant(5, ['any'], many);
});
