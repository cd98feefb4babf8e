/** What each leaf of ietf-access-control-list and sluice-access-lists does (../coverage.ts). */
import { AccessAction } from '../../engine/gen/sluice_pb.js';
import type { LeafEffect } from '../coverage.ts';
import { INTERFACE } from '../interfaces/model.ts';
import { ACE, ACL, ATTACHMENT } from './model.ts';

const L = `${ACL}[name='l']`;
const E = `${L}/aces/ace[name='e']`;
const type = (version: 4 | 6) => ({ type: `ietf-access-control-list:ipv${version}-acl-type` });
const accept = { 'actions/forwarding': 'ietf-access-control-list:accept' };
/** An entry of a list, and what its rule says. */
const entry = (version: 4 | 6, leaves: Record<string, string>, gives: Record<string, unknown>) =>
  ({
    set: { [L]: type(version), [E]: { ...accept, ...leaves } },
    object: '14:l',
    gives: Object.fromEntries(Object.entries(gives).map(([path, value]) => [`rules.0.${path}`, value])),
  }) as const;
const LO = `${INTERFACE}[name='lo']`;
const place = (direction: string, gives: Record<string, unknown>) =>
  ({
    set: {
      [L]: type(4),
      [LO]: { type: 'iana-if-type:softwareLoopback' },
      [`${LO}/ietf-ip:ipv4`]: {},
      [`${ATTACHMENT}[interface-id='lo']`]: {},
      [`${ATTACHMENT}[interface-id='lo']/${direction}/acl-sets/acl-set[name='l']`]: {},
    },
    object: '11:lo',
    gives,
  }) as const;

const M = `${ACE}/matches`;
const ipEffects = ([4, 6] as const).flatMap((version): LeafEffect[] => {
  const header = `matches/ipv${version}`;
  const prefix =
    version === 4
      ? { text: '192.0.2.0/24', bytes: Uint8Array.of(192, 0, 2, 0), length: 24 }
      : {
          text: '2001:db8::/32',
          bytes: Uint8Array.of(0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
          length: 32,
        };
  const given = { address: prefix.bytes, length: prefix.length };
  return [
    {
      leaf: `${M}/ipv${version}/dscp`,
      effect: 'the DSCP',
      ...entry(version, { [`${header}/dscp`]: '46' }, { dscp: 46 }),
    },
    {
      leaf: `${M}/ipv${version}/length`,
      effect: version === 4 ? 'the total length' : 'the payload length',
      ...entry(version, { [`${header}/length`]: '100' }, { length: { lower: 100, upper: 100 } }),
    },
    {
      leaf: `${M}/ipv${version}/ttl`,
      effect: version === 4 ? 'the time to live' : 'the hop limit',
      ...entry(version, { [`${header}/ttl`]: '1' }, { ttl: { lower: 1, upper: 1 } }),
    },
    {
      leaf: `${M}/ipv${version}/protocol`,
      effect: version === 4 ? 'the protocol' : 'the protocol behind the extension headers',
      ...entry(version, { [`${header}/protocol`]: '89' }, { protocol: 89 }),
    },
    {
      leaf: `${M}/ipv${version}/destination-ipv${version}-network`,
      effect: 'the prefix that the destination is in',
      ...entry(version, { [`${header}/destination-ipv${version}-network`]: prefix.text }, { destination: given }),
    },
    {
      leaf: `${M}/ipv${version}/source-ipv${version}-network`,
      effect: 'the prefix that the source is in',
      ...entry(version, { [`${header}/source-ipv${version}-network`]: prefix.text }, { source: given }),
    },
  ];
});

const portEffects = (['tcp', 'udp'] as const).flatMap((protocol): LeafEffect[] => {
  const number = protocol === 'tcp' ? 6 : 17;
  return (['source', 'destination'] as const).flatMap((side): LeafEffect[] => {
    const leaf = `${M}/${protocol}/${side}-port`;
    const at = `matches/${protocol}/${side}-port`;
    const range = { [`${at}/lower-port`]: '1024', [`${at}/upper-port`]: '2047' };
    const gives = { protocol: number, [`${side}Port`]: { lower: 1024, upper: 2047 } };
    const above = { protocol: number, [`${side}Port`]: { lower: 443, upper: 65535 } };
    return [
      { leaf: `${leaf}/lower-port`, effect: `the lowest ${side} port that matches`, ...entry(4, range, gives) },
      { leaf: `${leaf}/upper-port`, effect: `the highest ${side} port that matches`, ...entry(6, range, gives) },
      {
        leaf: `${leaf}/operator`,
        effect: 'how the port relates to the one that is given',
        ...entry(4, { [`${at}/operator`]: 'gte', [`${at}/port`]: '443' }, above),
      },
      {
        leaf: `${leaf}/port`,
        effect: `the ${side} port`,
        ...entry(4, { [`${at}/port`]: '443' }, { protocol: number, [`${side}Port`]: { lower: 443, upper: 443 } }),
      },
    ];
  });
});

export const accessListEffects: readonly LeafEffect[] = [
  { leaf: `${ACL}/name`, effect: 'names the list', set: { [L]: type(4) }, object: '14:l', gives: { name: 'l' } },
  {
    leaf: `${ACL}/type`,
    effect: 'the version of IP that the list is for',
    set: { [L]: type(6) },
    object: '14:l',
    gives: { family: { case: 'ipv6', value: true } },
  },
  { leaf: `${ACE}/name`, effect: 'names the entry', ...entry(4, {}, { name: 'e', protocol: -1, dscp: -1 }) },
  ...ipEffects,
  {
    leaf: `${M}/tcp/flags`,
    effect: 'the control bits: those named are set, the others are not',
    ...entry(4, { 'matches/tcp/flags': 'ack syn' }, { protocol: 6, tcpFlags: { mask: 255, value: 0x12 } }),
  },
  ...portEffects,
  {
    leaf: `${M}/icmp/type`,
    effect: 'the type of an ICMP or ICMPv6 message',
    ...entry(6, { 'matches/icmp/type': '128' }, { protocol: 58, icmpType: 128, icmpCode: -1 }),
  },
  {
    leaf: `${M}/icmp/code`,
    effect: 'its code',
    ...entry(4, { 'matches/icmp/code': '0' }, { protocol: 1, icmpType: -1, icmpCode: 0 }),
  },
  {
    leaf: `${M}/sluice-access-lists:fragments`,
    effect: 'only fragments after the first',
    ...entry(4, { 'matches/sluice-access-lists:fragments': '' }, { fragment: true }),
  },
  {
    leaf: `${ACE}/actions/forwarding`,
    effect: 'accept, drop, or drop and tell the sender (ICMP: administratively prohibited)',
    ...entry(
      4,
      { 'actions/forwarding': 'ietf-access-control-list:reject' },
      { action: AccessAction.REJECT, log: false, policer: '' },
    ),
  },
  {
    leaf: `${ACE}/actions/logging`,
    effect: 'packets are told of in the log, at most 100 a second',
    ...entry(4, { 'actions/logging': 'ietf-access-control-list:log-syslog' }, { log: true }),
  },
  {
    leaf: `${ACE}/actions/sluice-policers:policer`,
    effect: 'holds the packets that the entry accepts to a rate',
    set: {
      "/sluice-policers:policers/policer[name='m']": { 'committed-rate': '1000000', 'committed-burst': '10000' },
      [L]: type(4),
      [E]: { ...accept, 'actions/sluice-policers:policer': 'm' },
    },
    object: '14:l',
    gives: { 'rules.0.policer': 'm' },
  },
  {
    leaf: `${ATTACHMENT}/interface-id`,
    effect: 'the interface that lists are set on',
    ...place('ingress', { aclInIpv4: 'l', aclInIpv6: '', aclOutIpv4: '' }),
  },
  {
    leaf: `${ATTACHMENT}/ingress/acl-sets/acl-set/name`,
    effect: 'a list for packets that come in',
    ...place('ingress', { aclInIpv4: 'l', aclOutIpv4: '' }),
  },
  {
    leaf: `${ATTACHMENT}/egress/acl-sets/acl-set/name`,
    effect: 'a list for packets that leave',
    ...place('egress', { aclInIpv4: '', aclOutIpv4: 'l' }),
  },
];
