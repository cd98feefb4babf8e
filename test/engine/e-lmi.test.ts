/** E-LMI against a CE that scapy plays frame by frame; every frame of the engine is decoded by tshark. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { cable, deleteNamespaces, makeNamespaces } from '../../lab/host.ts';
import { until } from '../../lab/run.ts';
import { ELmiMapType, LinkState } from '../../src/engine/gen/sluice_pb.js';
import type { EngineOperation } from '../../src/engine/operation.ts';
import { Capture } from '../capture.ts';
import { domain, Engine, ringPort } from '../engine.ts';
import { Wire } from '../wire.ts';

const id = `${process.pid % 100000}`;
const namespace = `el${id}`;
const device = `el${id}a`;
const [full, check, continued] = [0, 1, 3];

/** STATUS ENQUIRY with its sequence numbers. */
const enquiry = (report: number, send: number, receive: number): string =>
  Buffer.from([1, 0x75, 1, 1, report, 2, 2, send, receive, 3, 5, 0, 0, 0, 0, 0]).toString('hex').padEnd(92, '0');

const block = (vid: number): EngineOperation => ({
  case: 'setBlockPoint',
  value: { name: `${device}/${vid}`, port: device, vid, cause: 1 },
});

test('a CE is told of its EVCs, of changes at once, and of a CE that falls silent the router knows', {
  timeout: 90_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-e-lmi-'));
  await makeNamespaces([namespace]);
  const engine = await Engine.start(join(folder, 'socket'));
  let wire: Wire | undefined;
  let capture: Capture | undefined;
  try {
    await cable(device, namespace, 'ce');
    const evcs = Array.from({ length: 30 }, (_, i) => ({
      referenceId: i + 1,
      id: `evc-${'x'.repeat(80)}-${i + 1}`,
      multipoint: i === 0,
      vlans: i === 0 ? [10, 20] : [100 + i],
      ...(i === 0 && { bandwidth: { cir: 100_000n, cbs: 64n, eir: 50_000n, ebs: 32n, colorAware: true } }),
    }));
    await engine.apply([
      { case: 'setPort', value: { name: device, enabled: true, device: { case: 'afPacket', value: device } } },
      ringPort('core', 'nowhere'),
      domain('all'),
      ...[10, 20, 101].map(
        (vid): EngineOperation => ({
          case: 'setLogicalPort',
          value: {
            name: `${device}.${vid}`,
            port: device,
            bridgeDomain: 'all',
            enabled: true,
            match: [{ type: 0, vid }],
          },
        }),
      ),
      {
        case: 'setCeNotification',
        value: {
          port: device,
          eLmi: {
            enabled: true,
            uniId: 'customer 7',
            mapType: ELmiMapType.E_LMI_BUNDLING,
            pollingVerificationSeconds: 5,
            statusCounter: 2,
            pollingSeconds: 5,
            evcs,
          },
        },
      },
    ]);
    await engine.link(device, LinkState.LINK_UP);
    wire = await Wire.attach(namespace, ['ce']);
    capture = await Capture.start(namespace, 'ce', join(folder, 'e-lmi.pcap'));
    const peer = wire;
    let sequence = 0;
    let received = 0;
    /** Asks as a CE does; the answer from its EtherType on. */
    const ask = async (report: number, receive = received): Promise<Buffer> => {
      sequence += 1;
      const frames = await peer.bytes('ce', [`0180c200000702000000000988ee${enquiry(report, sequence, receive)}`]);
      const answer = frames.find(({ type, payload }) => type === 0x88ee && payload.startsWith('017d0101'));
      if (answer === undefined) throw new Error(`no answer to enquiry ${sequence}`);
      const bytes = Buffer.from(answer.payload, 'hex');
      assert.equal(bytes[8], sequence, 'the answer repeats our number');
      received = bytes[7] ?? 0;
      return bytes;
    };
    assert.equal((await ask(check))[4], check);
    // The whole of it does not fit one frame.
    let parts = 0;
    for (let report = full; ; report = continued) {
      const bytes = await ask(report);
      parts += 1;
      if (bytes[4] === full) break;
      assert.equal(bytes[4], continued);
    }
    await ask(check);
    t.diagnostic(`full status of ${evcs.length} EVCs: ${parts} frames`);
    assert.ok(parts > 1);
    const state = async () => (await engine.ceNotification(device))?.eLmi;
    let now = await state();
    assert.equal(now?.operational, true);
    assert.deepEqual([now?.sequenceErrors, now?.protocolErrors], [0n, 0n]);
    // EVC 1 and 2 are active, the others have no service here; none is new any more.
    assert.deepEqual(
      now?.evcs.slice(0, 3).map(({ status }) => status),
      [2, 2, 0],
    );

    // A change is told at once; a second one half a second (a tenth of T391) after it.
    const listening = peer.listen(1500, 4000);
    const from = BigInt(Date.now()) * 1_000_000n;
    await engine.apply([block(10), block(101)]);
    const told = (await listening).filter(({ type }) => type === 0x88ee);
    assert.deepEqual(
      told.map(({ payload }) => payload.slice(0, 20)),
      ['017d0101022103000104', '017d0101022103000200'],
    );
    const [first, second] = told.map(({ ns }) => ns);
    const apart = Number((second ?? 0n) - (first ?? 0n)) / 1e6;
    t.diagnostic(
      `commit → asynchronous frame: ${(Number((first ?? 0n) - from) / 1e6).toFixed(1)} ms; spaced ${apart.toFixed(0)} ms`,
    );
    assert.ok(apart > 450 && apart < 900, `${apart} ms`);

    // Numbers that do not follow are errors, and the CE that falls silent is given up.
    await ask(check, (received + 5) % 256);
    assert.equal((await state())?.sequenceErrors, 1n);
    await peer.bytes('ce', [`0180c200000702000000000988ee${'0275'.padEnd(92, '0')}`]);
    now = await until('the silent CE is given up', 15_000, async () => {
      const one = await state();
      return one?.operational === false ? one : undefined;
    });
    assert.ok((now?.timeouts ?? 0n) >= 1n);
    assert.equal(now?.protocolErrors, 1n);
    const captured = capture;
    await captured.stop();
    capture = undefined;
    assert.equal(await captured.malformed('elmi and not eth.src == 02:00:00:00:00:09'), 0);
    const text = await captured.text('elmi and not eth.src == 02:00:00:00:00:09');
    for (const said of [
      /UNI Identifier: customer 7/,
      /EVC Identifier: evc-x+-1\b/,
      /CE-VLAN ID: 20/,
      /CIR Magnitude: 1/,
      /CIR Multiplier: 10000/,
      /Color Mode Flag: (Set|True)/,
      /EVC Status Type: .*[Pp]artially/,
    ])
      assert.match(text, said);
  } finally {
    await capture?.stop();
    await wire?.close();
    assert.equal(await engine.stop(), 0);
    await deleteNamespaces([namespace]);
    rmSync(folder, { recursive: true });
  }
});
