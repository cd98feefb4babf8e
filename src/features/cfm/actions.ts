/** The tests of a MEP on demand: loopback, linktrace, delay-measurement, loss-measurement. */
import type { View } from '../../datastore/view/view.ts';
import { type CfmLinktraceHop, CfmTestKind, type CfmTestReply } from '../../engine/gen/sluice_pb.js';
import { build, type PlainData } from '../../yang/data/build.ts';
import { findValue } from '../../yang/data/find.ts';
import type { DataNode } from '../../yang/data/node.ts';
import { FaultError } from '../../yang/fault.ts';
import { macBytes } from '../address.ts';
import type { EngineQueries } from '../engine-state.ts';
import type { Operation } from '../operations.ts';
import { type CfmModel, MEP } from './model.ts';
import { egressActions, ingressActions, macText, relayActions } from './words.ts';

/** The engine ends a test after 300 s at most. */
const DEADLINE_MS = 330_000;

const tests: readonly (readonly [name: string, kind: CfmTestKind, output: (reply: CfmTestReply) => PlainData])[] = [
  [
    'loopback',
    CfmTestKind.CFM_LOOPBACK,
    (reply) => ({ ...counts(reply), 'out-of-order': reply.outOfOrder, 'bad-msdu': reply.damaged, ...delays(reply) }),
  ],
  [
    'linktrace',
    CfmTestKind.CFM_LINKTRACE,
    (reply) => ({ 'transaction-id': reply.firstId, response: reply.hops.map(response) }),
  ],
  ['delay-measurement', CfmTestKind.CFM_DELAY, (reply) => ({ ...counts(reply), ...delays(reply) })],
  [
    'loss-measurement',
    CfmTestKind.CFM_LOSS,
    (reply) => ({
      ...counts(reply),
      'far-end-lost': reply.farEndLost,
      'near-end-lost': reply.nearEndLost,
      undecided: reply.undecided,
    }),
  ],
];

/** By the path of the action's node. */
export function cfmActions(
  model: CfmModel,
  engine: EngineQueries,
  running: () => View,
): readonly [string, Operation][] {
  return tests.map(([name, kind, output]) => [
    `${MEP}/${name}`,
    async ({ rpc, target, input }) => {
      const key = model.keys.rowOf(target)?.key;
      if (key === undefined || running().get(key) === undefined) {
        throw fault('data-missing', target, 'There is no such MEP.');
      }
      const mep = model.nameOf(model.idOf(key));
      const reply = await engineReply(engine, target, { mep, kind, ...wishOf(input) });
      return build(rpc.output, output(reply));
    },
  ]);
}

type Wish = ReturnType<typeof wishOf> & { readonly mep: string; readonly kind: CfmTestKind };

async function engineReply(engine: EngineQueries, target: string, value: Wish): Promise<CfmTestReply> {
  const reply = await engine.request?.({ case: 'cfmTest', value }, DEADLINE_MS, target);
  if (reply?.case !== 'cfmTest') throw fault('operation-failed', target, 'The packet engine does not answer.');
  return reply.value;
}

function wishOf(input: readonly DataNode[]) {
  const number = (name: string): number => Number(findValue(input, name) ?? 0);
  const address = findValue(input, 'dest-mac-address');
  return {
    destination:
      address === undefined
        ? ({ case: 'mepId', value: number('dest-mep-id') } as const)
        : ({ case: 'mac', value: macBytes(address) } as const),
    count: number('messages'),
    intervalMs: number('interval'),
    timeoutMs: number('timeout'),
    dataSize: number('data-size'),
    priority: findValue(input, 'priority') === undefined ? DEFAULT_PRIORITY : number('priority'),
    dropEligible: findValue(input, 'drop-eligible') === 'true',
    ttl: number('ttl'),
    useFdbOnly: findValue(input, 'use-fdb-only') === 'true',
  };
}

const DEFAULT_PRIORITY = 7;

function counts({ sent, received }: CfmTestReply): PlainData {
  return { sent, received };
}

function delays(reply: CfmTestReply): PlainData {
  if (reply.delayMax === 0n) return {};
  return {
    'minimum-delay': String(reply.delayMin),
    'average-delay': String(reply.delayAverage),
    'maximum-delay': String(reply.delayMax),
    jitter: String(reply.jitter),
  };
}

function response(hop: CfmLinktraceHop, index: number): PlainData {
  return {
    'receive-order': index + 1,
    ttl: hop.ttl,
    forwarded: hop.forwarded,
    'terminal-mep': hop.terminalMep,
    relay: relayActions[hop.relayAction],
    'mac-address': macText(hop.mac),
    ingress: ingressActions[hop.ingressAction],
    'ingress-mac': hop.ingressMac.length > 0 ? macText(hop.ingressMac) : undefined,
    egress: egressActions[hop.egressAction],
    'egress-mac': hop.egressMac.length > 0 ? macText(hop.egressMac) : undefined,
  };
}

function fault(tag: 'data-missing' | 'operation-failed', path: string, message: string): FaultError {
  return new FaultError({ type: 'application', tag, path, message });
}
