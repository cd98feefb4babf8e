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
import { service } from '../../service.ts';
import { configure } from '../../topology.ts';
import { type Captured, type Frame, station, Wire } from '../../wire.ts';

const rarp = 0x8035;
const mvrp = 0x88f5;
const providerAddress = '01:80:c2:00:00:0d';
/** Behind the remote port. */
const stations = 8;
const macLimit = 5;
const framesPerSecond = 50;
const offsets = { macMove: [0, 400, 900], mvrp: [0, 600] };
/** Each request for a New is sent twice, JoinTime apart. */
const joinTime = 200;
/** Machines are shared. */
const late = 150;

const leaves = (name: string, values: readonly number[]): string =>
  values.map((value) => `<${name}>${value}</${name}>`).join('');

const told = `<ce-notification xmlns="${namespace.ceNotification}"><port>a</port><mac-move>${leaves('offset', offsets.macMove)}<mac-limit>${macLimit}</mac-limit><frames-per-second>${framesPerSecond}</frames-per-second></mac-move><mvrp><enabled>true</enabled>${leaves('offset', offsets.mvrp)}<provider-address>true</provider-address><periodic>false</periodic></mvrp></ce-notification>`;

async function method(client: NetconfClient, name: string): Promise<{ sent: number; dropped: number; vlan?: string }> {
  const filter = `<ce-notifications xmlns="${namespace.ceNotification}"><ce-notification><port>a</port></ce-notification></ce-notifications>`;
  const xml = await client.rpc(`<get><filter>${filter}</filter></get>`);
  const entry = xml.split('<method>').find((part) => part.includes(`<name>${name}</name>`)) ?? '';
  const leaf = (of: string): string | undefined => new RegExp(`<${of}>([^<]*)<`).exec(entry)?.[1];
  return {
    sent: Number(leaf('frames-sent')),
    dropped: Number(leaf('frames-dropped')),
    ...(leaf('last-vlan-id') === undefined ? {} : { vlan: leaf('last-vlan-id') as string }),
  };
}

/** Milliseconds of each frame after the first. */
const times = (frames: readonly Captured[]): number[] =>
  frames.map(({ ns }) => Number(ns - (frames[0]?.ns ?? 0n)) / 1e6);

/** The n-th repetition begins at its offset, no earlier and not much later. */
function assertOffsets(starts: readonly number[], wanted: readonly number[]): void {
  assert.equal(starts.length, wanted.length, String(starts));
  for (const [i, start] of starts.entries()) {
    const offset = wanted[i] ?? 0;
    assert.ok(start > offset - 20 && start < offset + late, `repetition ${i} of ${wanted} at ${start} ms`);
  }
}

const timing: Case = {
  id: 'notification-timing',
  shows: 'mac-move and MVRP keep to their offsets, limit, pace and address',
  async run() {
    const router = await Router.start();
    try {
      const wire = await Wire.connect(router, ['a', 'b']);
      await configure(router, [
        interfaces(
          ...['a', 'b'].flatMap((name) => [
            port(name, router.device(name)),
            service({ name: `${name}.10`, parent: name, tags: 's10' }),
          ]),
        ),
        bridgeDomains(bridgeDomain('x', ['a.10', 'b.10'])),
        blockPoints(blockPoint('a', 10)),
        ceNotifications(told),
      ]);
      const client = await router.connect();
      const hellos = Array.from(
        { length: stations },
        (_, i): Frame => ({ at: 'b', tags: 's10', from: station(i + 1) }),
      );
      await wire.send(hellos);
      await wire.listen(600, 2000);

      const listening = wire.listen(1000, 4000);
      await client.rpc(editConfig('running', blockPoints(blockPoint('a', 10, 'delete'))));
      const captured = (await listening).filter(({ at }) => at === 'a');

      const moves = captured.filter(({ type }) => type === rarp);
      const moveTimes = times(moves);
      // A pause above the pace's tells repetitions apart.
      const starts = moveTimes.flatMap((time, i) => (i === 0 || time - (moveTimes[i - 1] ?? 0) > 100 ? [i] : []));
      assertOffsets(
        starts.map((i) => moveTimes[i] ?? 0),
        offsets.macMove,
      );
      const [own] = moves.map(({ from }) => from);
      for (const [i, start] of starts.entries()) {
        const burst = moves.slice(start, starts[i + 1]);
        const announced = burst.filter(({ from }) => from !== own);
        assert.equal(announced.length, macLimit);
        assert.equal(new Set(announced.map(({ from }) => from)).size, macLimit);
        for (const { to, tags } of announced) assert.deepEqual([to, tags], [own, 's10']);
        const took = (moveTimes[start + burst.length - 1] ?? 0) - (moveTimes[start] ?? 0);
        // The first may leave at once.
        const least = ((burst.length - 2) * 1000) / framesPerSecond;
        assert.ok(took > least * 0.8, `${burst.length} frames in ${took} ms at ${framesPerSecond} a second`);
      }

      const news = captured.filter(({ type }) => type === mvrp);
      assertOffsets(
        times(news),
        offsets.mvrp.flatMap((at) => [at, at + joinTime]),
      );
      for (const { to, tags, payload } of news) {
        // Version 0, attribute type 1 of 2 octets, one value from VID 10: New (0).
        assert.deepEqual([to, tags, payload.slice(0, 20)], [providerAddress, '', '0001020001000a000000']);
      }
      const [macMove, byMvrp] = await Promise.all(['mac-move', 'mvrp'].map((name) => method(client, name)));
      assert.equal(macMove?.sent, moves.length);
      assert.equal(macMove?.dropped, (stations - macLimit) * offsets.macMove.length);
      assert.equal(macMove?.vlan, '10');
      assert.equal(byMvrp?.vlan, '10');
      await client.close();
      await wire.close();
      return [
        {
          what: `mac-move frames: ${offsets.macMove.length} repetitions, ${macLimit} of ${stations} addresses`,
          value: moves.length,
        },
        { what: `MVRP frames to ${providerAddress}`, value: news.length },
      ];
    } finally {
      await router.stop();
    }
  },
};

export const cases: readonly Case[] = [timing];
