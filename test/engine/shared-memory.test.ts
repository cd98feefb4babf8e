/** Ports on shared memory with other processes: memif, vhost-user and virtio-user; and the reason for a PCI device. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { until } from '../../lab/run.ts';
import { LinkState } from '../../src/engine/gen/sluice_pb.js';
import type { EngineOperation } from '../../src/engine/operation.ts';
import { Engine, framesIn, joined, pcapPort, udpFrame, writeFrames } from '../engine.ts';

type Device = Extract<EngineOperation, { case: 'setPort' }>['value']['device'];

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-ports-'));
});
after(() => rmSync(folder, { recursive: true }));

const portOn = (device: Device, mtu = 0): EngineOperation => ({
  case: 'setPort',
  value: { name: 'peer', enabled: true, mtu, ...(device === undefined ? {} : { device }) },
});

let files = 0;

/** Where frames went that did not arrive. */
async function drops(engine: Engine): Promise<string> {
  const lines = [...(await engine.ports()).values()].map(({ name, counters, drops: reasons }) => {
    const { inUnicast, outUnicast, inDiscards, outDiscards, inErrors, outErrors } = counters ?? {};
    const lost = reasons.map(({ reason, packets }) => `${reason} ${packets}`).join(', ');
    return `${name}: in ${inUnicast} out ${outUnicast} discards ${inDiscards} ${outDiscards} errors ${inErrors} ${outErrors} ${lost}`;
  });
  return lines.join('\n');
}

/** Frames from one engine arrive at the other, in order and whole. */
async function passes(from: Engine, to: Engine, frames: readonly Buffer[]): Promise<void> {
  files += 1;
  const [name, sent, got] = [`f${files}`, join(folder, `sent${files}`), join(folder, `got${files}`)];
  writeFrames(sent, frames);
  const mtu = { mtu: 9216 };
  await to.apply([pcapPort(name, '', got, mtu), ...joined('x', name, 'peer')]);
  await from.apply([pcapPort(name, sent, '', mtu), ...joined('x', 'peer', name)]);
  const arrived = await framesIn(got, frames.length).catch(async (error: unknown) => {
    throw new Error(`${String(error)}\n${await drops(from)}\n${await drops(to)}`);
  });
  assert.deepEqual(
    arrived.map((frame) => frame.toString('hex')),
    frames.map((frame) => frame.toString('hex')),
  );
  for (const engine of [from, to]) {
    await engine.apply([
      { case: 'delete', value: { kind: 2, name } },
      { case: 'delete', value: { kind: 1, name } },
    ]);
  }
}

/** No more than the peer's buffers hold: what finds a full queue is dropped, as on any wire. */
const burst = (payload: number): Buffer[] =>
  Array.from({ length: payload > 1000 ? 50 : 500 }, (_, sequence) =>
    udpFrame({ flow: sequence % 7, sequence, payload }),
  );

/** Both ways, short and long. */
async function passesBothWays(a: Engine, b: Engine, longest = 9000): Promise<void> {
  await passes(a, b, burst(8));
  await passes(b, a, burst(8));
  await passes(a, b, burst(longest));
  await passes(b, a, burst(longest));
}

for (const kind of ['memif', 'vhost'] as const) {
  test(`${kind} carries frames between two engines, and again after either was killed`, {
    timeout: 120_000,
  }, async () => {
    const socket = join(folder, `${kind}.sock`);
    const server: Device =
      kind === 'memif'
        ? { case: 'memif', value: { socket, id: 3, secret: 'hidden' } }
        : { case: 'vhostUser', value: { socket } };
    const client: Device =
      kind === 'memif'
        ? { case: 'memif', value: { socket, id: 3, secret: 'hidden', role: 1 } }
        : { case: 'virtioUser', value: { socket } };
    const start = async (name: string, device: Device): Promise<Engine> => {
      const engine = await Engine.start(join(folder, `${kind}-${name}`));
      await engine.apply([portOn(device, 9216)]);
      return engine;
    };
    let a = await start('a', server);
    await a.link('peer', LinkState.LINK_DOWN);
    let b = await start('b', client);
    try {
      await Promise.all([a, b].map((engine) => engine.link('peer', LinkState.LINK_UP)));
      await passesBothWays(a, b);
      await b.stop('SIGKILL');
      await a.link('peer', LinkState.LINK_DOWN);
      b = await start('b', client);
      await Promise.all([a, b].map((engine) => engine.link('peer', LinkState.LINK_UP)));
      await passesBothWays(a, b);
      await a.stop('SIGKILL');
      await b.link('peer', kind === 'memif' ? LinkState.LINK_DOWN : LinkState.LINK_NOT_PRESENT);
      a = await start('a', server);
      await Promise.all([a, b].map((engine) => engine.link('peer', LinkState.LINK_UP)));
      await passesBothWays(a, b);
      // The last words of the one that stays.
      assert.equal(await b.stop(), 0);
      await a.link('peer', LinkState.LINK_DOWN);
      assert.equal(await a.stop(), 0);
    } finally {
      await Promise.all([a.stop('SIGKILL'), b.stop('SIGKILL')]);
    }
  });
}

test('a port without a descriptor goes on receiving after ports on short files have come and gone', {
  timeout: 60_000,
}, async () => {
  const socket = join(folder, 'naps.sock');
  const [a, b] = [await Engine.start(join(folder, 'naps-a')), await Engine.start(join(folder, 'naps-b'))];
  try {
    await a.apply([portOn({ case: 'memif', value: { socket } })]);
    await b.apply([portOn({ case: 'memif', value: { socket, role: 1 } })]);
    await Promise.all([a, b].map((engine) => engine.link('peer', LinkState.LINK_UP)));
    const file = join(folder, 'short');
    writeFrames(file, [udpFrame({ flow: 1, sequence: 1 })]);
    // The worker is at the file's end before or after the port is activated, as it happens.
    for (let time = 0; time < 20; time += 1) {
      await a.apply([pcapPort('short', file, '')]);
      await a.apply([{ case: 'delete', value: { kind: 1, name: 'short' } }]);
    }
    await passes(b, a, burst(8));
  } finally {
    await Promise.all([a.stop('SIGKILL'), b.stop('SIGKILL')]);
  }
});

test('memif speaks with testpmd, which comes and goes', { timeout: 60_000 }, async () => {
  const socket = join(folder, 'testpmd.sock');
  const engine = await Engine.start(join(folder, 'testpmd-a'));
  let peer: ChildProcess | undefined;
  try {
    await engine.apply([portOn({ case: 'memif', value: { socket } }), ...joined('x', 'peer')]);
    for (let time = 0; time < 2; time += 1) {
      const [sent, got] = [join(folder, `testpmd-sent${time}`), join(folder, `testpmd-got${time}`)];
      peer = spawn(
        'stdbuf',
        [
          ...['-oL', 'dpdk-testpmd'],
          ...['--no-huge', '-m', '64', '--no-pci', '--no-shconf', '--no-telemetry', '-l', '0,1'],
          `--vdev=net_memif0,role=client,id=0,socket=${socket},socket-abstract=no`,
          ...['--', '--forward-mode=macswap', '--auto-start', '--port-topology=loop', '--total-num-mbufs=4096'],
        ],
        { stdio: ['pipe', 'pipe', 'ignore'] },
      );
      const { stdout } = peer;
      // Its link is up before it has given the engine buffers to fill.
      let said = '';
      stdout?.on('data', (chunk: Buffer) => {
        said += chunk.toString();
      });
      await until('forwarding by testpmd', 20_000, () => said.includes('Press enter to exit') || undefined);
      await engine.link('peer', LinkState.LINK_UP);
      // It sends back what comes, with the addresses exchanged.
      const frames = Array.from({ length: 100 }, (_, sequence) => udpFrame({ flow: 1, sequence }));
      writeFrames(sent, frames);
      await engine.apply([pcapPort('w', sent, got), ...joined('x', 'peer', 'w')]);
      const back = await framesIn(got, frames.length);
      assert.equal(back[99]?.subarray(12).toString('hex'), frames[99]?.subarray(12).toString('hex'));
      assert.equal(back[99]?.readUIntBE(6, 6), 0x020000000002);
      await engine.apply([
        { case: 'delete', value: { kind: 2, name: 'w' } },
        { case: 'delete', value: { kind: 1, name: 'w' } },
      ]);
      peer.kill('SIGKILL');
      await engine.link('peer', LinkState.LINK_DOWN);
    }
    assert.equal(await engine.stop(), 0);
  } finally {
    peer?.kill('SIGKILL');
    await engine.stop('SIGKILL');
  }
});

test('a PCI device that is not there is refused with the reason', async () => {
  const engine = await Engine.start(join(folder, 'pci-a'));
  try {
    await assert.rejects(
      engine.apply([portOn({ case: 'pci', value: { address: 'fffe:03:00.0' } })]),
      /there is no PCI device fffe:03:00\.0/,
    );
    await assert.rejects(engine.apply([portOn({ case: 'pci', value: { address: '3:0.0' } })]), /such as 0000:03:00\.0/);
    assert.equal((await engine.ports()).size, 0);
  } finally {
    await engine.stop();
  }
});
