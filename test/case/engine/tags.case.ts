import assert from 'node:assert/strict';
import type { Case } from '../../case.ts';
import { bridgeDomain, bridgeDomains, interfaces, port } from '../../configuration.ts';
import { Router } from '../../router.ts';
import { InterfaceReading, service } from '../../service.ts';
import { configure } from '../../topology.ts';
import { type Driver, type Frame, station, Wire } from '../../wire.ts';

/** A frame in at one port, and with which tags it comes out of the other (`-`: none); undefined: nowhere. */
type Passage = readonly [at: 'a' | 'b', tags: string, out: string | undefined];

/** Port a has services of every kind; each is bridged with a service of port b whose tag tells it. */
const classified = {
  services: [
    { name: 'a.c10', tags: 'c10', tells: 'c2' },
    { name: 'a.s10', tags: 's10', tells: 'c3' },
    { name: 'a.s100', tags: 's100', tells: 'c4' },
    { name: 'a.s100.c10', tags: 's100 c10', tells: 'c5' },
    { name: 'a.c4094', tags: 'c4094', tells: 'c6' },
  ],
  passages: [
    ['a', '', 'c1'],
    ['a', 'c0/5', 'c1/5'],
    ['a', 's0/6d', 'c1/6d'],
    ['a', 'c10/3', 'c2/3'],
    ['a', 's10/3d', 'c3/3d'],
    ['a', 's100', 'c4'],
    ['a', 's100 c20/2', 'c4 c20/2'],
    ['a', 's100 s10/2', 'c4 s10/2'],
    ['a', 's100/4 c10', 'c5/4'],
    ['a', 's100/4 c10 c9/1', 'c5/4 c9/1'],
    ['a', 'c10 c20 c30', 'c2 c20 c30'],
    ['a', 'c4094/7', 'c6/7'],
    ['b', 'c1/5', '-'],
    ['b', 'c2/3', 'c10/3'],
    ['b', 'c3/3d', 's10/3d'],
    ['b', 'c4/1 c20/2', 's100/1 c20/2'],
    ['b', 'c5/4', 's100/4 c10/4'],
  ] satisfies Passage[],
  /** No service of port a. */
  unknown: ['c11', 's11', 'c100', 'c100 c10', 's4094', 'c4095', 's4095', 'c11 c10'],
};

/** A service of port a with a rewrite, the one of port b that it is bridged with, and both ways through them. */
interface Rewrite {
  readonly a: string;
  readonly rewrite: string;
  readonly b: string;
  readonly bRewrite?: string;
  readonly ways: readonly Passage[];
}

const rewrites: readonly Rewrite[] = [
  {
    a: 'c20',
    rewrite: 'none',
    b: 'c20',
    ways: [
      ['a', 'c20/5', 'c20/5'],
      ['b', 'c20/5d', 'c20/5d'],
    ],
  },
  {
    a: 's20 c21',
    rewrite: 'none',
    b: 's20 c21',
    ways: [
      ['a', 's20/5 c21/3', 's20/5 c21/3'],
      ['b', 's20/1 c21/2', 's20/1 c21/2'],
    ],
  },
  {
    a: 's22 c23',
    rewrite: 'pop',
    b: 'c24',
    bRewrite: 'pop',
    ways: [
      ['a', 's22/5 c23/3', 'c24/5'],
      ['b', 'c24/5', 's22/5 c23/5'],
    ],
  },
  {
    a: 'c25',
    rewrite: 'push s26',
    b: 's26 c25',
    ways: [
      ['a', 'c25/5d', 's26/5d c25/5d'],
      ['b', 's26/3 c25/5', 'c25/5'],
    ],
  },
  {
    a: 'c27',
    rewrite: 'push s28 c29',
    b: 's28 c29',
    ways: [
      ['a', 'c27/5', 's28/5 c29/5 c27/5'],
      ['b', 's28/1 c29/2 c27/3', 'c27/3'],
      // What is left must be the service's own tags.
      ['b', 's28 c29 c26', undefined],
      ['b', 's28 c29', undefined],
    ],
  },
  {
    a: 'c30',
    rewrite: 'translate c31',
    b: 'c31',
    ways: [
      ['a', 'c30/5', 'c31/5'],
      ['b', 'c31/6d c7', 'c30/6d c7'],
    ],
  },
  {
    a: 'c32',
    rewrite: 'translate s33',
    b: 's33',
    ways: [
      ['a', 'c32/5', 's33/5'],
      ['b', 's33/6', 'c32/6'],
    ],
  },
  {
    a: 'c34',
    rewrite: 'translate s35 c36',
    b: 's35 c36',
    ways: [
      ['a', 'c34/5', 's35/5 c36/5'],
      ['b', 's35/4 c36/2', 'c34/4'],
    ],
  },
  {
    a: 's37 c38',
    rewrite: 'translate c39',
    b: 'c39',
    ways: [
      ['a', 's37/4 c38/2', 'c39/4'],
      ['b', 'c39/3', 's37/3 c38/3'],
    ],
  },
  {
    a: 's40 c41',
    rewrite: 'translate s42 c43',
    b: 's42 c43',
    ways: [
      ['a', 's40/4 c41/2', 's42/4 c43/2'],
      ['b', 's42/4d c43/1', 's40/4d c41/1'],
    ],
  },
  {
    // Without a rewrite a frame never changes its VLAN.
    a: 'c50',
    rewrite: 'none',
    b: 'c51',
    ways: [
      ['a', 'c50', undefined],
      ['b', 'c51', undefined],
    ],
  },
];

const tags = (driver: Driver): Case => ({
  id: `tags-${driver}`,
  shows: `frames go by one tag or two to their service, and rewrites have an exact reverse, on ${driver} ports`,
  async run() {
    const router = await Router.start();
    try {
      const wire = await Wire.connect(router, ['a', 'b'], driver);
      await configure(router, [
        interfaces(
          port('a', router.device('a'), driver),
          port('b', router.device('b'), driver),
          service({ name: 'b.c1', parent: 'b', tags: 'c1' }),
          ...classified.services.flatMap(({ name, tags: of, tells }) => [
            service({ name, parent: 'a', tags: of, rewrite: 'pop' }),
            service({ name: `b.${tells}`, parent: 'b', tags: tells }),
          ]),
          ...rewrites.flatMap(({ a, rewrite, b, bRewrite }) => [
            service({ name: `a ${a}`, parent: 'a', tags: a, rewrite }),
            service({ name: `b ${b}`, parent: 'b', tags: b, rewrite: bRewrite ?? 'none' }),
          ]),
        ),
        bridgeDomains(
          bridgeDomain('untagged', ['a', 'b.c1']),
          ...classified.services.map(({ name, tells }) => bridgeDomain(tells, [name, `b.${tells}`])),
          ...rewrites.map(({ a, b }) => bridgeDomain(`${a} ${b}`, [`a ${a}`, `b ${b}`])),
        ),
      ]);
      const passages: Passage[] = [...classified.passages, ...rewrites.flatMap(({ ways }) => ways)];
      const unknown = classified.unknown.map((none): Passage => ['a', none, undefined]);
      const all = [...passages, ...unknown];
      const frames = all.map(
        ([at, of]): Frame => ({ at, tags: of.replace(/^-$/, ''), from: station(at === 'a' ? 1 : 2) }),
      );
      const results = await wire.send(frames);
      assert.deepEqual(
        results.map((out, i) => [all[i]?.[0], all[i]?.[1], out]),
        all.map(([at, of, out]) => [at, of, out === undefined ? {} : { [at === 'a' ? 'b' : 'a']: out }]),
      );

      const client = await router.connect();
      const a = await InterfaceReading.of(client, 'a');
      assert.equal(a.drops('unknown-vlan'), classified.unknown.length, JSON.stringify(a.allDrops()));
      const mismatched = await InterfaceReading.of(client, 'b c51');
      assert.deepEqual(mismatched.allDrops(), { 'encapsulation-mismatch': 1 });
      await client.close();
      await wire.close();
      return [
        {
          what: 'frames with none to three tags that came out with exactly the tags they had to',
          value: passages.length,
        },
        { what: 'frames of unknown VLANs, dropped and counted', value: unknown.length },
      ];
    } finally {
      await router.stop();
    }
  },
});

export const cases: readonly Case[] = [tags('af-packet'), tags('af-xdp')];
