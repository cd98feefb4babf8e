import assert from 'node:assert/strict';
import type { Case } from '../../case.ts';
import { interfaces, port, subInterface } from '../../configuration.ts';
import { Router } from '../../router.ts';
import { configure } from '../../topology.ts';
import { broadcast, type Frame, station, Wire } from '../../wire.ts';

const namespace = 'urn:sluice:yang:sluice-cross-connects';
const join = (name: string, a: string, b: string): string =>
  `<cross-connect><name>${name}</name><interface-a>${a}</interface-a><interface-b>${b}</interface-b></cross-connect>`;
const part = (name: string): string =>
  `<cross-connects xmlns="${namespace}"><cross-connect xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation="delete"><name>${name}</name></cross-connect></cross-connects>`;

/** Frames of all kinds at both ends: a cross-connect does not look at addresses. */
const kinds: readonly Omit<Frame, 'at' | 'tags'>[] = [
  { to: broadcast },
  { to: station(2) },
  { to: station(1) },
  { to: '01:00:5e:00:00:01' },
];

const crossConnects: Case = {
  id: 'cross-connects',
  shows:
    'what one end of a cross-connect receives leaves by the other, whatever its address, with its tags, and nowhere else',
  async run() {
    const router = await Router.start();
    try {
      const wire = await Wire.connect(router, ['a', 'b', 'c']);
      await configure(router, [
        interfaces(
          ...['a', 'b', 'c'].map((name) => port(name, router.device(name))),
          subInterface('a', 10),
          subInterface('b', 20),
        ),
        `<cross-connects xmlns="${namespace}">${join('untagged', 'a', 'c')}${join('tagged', 'a.10', 'b.20')}</cross-connects>`,
      ]);
      // Cable, tags; where it comes out and with which tags.
      const ways = [
        ['a', '', { c: '-' }],
        ['c', '', { a: '-' }],
        ['a', 'c10/5', { b: 'c20/5' }],
        ['b', 'c20/3d', { a: 'c10/3d' }],
        ['a', 'c10 c7/2', { b: 'c20 c7/2' }],
        ['a', 'c11', {}],
        ['b', '', {}],
      ] as const;
      let passed = 0;
      for (const [at, tags, out] of ways) {
        const results = await wire.send(kinds.map((kind) => ({ at, tags, ...kind })));
        for (const [index, result] of results.entries())
          assert.deepEqual(result, out, `${at} ${tags} ${kinds[index]?.to}`);
        passed += Object.keys(out).length > 0 ? results.length : 0;
      }
      await configure(router, [part('tagged')]);
      const [after] = await wire.send([{ at: 'a', tags: 'c10' }]);
      assert.deepEqual(after, {}, 'nothing leaves by an end that was');
      const [still] = await wire.send([{ at: 'a' }]);
      assert.deepEqual(still, { c: '-' }, 'another cross-connect goes on');
      await wire.close();
      return [{ what: 'frames that came out of the other end, and of no other port', value: passed }];
    } finally {
      await router.stop();
    }
  },
};

export const cases: readonly Case[] = [crossConnects];
