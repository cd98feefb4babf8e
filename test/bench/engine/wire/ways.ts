/** The ways between two veth devices that are compared: the engine's ports, and the kernel's bridge and router. */
import { create } from '@bufbuild/protobuf';
import { PortSchema } from '../../../../src/engine/gen/sluice_pb.js';
import type { EngineOperation } from '../../../../src/engine/operation.ts';
import { EngineProcess } from '../engine-process.ts';
import { left, right, type Target, type Topology } from './topology.ts';

export interface Way {
  readonly name: string;
  readonly target: Target;
  start(topology: Topology): Promise<{ stop(): Promise<void> }>;
}

const host = { mac: '02:00:00:00:99:02', address: '10.99.2.2' };
const routerMac = '02:00:00:00:99:0a';
const neighbourMac = '02:00:00:00:99:0b';
const bytes = (mac: string): Uint8Array => Buffer.from(mac.replaceAll(':', ''), 'hex');

const logicalPorts = (more: object): EngineOperation[] =>
  ['a', 'b'].map((name) => ({ case: 'setLogicalPort', value: { name, port: name, enabled: true, ...more } }));

const bridged: readonly EngineOperation[] = [
  { case: 'setBridgeDomain', value: { name: 'wire', learning: true, ageingSeconds: 300, floodUnknownUnicast: true } },
  ...logicalPorts({ bridgeDomain: 'wire' }),
];

const routed: readonly EngineOperation[] = [
  ...logicalPorts({}),
  { case: 'setVrf', value: { name: 'wire' } },
  ...(['a', 'b'] as const).map(
    (port, side): EngineOperation => ({
      case: 'setL3Interface',
      value: {
        name: port,
        vrf: 'wire',
        attachment: { case: 'logicalPort', value: port },
        enabled: true,
        ipv4: true,
        mac: bytes(routerMac),
        addresses: [{ address: Uint8Array.of(10, 99, side + 1, 1), prefixLength: 24 }],
      },
    }),
  ),
  {
    case: 'setStaticNeighbour',
    value: { name: 'host', interface: 'b', address: Uint8Array.of(10, 99, 2, 2), mac: bytes(neighbourMac) },
  },
];

function engine(name: string, kind: 'afPacket' | 'afXdp', objects: readonly EngineOperation[], target: Target): Way {
  return {
    name: `engine, ${kind === 'afXdp' ? 'AF_XDP' : 'AF_PACKET'}, ${name}`,
    target,
    async start(topology) {
      const it = await EngineProcess.start({ memory: 256, bench: false, namespace: topology.router });
      const port = (id: string, device: string): EngineOperation => ({
        case: 'setPort',
        value: create(PortSchema, { name: id, enabled: true, device: { case: kind, value: device } }),
      });
      try {
        await it.apply([port('a', left), port('b', right), ...objects]);
      } catch (error) {
        await it.stop();
        throw error;
      }
      return it;
    },
  };
}

const kernelBridge: Way = {
  name: 'kernel, bridge',
  target: host,
  async start(topology) {
    await topology.inRouter('ip', 'link', 'add', 'sb-br', 'type', 'bridge');
    await topology.inRouter('ip', 'link', 'set', 'sb-br', 'up');
    for (const device of [left, right]) await topology.inRouter('ip', 'link', 'set', device, 'master', 'sb-br');
    return {
      async stop() {
        await topology.inRouter('ip', 'link', 'del', 'sb-br');
      },
    };
  },
};

const kernelRouter: Way = {
  name: 'kernel, router',
  target: { mac: routerMac, address: host.address },
  async start(topology) {
    await topology.inRouter('ip', 'link', 'set', left, 'address', routerMac);
    for (const [side, device] of [left, right].entries())
      await topology.inRouter('ip', 'address', 'add', `10.99.${side + 1}.1/24`, 'dev', device);
    await topology.inRouter('ip', 'neighbour', 'replace', host.address, 'lladdr', neighbourMac, 'dev', right);
    await topology.inRouter('sysctl', '-qw', 'net.ipv4.ip_forward=1');
    return {
      async stop() {
        for (const device of [left, right]) await topology.inRouter('ip', 'address', 'flush', 'dev', device);
        await topology.inRouter('sysctl', '-qw', 'net.ipv4.ip_forward=0');
      },
    };
  },
};

export const ways: readonly Way[] = [
  engine('bridge', 'afPacket', bridged, host),
  engine('bridge', 'afXdp', bridged, host),
  kernelBridge,
  engine('router', 'afPacket', routed, { mac: routerMac, address: host.address }),
  engine('router', 'afXdp', routed, { mac: routerMac, address: host.address }),
  kernelRouter,
];
