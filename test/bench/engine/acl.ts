/** Workloads of access lists: stateless, on the way in of a routed interface. */
import type { MessageInitShape } from '@bufbuild/protobuf';
import { AccessAction, type AccessRuleSchema } from '../../../src/engine/gen/sluice_pb.js';
import type { EngineOperation } from '../../../src/engine/operation.ts';
import { flowOf, flowPackets } from './flows.ts';
import { defaultRoute, onPorts, openflowRouted, routing, untagged } from './ip.ts';
import { addressText, bytes4 } from './prefixes.ts';
import { Xorshift } from './random.ts';
import type { Workload } from './workload.ts';

/** A rule as the generators think of it; both engines get their own form of it. */
interface Rule {
  readonly accept: boolean;
  readonly protocol?: number;
  readonly source: readonly [address: number, length: number];
  readonly destination: readonly [address: number, length: number];
  readonly sourcePort?: number;
  readonly destinationPorts?: readonly [lower: number, upper: number];
}

const any = [0, 0] as const;
const permitAll: Rule = { accept: true, source: any, destination: any };
const flows = 1_000;

/** The n-th flow has the n-th rule: one mask for all. */
function oneMask(): Rule[] {
  return Array.from({ length: 1_000 }, (_, n): Rule => {
    const flow = flowOf(n);
    return {
      accept: true,
      protocol: 17,
      source: [flow.sourceAddress, 32],
      destination: [flow.destinationAddress, 32],
      sourcePort: flow.sourcePort,
    };
  });
}

function covers([address, length]: readonly [number, number], other: number): boolean {
  return length === 0 || address >>> (32 - length) === other >>> (32 - length);
}

/** 999 rules of many forms, in the flows' own part of the address space, that stop none of them; the last one permits. */
export function diverse(): Rule[] {
  const random = new Xorshift(0x0ac1_5eedn);
  const rules: Rule[] = [];
  const all = Array.from({ length: flows }, (_, n) => flowOf(n));
  const prefix = (base: number, lengths: readonly number[]): readonly [number, number] => {
    const length = lengths[random.below(lengths.length)] ?? 32;
    const address = length === 0 ? 0 : ((base | random.below(0x100_0000)) & (0xffff_ffff << (32 - length))) >>> 0;
    return [address, length];
  };
  while (rules.length < 999) {
    const lower = random.below(60_000);
    const kind = random.below(3);
    const protocol = [17, 6, 1][random.below(3)] ?? 17;
    const rule: Rule = {
      accept: false,
      protocol,
      source: prefix(0x0a00_0000, [0, 8, 12, 16, 20, 24, 28, 32]),
      destination: prefix(0x1400_0000, [8, 12, 16, 18, 20, 22, 24, 26, 28, 30, 32]),
      ...(protocol === 1 || kind === 0
        ? {}
        : { destinationPorts: kind === 1 ? [lower, lower] : [lower, lower + random.below(5_000)] }),
    };
    const stopped = all.some(
      (flow) =>
        protocol === 17 &&
        covers(rule.source, flow.sourceAddress) &&
        covers(rule.destination, flow.destinationAddress) &&
        (rule.destinationPorts === undefined ||
          (flow.destinationPort >= rule.destinationPorts[0] && flow.destinationPort <= rule.destinationPorts[1])),
    );
    if (!stopped) rules.push(rule);
  }
  return [...rules, permitAll];
}

function accessRule(rule: Rule, at: number): MessageInitShape<typeof AccessRuleSchema> {
  const prefix = ([address, length]: readonly [number, number]) =>
    length === 0 ? undefined : { address: bytes4(address), length };
  const [source, destination] = [prefix(rule.source), prefix(rule.destination)];
  return {
    name: `${at + 1}`,
    action: rule.accept ? AccessAction.ACCEPT : AccessAction.DROP,
    protocol: rule.protocol ?? -1,
    dscp: -1,
    icmpType: -1,
    icmpCode: -1,
    ...(source === undefined ? {} : { source }),
    ...(destination === undefined ? {} : { destination }),
    ...(rule.sourcePort === undefined ? {} : { sourcePort: { lower: rule.sourcePort, upper: rule.sourcePort } }),
    ...(rule.destinationPorts === undefined
      ? {}
      : { destinationPort: { lower: rule.destinationPorts[0], upper: rule.destinationPorts[1] } }),
  };
}

export function accessList(name: string, rules: readonly Rule[]): EngineOperation {
  return {
    case: 'setAccessList',
    value: { name, family: { case: 'ipv4', value: true }, rules: rules.map(accessRule) },
  };
}

/** Ranges of ports as OpenFlow's masks. */
function portMasks(lower: number, upper: number): string[] {
  const masks: string[] = [];
  for (let at = lower; at <= upper; ) {
    let size = 1;
    while (at % (size * 2) === 0 && at + size * 2 - 1 <= upper) size *= 2;
    masks.push(`0x${at.toString(16)}/0x${(0x10000 - size).toString(16)}`);
    at += size;
  }
  return masks;
}

export function openflowRules(rules: readonly Rule[], permitted: string): string[] {
  return rules.flatMap((rule, at) => {
    const head = [`priority=${rules.length - at}`, 'ip'];
    if (rule.protocol !== undefined) head.push(`nw_proto=${rule.protocol}`);
    const [[source, sourceLength], [destination, destinationLength]] = [rule.source, rule.destination];
    if (sourceLength > 0) head.push(`nw_src=${addressText(bytes4(source))}/${sourceLength}`);
    if (destinationLength > 0) head.push(`nw_dst=${addressText(bytes4(destination))}/${destinationLength}`);
    if (rule.sourcePort !== undefined) head.push(`tp_src=${rule.sourcePort}`);
    const ports = rule.destinationPorts === undefined ? [''] : portMasks(...rule.destinationPorts);
    const actions = rule.accept ? permitted : 'drop';
    return ports.map((mask) => [...head, ...(mask === '' ? [] : [`tp_dst=${mask}`]), `actions=${actions}`].join(','));
  });
}

function acl(id: string, what: string, rules: () => Rule[]): Workload {
  return {
    id,
    what,
    packets: { a: () => flowPackets(flows) },
    objects: () => [accessList('bench', rules()), ...untagged, ...routing(onPorts, [{ aclInIpv4: 'bench' }, {}])],
    routes: () => [defaultRoute],
    openflow: () => openflowRules(rules(), openflowRouted),
  };
}

export const aclWorkloads: readonly Workload[] = [
  acl('acl-1k-onemask', 'access list, 1,000 rules of one mask, 1,000 flows', oneMask),
  acl('acl-1k-diverse', 'access list, 1,000 rules of many masks, 1,000 flows', diverse),
];
