/** BGP over a TAP while another port floods the router's address from memory, as fast as the engine takes it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { bgpConfiguration, Frr } from '../../lab/frr.ts';
import { deleteNamespaces, makeNamespaces, plainDevice } from '../../lab/host.ts';
import { ipBatch, run, runIn, until } from '../../lab/run.ts';
import type { EngineOperation } from '../../src/engine/operation.ts';
import { udpFrame, writeCapture } from '../bench/engine/packets.ts';
import { Engine } from '../engine.ts';

const id = `${process.pid % 100000}`;
const near = `cp${id}n`;
const far = `cp${id}f`;
const device = `cp${id}d`;
const routerMac = 0x0100_0000_01;
const floodMs = 5_000;

const macBytes = (mac: number): Uint8Array =>
  Uint8Array.from([2, ...Buffer.from(mac.toString(16).padStart(10, '0'), 'hex')]);

const router = (name: string, address: readonly number[], more: object = {}): EngineOperation[] => [
  { case: 'setLogicalPort', value: { name, port: name, enabled: true } },
  {
    case: 'setL3Interface',
    value: {
      name,
      vrf: 'main',
      attachment: { case: 'logicalPort', value: name },
      enabled: true,
      ipv4: true,
      mac: macBytes(routerMac),
      addresses: [{ address: Uint8Array.from(address), prefixLength: 24 }],
      ...more,
    },
  },
];

const bgp = (as: number, address: string, peer: string, peerAs: number): string[] =>
  bgpConfiguration({ as, address, peer, peerAs, keepaliveSeconds: 1, holdSeconds: 3 });

/** TCP from port 2000 to port 179 of 10.83.1.1. */
function bgpFrame(): Buffer {
  const frame = udpFrame({
    sourceMac: 2,
    destinationMac: routerMac,
    sourceAddress: 0x0a530102,
    destinationAddress: 0x0a530101,
    sourcePort: 2000,
    destinationPort: 179,
  });
  frame[14 + 9] = 6;
  // The header's checksum: 17 less 6 in the word of TTL and protocol.
  const sum = frame.readUInt16BE(24) + 11;
  frame.writeUInt16BE((sum & 0xffff) + (sum >> 16), 24);
  return frame;
}

test('BGP over a TAP survives a flood of the router from memory, and its packets skip what is behind', {
  timeout: 120_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-flood-'));
  await makeNamespaces([near, far]);
  const engine = await Engine.start(join(folder, 'socket'), ['--bench', '--cores', '1']);
  const daemons: Frr[] = [];
  try {
    await ipBatch([`link add ${device} type veth peer name eth0 netns ${far}`, `link set ${device} up`]);
    await plainDevice(undefined, device);
    await ipBatch(['link set lo up', 'link set eth0 up', 'address add 10.83.1.2/24 dev eth0'], far);
    await engine.apply([
      { case: 'setVrf', value: { name: 'main' } },
      { case: 'setPort', value: { name: 'a', enabled: true, device: { case: 'afPacket', value: device } } },
      ...router('a', [10, 83, 1, 1], { tap: { device: 'a0', networkNamespace: near } }),
    ]);
    await until('the router to answer', 20_000, () =>
      runIn(far, 'ping', '-c', '1', '-W', '1', '10.83.1.1').then(Boolean, () => undefined),
    );
    daemons.push(
      await Frr.start({ namespace: near, configuration: bgp(65001, '10.83.1.1', '10.83.1.2', 65002) }),
      await Frr.start({ namespace: far, configuration: bgp(65002, '10.83.1.2', '10.83.1.1', 65001) }),
    );
    const [ours] = daemons as [Frr];
    await until('BGP', 30_000, async () => (await ours.session('10.83.1.2')) === 'Established' || undefined);
    // What BGP's packets pass ends at the kernel.
    const stages = await engine.trace('a', bgpFrame());
    assert.equal(stages.at(-1), 'punt');
    assert.deepEqual(
      stages.filter((stage) => /rewrite|out|tx|bridge/.test(stage)),
      [],
    );
    // BFD where the engine has no session is the kernel's too.
    const bfd = { sourceMac: 2, destinationMac: routerMac, sourceAddress: 0x0a530102, destinationAddress: 0x0a530101 };
    assert.deepEqual(
      (await engine.trace('a', udpFrame({ ...bfd, sourcePort: 50_000, destinationPort: 3784 }))).slice(-2),
      ['bfd-in', 'punt'],
    );
    const rxFile = join(folder, 'flood.pcap');
    const flood = function* (): Generator<Buffer> {
      for (let flow = 0; flow < 1000; flow += 1)
        yield udpFrame({
          sourceMac: 0x99,
          destinationMac: routerMac,
          sourceAddress: 0x0a530202,
          destinationAddress: 0x0a530101,
          sourcePort: 1024 + flow,
        });
    };
    writeCapture(rxFile, flood());
    await engine.apply([
      { case: 'setPort', value: { name: 'b', enabled: true, device: { case: 'memory', value: { rxFile } } } },
      ...router('b', [10, 83, 2, 1]),
    ]);
    const received = async (): Promise<bigint> => (await engine.ports()).get('b')?.counters?.inUnicast ?? 0n;
    const [begun, before] = [performance.now(), await received()];
    // The flood lasts: three times what BGP waits for a word of its peer, and more.
    await sleep(floodMs);
    const perSecond = (Number((await received()) - before) / (performance.now() - begun)) * 1000;
    assert.equal(await ours.session('10.83.1.2'), 'Established');
    assert.equal(await ours.drops('10.83.1.2'), 0);
    const classes = await engine.controlPlane();
    t.diagnostic(`flood: ${(perSecond / 1e6).toFixed(2)} million packets/s`);
    t.diagnostic(`class "other": ${classes.get('other')?.accepted} taken, ${classes.get('other')?.dropped} dropped`);
    t.diagnostic(`class "bgp": ${classes.get('bgp')?.accepted} taken, ${classes.get('bgp')?.dropped} dropped`);
    assert.ok(perSecond > 100_000);
    assert.ok((classes.get('other')?.dropped ?? 0n) > 0n);
    assert.equal(classes.get('bgp')?.dropped, 0n);
  } finally {
    for (const daemon of daemons) await daemon.stop();
    assert.equal(await engine.stop(), 0);
    await run('ip', ['link', 'delete', device]).catch(() => undefined);
    await deleteNamespaces([near, far]);
    rmSync(folder, { recursive: true });
  }
});
