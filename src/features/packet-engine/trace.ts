/** The rpc trace-packet: follows one packet through the tables of the packet engine as they are. */
import type { View } from '../../datastore/view/view.ts';
import type { TraceStep } from '../../engine/gen/sluice_pb.js';
import { build, type PlainData } from '../../yang/data/build.ts';
import { findChild, findValue } from '../../yang/data/find.ts';
import type { DataNode } from '../../yang/data/node.ts';
import { FaultError } from '../../yang/fault.ts';
import { addressBytes, macBytes } from '../address.ts';
import { type EngineQueries, engineState } from '../engine-state.ts';
import type { Interface, InterfaceModel } from '../interfaces/model.ts';
import type { Operation } from '../operations.ts';
import { frameOf } from './frame.ts';

const RPC = '/sluice-forwarding:trace-packet';
const LONGEST_FRAME = 9234;
const SHORTEST_FRAME = 14;

/** Where the configuration of an object of the engine is, by the word for its kind. */
const places: Readonly<Record<string, (name: string) => string>> = {
  port: (name) => `/ietf-interfaces:interfaces/interface[name=${quoted(name)}]`,
  'logical-port': (name) => `/ietf-interfaces:interfaces/interface[name=${quoted(name)}]`,
  'l3-interface': (name) => `/ietf-interfaces:interfaces/interface[name=${quoted(name)}]`,
  'bridge-domain': (name) => `/sluice-bridge-domains:bridge-domains/bridge-domain[name=${quoted(name)}]`,
  'cross-connect': (name) => `/sluice-cross-connects:cross-connects/cross-connect[name=${quoted(name)}]`,
  'block-point': blockPoint,
  vrf: (name) => `/ietf-network-instance:network-instances/network-instance[name=${quoted(name)}]`,
  'access-list': (name) => `/ietf-access-control-list:acls/acl[name=${quoted(name)}]`,
};

export function tracePacket(
  interfaces: InterfaceModel,
  engine: EngineQueries,
  running: () => View,
): [string, Operation] {
  return [
    'sluice-forwarding:trace-packet',
    async ({ rpc, input }) => {
      const found = interfaceOf(findValue(input, 'interface') ?? '');
      const frame = await frameFrom(found, input);
      const port = found.kind === 'sub-interface' ? found.parent : found.name;
      const parts = await engine.query({ case: 'trace', value: { port, frame } });
      if (parts === undefined) throw refuse('operation-failed', RPC, 'The packet engine does not answer.');
      return build(rpc.output, { step: parts.flatMap((part) => part.trace.map(plainStep)) });
    },
  ];

  function interfaceOf(name: string): Interface {
    const found = interfaces.read(running(), name);
    if (found?.kind === 'port' || found?.kind === 'sub-interface') return found;
    throw refuse('invalid-value', `${RPC}/interface`, 'Packets come in by a physical port or a VLAN sub-interface.');
  }

  async function frameFrom(found: Interface, input: readonly DataNode[]): Promise<Uint8Array> {
    const whole = findValue(input, 'frame');
    if (whole !== undefined) {
      const frame = Buffer.from(whole.replaceAll(':', ''), 'hex');
      if (frame.length >= SHORTEST_FRAME && frame.length <= LONGEST_FRAME) return frame;
      throw refuse('invalid-value', `${RPC}/frame`, `A frame has ${SHORTEST_FRAME} to ${LONGEST_FRAME} octets.`);
    }
    const flow = findChild(input, 'flow')?.children ?? [];
    const value = (name: string, otherwise = ''): string => findValue(flow, name) ?? otherwise;
    const source = addressBytes(value('source-address'));
    const destination = addressBytes(value('destination-address'));
    if (source.length !== destination.length) {
      throw refuse('invalid-value', `${RPC}/flow/destination-address`, 'The addresses are of one family.');
    }
    const mac = findValue(flow, 'destination-mac');
    return frameOf({
      sourceMac: macBytes(value('source-mac', '02:00:00:00:00:01')),
      destinationMac: mac === undefined ? await routerMac(found.name) : macBytes(mac),
      tags: found.kind === 'sub-interface' ? found.match : [],
      source,
      destination,
      protocol: Number(value('protocol', '17')),
      sourcePort: Number(value('source-port', '49152')),
      destinationPort: Number(value('destination-port', '33434')),
      ttl: Number(value('ttl', '64')),
      dscp: Number(value('dscp', '0')),
      length: Number(value('length', '64')),
    });
  }

  /** What stations on the interface send to when they send to the router. */
  async function routerMac(name: string): Promise<Uint8Array> {
    const mac = (await engineState(engine, 'l3Interfaces', [name]))?.get(name)?.mac;
    if (mac?.length === 6) return mac;
    const message = `The router has no address on ${name}: the destination-mac is to be given.`;
    throw refuse('missing-element', `${RPC}/flow/destination-mac`, message);
  }
}

function refuse(
  tag: 'invalid-value' | 'operation-failed' | 'missing-element',
  path: string,
  message: string,
): FaultError {
  return new FaultError({ type: 'application', tag, path, message });
}

function plainStep(step: TraceStep): PlainData {
  return {
    stage: step.stage,
    verdict: step.verdict || undefined,
    drop: step.drop ? '' : undefined,
    configuration: configurationOf(step.object),
    detail: step.detail || undefined,
    'skipped-on-hit': step.skippedOnHit ? '' : undefined,
    frame:
      step.frame.length > 0
        ? Buffer.from(step.frame)
            .toString('hex')
            .replace(/..(?!$)/g, '$&:')
        : undefined,
  };
}

/** The configuration of an object as the engine names it, `kind:name`; undefined where it has none of its own. */
export function configurationOf(object: string): string | undefined {
  const colon = object.indexOf(':');
  if (colon < 0) return undefined;
  return places[object.slice(0, colon)]?.(object.slice(colon + 1));
}

/** Named `port/vid`; names of ports may hold slashes. */
function blockPoint(name: string): string {
  const slash = name.lastIndexOf('/');
  const vid = name.slice(slash + 1);
  const port = quoted(name.slice(0, slash));
  return `/sluice-block-points:block-points/block-point[port=${port}][vlan-id='${vid === '0' ? 'untagged' : vid}']`;
}

function quoted(text: string): string {
  return text.includes("'") ? `"${text}"` : `'${text}'`;
}
