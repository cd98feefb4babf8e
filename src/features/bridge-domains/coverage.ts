/** What each leaf of sluice-bridge-domains does (../coverage.ts). */
import type { LeafEffect } from '../coverage.ts';
import { BRIDGE_DOMAIN } from './model.ts';

const X = `${BRIDGE_DOMAIN}[name='x']`;
const MEMBER = `${X}/member[interface='p.10']`;
const STATIC = `${X}/static-mac[mac-address='02:00:00:00:00:01']`;
const staticMac = {
  set: { [STATIC]: { interface: 'p.10' } },
  object: '4:x/02:00:00:00:00:01',
  gives: { bridgeDomain: 'x', logicalPort: 'p.10', mac: Uint8Array.of(2, 0, 0, 0, 0, 1) },
  shownBy: [['test/case/engine/bridge.case.ts', 'bridge']],
} as const;

const onTheWire = [['test/case/engine/bridge.case.ts', 'bridge']] as const;

export const bridgeDomainEffects: readonly LeafEffect[] = [
  {
    leaf: `${BRIDGE_DOMAIN}/name`,
    effect: 'names the bridge domain',
    object: '3:x',
    gives: { name: 'x' },
  },
  {
    leaf: `${BRIDGE_DOMAIN}/description`,
    effect: 'a text for people',
    set: { [X]: { description: 'text' } },
    object: '3:x',
    gives: { name: 'x' },
  },
  {
    leaf: `${BRIDGE_DOMAIN}/learning`,
    effect: 'whether addresses are learned',
    set: { [X]: { learning: 'false' } },
    object: '3:x',
    gives: { learning: false },
    shownBy: onTheWire,
  },
  {
    leaf: `${BRIDGE_DOMAIN}/ageing-time`,
    effect: 'when a learned address goes',
    set: { [X]: { 'ageing-time': '10' } },
    object: '3:x',
    gives: { ageingSeconds: 10 },
    shownBy: onTheWire,
  },
  {
    leaf: `${BRIDGE_DOMAIN}/mac-limit`,
    effect: 'most addresses that the bridge domain learns',
    set: { [X]: { 'mac-limit': '5' } },
    object: '3:x',
    gives: { macLimit: 5 },
    shownBy: onTheWire,
  },
  {
    leaf: `${BRIDGE_DOMAIN}/flood-unknown-unicast`,
    effect: 'whether frames to unknown addresses go to all members',
    set: { [X]: { 'flood-unknown-unicast': 'false' } },
    object: '3:x',
    gives: { floodUnknownUnicast: false },
    shownBy: onTheWire,
  },
  ...(
    [
      ['moves', '5', 'an address that moves more often is reported', { macMoveLimit: 5 }],
      ['period', '60', 'time in which moves are counted', { macMoveSeconds: 60 }],
      ['hold-time', '30', 'how long the address then stays where it was', { macMoveHoldSeconds: 30 }],
    ] as const
  ).map(
    ([leaf, value, effect, gives]): LeafEffect => ({
      leaf: `${BRIDGE_DOMAIN}/mac-move/${leaf}`,
      effect,
      set: { [X]: { [`mac-move/${leaf}`]: value } },
      object: '3:x',
      gives,
      shownBy: [['test/engine/mac-move.test.ts', 'an address that moves to and fro']],
    }),
  ),
  {
    leaf: `${BRIDGE_DOMAIN}/member/interface`,
    effect: 'the interface forwards to the other members; a physical port does so for its untagged frames',
    set: { [`${X}/member[interface='p']`]: {} },
    object: '2:p',
    gives: { port: 'p', match: [], bridgeDomain: 'x' },
    shownBy: onTheWire,
  },
  {
    leaf: `${BRIDGE_DOMAIN}/member/split-horizon-group`,
    effect: 'members of one group do not forward to each other',
    set: { [MEMBER]: { 'split-horizon-group': '3' } },
    object: '2:p.10',
    gives: { splitHorizonGroup: 3 },
    shownBy: onTheWire,
  },
  {
    leaf: `${BRIDGE_DOMAIN}/member/mac-limit`,
    effect: 'most addresses that are learned on the member',
    set: { [MEMBER]: { 'mac-limit': '4' } },
    object: '2:p.10',
    gives: { macLimit: 4 },
    shownBy: onTheWire,
  },
  { leaf: `${BRIDGE_DOMAIN}/static-mac/mac-address`, effect: 'an address known by configuration', ...staticMac },
  { leaf: `${BRIDGE_DOMAIN}/static-mac/interface`, effect: 'the member behind which it is', ...staticMac },
];
