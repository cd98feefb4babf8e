import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countVlans, sameVlans, vlanRange, vlanSet, vlansText } from '../vlan-set.ts';
import { type Candidate, compareAddresses } from './candidate.ts';
import { dfOf, elect } from './election.ts';
import { inUsePreference } from './preference.ts';
import { addressWord, digest, weight } from './weight.ts';

const ESI = Buffer.from('00112233445566778899', 'hex');
const ALL = vlanRange(1, 4094);

function candidate(address: string, rest: Partial<Candidate> = {}): Candidate {
  return { address, method: 'default-7432', preference: 32_767, dontPreempt: false, acDf: true, able: ALL, ...rest };
}

test('addresses come in numeric order', () => {
  const sorted = ['2001:db8::10', '192.0.2.10', '2001:db8::9', '192.0.2.9'].sort(compareAddresses);
  assert.deepEqual(sorted, ['192.0.2.9', '192.0.2.10', '2001:db8::9', '2001:db8::10']);
});

test('service carving: VLAN V goes to ordinal V mod N (RFC 7432 section 8.5)', () => {
  const elected = elect([candidate('192.0.2.10'), candidate('192.0.2.9'), candidate('192.0.2.11')], ALL, ESI);
  assert.equal(dfOf(elected, 3), '192.0.2.9');
  assert.equal(dfOf(elected, 4), '192.0.2.10');
  assert.equal(dfOf(elected, 5), '192.0.2.11');
});

test('AC-DF: a candidate whose attachment circuit is down is not counted for the VLAN (RFC 8584 section 4)', () => {
  const candidates = [candidate('192.0.2.1', { able: vlanSet([2, 4]) }), candidate('192.0.2.2')];
  assert.equal(dfOf(elect(candidates, ALL, ESI), 6), '192.0.2.2');
  assert.equal(dfOf(elect(candidates, ALL, ESI), 4), '192.0.2.1');
  const without = candidates.map((one, at) => ({ ...one, acDf: at === 0 }));
  assert.equal(dfOf(elect(without, ALL, ESI), 6), '192.0.2.1', 'one that does not take part: nobody is left out');
});

test('highest random weight is the function of RFC 8584 section 3.2', () => {
  // By big integers, as it is written there.
  const written = (si: bigint, d: bigint): bigint =>
    (1103515245n * ((1103515245n * si + 12345n) ^ d) + 12345n) & 0x7fff_ffffn;
  for (const address of ['192.0.2.1', '255.255.255.255', '2001:db8::8000:1']) {
    for (const vlan of [0, 1, 4094]) {
      const d = digest(vlan, ESI);
      assert.equal(BigInt(weight(addressWord(address), d)), written(BigInt(addressWord(address)), BigInt(d)));
    }
  }
  assert.equal(addressWord('2001:db8::8000:1'), 0x8000_0001);
});

test('highest random weight moves only the VLANs of the PE that goes', () => {
  const method = 'highest-random-weight';
  const three = ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map((address) => candidate(address, { method }));
  const before = elect(three, ALL, ESI);
  const after = elect(three.slice(0, 2), ALL, ESI);
  let moved = 0;
  for (let vlan = 1; vlan <= 4094; vlan += 1) if (dfOf(before, vlan) !== dfOf(after, vlan)) moved += 1;
  assert.equal(moved, countVlans(before.get('192.0.2.3') ?? []));
  for (const vlans of before.values()) assert.ok(countVlans(vlans) > 1000, `${countVlans(vlans)} of 4094`);
});

test('preference: the highest, then Don’t Preempt, then the lowest address (RFC 9785 section 4.1)', () => {
  const pref = (address: string, preference: number, dontPreempt = false): Candidate =>
    candidate(address, { method: 'preference', preference, dontPreempt });
  const df = (...candidates: Candidate[]): string | undefined => dfOf(elect(candidates, ALL, ESI), 7);
  assert.equal(df(pref('192.0.2.1', 1), pref('192.0.2.2', 2)), '192.0.2.2');
  assert.equal(df(pref('192.0.2.1', 2), pref('192.0.2.2', 2)), '192.0.2.1');
  assert.equal(df(pref('192.0.2.1', 2), pref('192.0.2.2', 2, true)), '192.0.2.2');
  const able = vlanSet([1, 2]);
  const elected = elect([{ ...pref('192.0.2.1', 9), able }, pref('192.0.2.2', 2)], vlanRange(1, 4), ESI);
  assert.deepEqual([...elected.values()].map(vlansText), ['1-2', '3-4']);
});

test('candidates of different algorithms: the default one (RFC 8584 section 2.2.1)', () => {
  const mixed = [candidate('192.0.2.1', { method: 'preference', preference: 9 }), candidate('192.0.2.2')];
  assert.ok(
    sameVlans(
      elect(mixed, ALL, ESI).get('192.0.2.2') ?? [],
      vlanSet(Array.from({ length: 2047 }, (_, i) => i * 2 + 1)),
    ),
  );
});

test('a PE that comes back takes no role from a better one that does not (RFC 9785 section 4.3)', () => {
  const own = { address: '192.0.2.3', preference: 500, dontPreempt: true, revertive: false };
  const other = { address: '192.0.2.1', preference: 200, dontPreempt: true };
  assert.deepEqual(inUsePreference(own, []), { preference: 500, dontPreempt: true });
  assert.deepEqual(inUsePreference(own, [other]), { preference: 200, dontPreempt: false, reference: '192.0.2.1' });
  assert.deepEqual(inUsePreference(own, [{ ...other, preference: 900 }]), { preference: 500, dontPreempt: true });
  assert.deepEqual(inUsePreference({ ...own, revertive: true }, [other]), { preference: 500, dontPreempt: false });
});
