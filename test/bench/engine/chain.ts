/**
 * Workloads of the flow cache. The chain of 8: tag away → bridge domain → router's interface in it → access list →
 * route → access list → interface in the second bridge domain → tag. The chain of 1: one access list between two ports.
 */
import { TagRewrite } from '../../../src/engine/gen/sluice_pb.js';
import type { EngineOperation } from '../../../src/engine/operation.ts';
import { accessList, diverse, openflowRules } from './acl.ts';
import { attackedPackets, flowPackets } from './flows.ts';
import { defaultRoute, macBytes, neighbourMac, onPorts, openflowRouted, routing, untagged } from './ip.ts';
import type { Workload } from './workload.ts';

const vlanIn = 100;
const vlanOut = 200;

function segment(name: string, port: string, vid: number): EngineOperation[] {
  return [
    { case: 'setBridgeDomain', value: { name, learning: true, ageingSeconds: 300, floodUnknownUnicast: true } },
    {
      case: 'setLogicalPort',
      value: {
        name: port,
        port,
        bridgeDomain: name,
        enabled: true,
        match: [{ vid }],
        rewrite: TagRewrite.REWRITE_POP,
      },
    },
  ];
}

function chain8(cacheOff: boolean): EngineOperation[] {
  const rules = diverse();
  return [
    { case: 'setSettings', value: { flowCacheOff: cacheOff, flowLimit: 1_100_000 } },
    accessList('in', rules),
    accessList('out', rules),
    ...segment('left', 'a', vlanIn),
    ...segment('right', 'b', vlanOut),
    {
      case: 'setStaticMac',
      value: { name: 'neighbour', bridgeDomain: 'right', logicalPort: 'b', mac: macBytes(neighbourMac) },
    },
    ...routing(
      [
        { case: 'bridgeDomain', value: 'left' },
        { case: 'bridgeDomain', value: 'right' },
      ],
      [{ aclInIpv4: 'in' }, { aclOutIpv4: 'out' }],
    ),
  ];
}

/** A table each for the tag, the bridge domain, the two access lists, the route, the rewrite and the tag. */
function openflowChain(): string[] {
  const rules = diverse();
  return [
    `table=0,in_port=1,dl_vlan=${vlanIn},actions=pop_vlan,resubmit(,1)`,
    'table=1,actions=resubmit(,2)',
    'table=2,ip,actions=resubmit(,3)',
    ...openflowRules(rules, 'resubmit(,4)').map((rule) => `table=3,${rule}`),
    'table=4,ip,actions=resubmit(,5)',
    ...openflowRules(rules, 'resubmit(,6)').map((rule) => `table=5,${rule}`),
    `table=6,ip,actions=${openflowRouted.replace('output:2', 'resubmit(,7)')}`,
    `table=7,actions=push_vlan:0x8100,set_field:${vlanOut | 0x1000}->vlan_vid,output:2`,
  ];
}

function chain(id: string, what: string, flows: number, cacheOff = false): Workload {
  return {
    id,
    what,
    packets: { a: () => flowPackets(flows, vlanIn) },
    objects: () => chain8(cacheOff),
    routes: () => [defaultRoute],
    ...(cacheOff ? {} : { openflow: openflowChain }),
  };
}

/** Random ports run into rules of all kinds: a part of the packets is dropped, which is the point. */
function attacked(id: string, what: string, attack: number, of: number, cacheOff = false): Workload {
  return {
    id,
    what,
    drops: true,
    packets: { a: () => attackedPackets(1_000, attack, of, vlanIn) },
    objects: () => chain8(cacheOff),
    routes: () => [defaultRoute],
  };
}

const oneStage: Workload = {
  id: 'chain-1-hit',
  what: 'flow cache, one stage, 1,000 flows',
  packets: { a: () => flowPackets(1_000) },
  objects: () => [accessList('in', diverse()), ...untagged, ...routing(onPorts, [{ aclInIpv4: 'in' }, {}])],
  routes: () => [defaultRoute],
};

export const chainWorkloads: readonly Workload[] = [
  oneStage,
  chain('chain-8-hit', 'flow cache, 8 stages, 1,000 flows', 1_000),
  chain('chain-8-nocache', 'the same 8 stages without the cache', 1_000, true),
  chain('flow-1k', 'flow cache, 8 stages, 1,000 flows', 1_000),
  chain('flow-1m', 'flow cache, 8 stages, 1 million flows', 1_000_000),
  attacked('flow-calm', 'as flow-attack, without the attack', 0, 2),
  attacked('flow-attack', 'the same 1,000 flows, and as many packets with random ports', 1, 2),
  attacked('flow-attack-all', 'nothing but packets with random ports', 2, 2),
  attacked('flow-attack-nocache', 'the same without the cache', 2, 2, true),
];
