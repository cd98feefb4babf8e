import assert from 'node:assert/strict';
import type { NetconfClient } from '../../../src/northbound/netconf/client.ts';
import type { Case } from '../../case.ts';
import {
  blockPoint,
  blockPoints,
  bridgeDomain,
  bridgeDomains,
  ceNotifications,
  editConfig,
  interfaces,
  namespace,
  port,
} from '../../configuration.ts';
import { Router } from '../../router.ts';
import { InterfaceReading, service } from '../../service.ts';
import { configure } from '../../topology.ts';
import { broadcast, type Captured, type Frame, station, Wire } from '../../wire.ts';

const mvrpAddress = '01:80:c2:00:00:21';
const mvrpType = 0x88f5;
const multicast = '01:00:5e:00:00:01';

async function dropped(client: NetconfClient, onPort: string, vlan: string | number): Promise<[number, number]> {
  const filter = blockPoints(`<block-point><port>${onPort}</port><vlan-id>${vlan}</vlan-id></block-point>`);
  const xml = await client.rpc(`<get><filter>${filter}</filter></get>`);
  const leaf = (name: string): number => Number(new RegExp(`<${name}>(\\d+)<`).exec(xml)?.[1]);
  return [leaf('in-dropped'), leaf('out-dropped')];
}

/**
 * Unicast, multicast and broadcast of a VLAN both ways between a and b; which of them came out. In each VLAN, station 1
 * is behind a and station 2 behind b.
 */
async function allWays(wire: Wire, tags: string): Promise<string[]> {
  const frames: Frame[] = [2, 1].flatMap((to) => {
    const way = { at: to === 2 ? 'a' : 'b', tags, from: station(3 - to) };
    return [
      { ...way, to: station(to) },
      { ...way, to: multicast },
      { ...way, to: broadcast },
    ];
  });
  return (await wire.send(frames)).flatMap((out, i) =>
    Object.keys(out).length === 0 ? [] : `${frames[i]?.at} ${['unicast', 'multicast', 'broadcast'][i % 3]}`,
  );
}

const everyWay = ['a', 'b'].flatMap((at) => ['unicast', 'multicast', 'broadcast'].map((kind) => `${at} ${kind}`));

/** Each VLAN's services on both ports, the tag of a frame in it and the block point that stops it. */
const blocked = [
  { vlan: 'untagged', tags: '', frame: '' },
  { vlan: 10, tags: 'c10', frame: 'c10/3' },
  { vlan: 30, tags: 's30', frame: 's30' },
  // By the outer tag of its frames.
  { vlan: 40, tags: 's40 c7', frame: 's40 c7' },
] as const;

async function stops(wire: Wire, client: NetconfClient): Promise<number> {
  let frames = 0;
  for (const { vlan, tags, frame } of blocked) {
    const name = tags === '' ? 'a' : `a ${tags}`;
    await allWays(wire, frame);
    assert.deepEqual(await allWays(wire, frame), everyWay, `${vlan} is free`);
    await client.rpc(editConfig('running', blockPoints(blockPoint('a', vlan))));
    assert.deepEqual(await allWays(wire, frame), [], `${vlan} is blocked`);
    // MRP and CFM frames of the customer are its payload, not the router's own protocols.
    const payload = [mvrpAddress, '01:80:c2:00:00:32', '01:80:c2:00:00:0e'];
    for (const [i, to] of payload.entries()) {
      const type = [mvrpType, 0x8902, 0x88cc][i] ?? 0;
      assert.deepEqual(await wire.exchange([{ at: 'a', tags: frame, to, type }]), []);
    }
    // Three ways each, and the two of them that are no reserved address.
    assert.deepEqual(await dropped(client, 'a', vlan), [3 + 2, 3]);
    const state = await InterfaceReading.of(client, name);
    assert.equal(state.drops('block-point'), 8, JSON.stringify(state.allDrops()));
    for (const other of blocked.filter((one) => one.vlan !== vlan)) {
      assert.deepEqual((await wire.send([{ at: 'a', tags: other.frame }]))[0], { b: other.frame || '-' });
    }
    await client.rpc(editConfig('running', blockPoints(blockPoint('a', vlan, 'delete'))));
    assert.deepEqual(await allWays(wire, frame), everyWay, `${vlan} is released`);
    frames += 6;
  }
  return frames;
}

/** The frames of one VLAN that came out of a cable, by the numbers that the wire gave them. */
const numbers = (captured: readonly Captured[], at: string): number[] =>
  captured.filter((one) => one.at === at).map((one) => Number.parseInt(one.payload.slice(0, 8), 16));

/** One commit moves a VLAN's block point from b to c: no frame goes to both, and none is lost to either. */
async function movesAtOnce(wire: Wire, client: NetconfClient): Promise<number> {
  const rounds = 6;
  const tags = 'c20';
  await client.rpc(editConfig('running', blockPoints(blockPoint('c', 20))));
  const frames = Array.from({ length: 500 }, (): Frame => ({ at: 'a', tags }));
  let total = 0;
  let during = 0;
  for (let round = 0; round < rounds; round++) {
    const [from, to] = round % 2 === 0 ? ['b', 'c'] : ['c', 'b'];
    const flowing = wire.exchange(frames, { perSecond: 1000 });
    await new Promise((resolve) => setTimeout(resolve, 350));
    await client.rpc(editConfig('running', blockPoints(blockPoint(from, 20), blockPoint(to, 20, 'delete'))));
    const captured = await flowing;
    const [before, after] = [numbers(captured, from), numbers(captured, to)];
    assert.equal(before.length + after.length, frames.length, `round ${round}: each frame came out once`);
    if (before.length > 0 && after.length > 0) during += 1;
    assert.ok(Math.max(0, ...before) < Math.min(...after), `round ${round}: first all to ${from}, then all to ${to}`);
    total += frames.length;
  }
  assert.ok(during > 0, 'no change fell into the traffic');
  return total;
}

/** What the router itself sends passes its block point, and nothing of the customer does. */
async function letsItsOwnPass(wire: Wire, client: NetconfClient): Promise<void> {
  const told = `<ce-notification xmlns="${namespace.ceNotification}"><port>a</port><mac-move><enabled>false</enabled></mac-move><mvrp><enabled>true</enabled><offset>0</offset><offset>100</offset><periodic>false</periodic></mvrp></ce-notification>`;
  await client.rpc(editConfig('running', ceNotifications(told)));
  // What it declares at first.
  await wire.listen(400, 1500);
  const listening = wire.exchange([], { quietMs: 400, waitMs: 1500 });
  await client.rpc(editConfig('running', blockPoints(blockPoint('a', 10))));
  const own = (await listening).filter(({ at }) => at === 'a');
  assert.deepEqual(
    own.map(({ to, tags, type, payload }) => [to, tags, type, payload.slice(0, 20)]),
    // Leave (5): protocol version 0, attribute type 1 of 2 octets, one value from VID 10; 5 * 36 = 0xb4.
    [0, 1].map(() => [mvrpAddress, '', mvrpType, '0001020001000ab40000']),
  );
  assert.deepEqual(await allWays(wire, 'c10'), []);
  await client.rpc(editConfig('running', blockPoints(blockPoint('a', 10, 'delete'))));
}

const blockPointCase: Case = {
  id: 'block-points',
  shows: 'a block point stops all of a VLAN both ways, only that, at once for packets; the router’s own frames pass',
  async run() {
    const router = await Router.start();
    try {
      const names = ['a', 'b', 'c'];
      const wire = await Wire.connect(router, names);
      await configure(router, [
        interfaces(
          ...names.map((name) => port(name, router.device(name))),
          ...['a', 'b'].flatMap((parent) =>
            blocked
              .filter(({ tags }) => tags !== '')
              .map(({ tags }) => service({ name: `${parent} ${tags}`, parent, tags })),
          ),
          ...names.map((parent) => service({ name: `${parent} c20`, parent, tags: 'c20' })),
        ),
        bridgeDomains(
          ...blocked.map(({ tags }) =>
            bridgeDomain(
              tags || 'untagged',
              ['a', 'b'].map((name) => (tags === '' ? name : `${name} ${tags}`)),
            ),
          ),
          bridgeDomain(
            'moved',
            names.map((name) => `${name} c20`),
          ),
        ),
      ]);
      const client = await router.connect();
      const stopped = await stops(wire, client);
      const moved = await movesAtOnce(wire, client);
      await letsItsOwnPass(wire, client);
      await client.close();
      await wire.close();
      return [
        { what: 'frames that a block point stopped, by tag, kind and way', value: stopped },
        { what: 'frames through 6 commits that set one block point and release another', value: moved },
        { what: 'of them lost, or out of both ports', value: 0 },
      ];
    } finally {
      await router.stop();
    }
  },
};

export const cases: readonly Case[] = [blockPointCase];
