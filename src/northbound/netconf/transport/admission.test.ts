import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Admission, type Admitted } from './admission.ts';

const limits = { total: 10, perSource: 6, halfOpen: 5, halfOpenPerSource: 3 };

/** Enters and notes who was dropped; the dropped connection closes as a socket would. */
function entering(admission: Admission, dropped: string[]) {
  return (source: string, name: string): Admitted | undefined => {
    const admitted: Admitted | undefined = admission.enter(source, () => {
      dropped.push(name);
      admitted?.closed();
    });
    return admitted;
  };
}

describe('Admission', () => {
  it('drops the oldest silent connection of a source for its next one', () => {
    const dropped: string[] = [];
    const enter = entering(new Admission(limits), dropped);
    enter('a', 'a1')?.spoke();
    for (const name of ['a2', 'a3', 'a4']) assert.ok(enter('a', name));
    assert.deepEqual(dropped, ['a2']);
  });

  it('drops of the heaviest source when there are too many in all', () => {
    const dropped: string[] = [];
    const enter = entering(new Admission(limits), dropped);
    for (const [source, name] of [
      ['b', 'b1'],
      ['a', 'a1'],
      ['a', 'a2'],
      ['a', 'a3'],
      ['c', 'c1'],
      ['d', 'd1'],
    ] as const) {
      assert.ok(enter(source, name));
    }
    assert.deepEqual(dropped, ['a1']);
  });

  it('refuses beyond the limits of connections, but not for half-open ones', () => {
    const dropped: string[] = [];
    const admission = new Admission(limits);
    const enter = entering(admission, dropped);
    const open: (Admitted | undefined)[] = [];
    for (let count = 0; count < 6; count++) {
      const admitted = enter('a', `a${count}`);
      admitted?.opened();
      open.push(admitted);
    }
    assert.equal(enter('a', 'more'), undefined);
    assert.equal(admission.counters.refused, 1);
    open[0]?.closed();
    open[0]?.closed();
    assert.ok(enter('a', 'half'));
    assert.ok(enter('a', 'next'));
    assert.deepEqual(dropped, ['half']);
    assert.deepEqual(admission.counters, { refused: 1, dropped: 1 });
  });
});
