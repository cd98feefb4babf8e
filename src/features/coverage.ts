/**
 * What works, leaf by leaf: each configurable leaf of the modules that the router acts on, what it does, and what shows
 * it. The test beside this file fails where a leaf is missing, so the models never promise what the router does not do;
 * the table in the README is made from it.
 */
import { accessListEffects } from './access-lists/coverage.ts';
import { blockPointEffects } from './block-points/coverage.ts';
import { bridgeDomainEffects } from './bridge-domains/coverage.ts';
import { ceNotificationEffects } from './ce-notification/coverage.ts';
import { cfmEffects } from './cfm/coverage.ts';
import { controlPlanePolicerEffects } from './control-plane-policers/coverage.ts';
import { crossConnectEffects } from './cross-connects/coverage.ts';
import { dhcpRelayEffects } from './dhcp-relay/coverage.ts';
import { ethernetSegmentEffects } from './ethernet-segments/coverage.ts';
import { interfaceEffects } from './interfaces/coverage.ts';
import { ipEffects } from './ip/coverage.ts';
import { keystoreEffects } from './keystore/coverage.ts';
import { mirrorEffects } from './mirrors/coverage.ts';
import { nacmEffects } from './nacm/coverage.ts';
import { netconfServerEffects } from './netconf-server/coverage.ts';
import { observationEffects } from './observation/coverage.ts';
import { packetEngineEffects } from './packet-engine/coverage.ts';
import { policerEffects } from './policers/coverage.ts';
import { routingEffects } from './routing/coverage.ts';
import { snmpEffects } from './snmp/coverage.ts';
import { systemEffects } from './system/coverage.ts';
import { truststoreEffects } from './truststore/coverage.ts';
import { urlEffects } from './url/coverage.ts';
import { vrrpEffects } from './vrrp/coverage.ts';

export interface LeafEffect {
  /** Schema path of the leaf or leaf-list. */
  readonly leaf: string;
  /** What it does, for people. */
  readonly effect: string;
  /**
   * Rows that differ from the test's base configuration, by instance path, and what the named object of the engine then
   * holds: shown by src/features/coverage.test.ts.
   */
  readonly set?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly object?: string;
  readonly gives?: Readonly<Record<string, unknown>>;
  /** Where else it is shown: a file of tests and what its test's name holds. */
  readonly shownBy?: readonly (readonly [file: string, name: string])[];
}

export const effects: readonly LeafEffect[] = [
  ...interfaceEffects,
  ...bridgeDomainEffects,
  ...mirrorEffects,
  ...blockPointEffects,
  ...ceNotificationEffects,
  ...ethernetSegmentEffects,
  ...cfmEffects,
  ...crossConnectEffects,
  ...ipEffects,
  ...vrrpEffects,
  ...dhcpRelayEffects,
  ...accessListEffects,
  ...policerEffects,
  ...routingEffects,
  ...observationEffects,
  ...controlPlanePolicerEffects,
  ...packetEngineEffects,
  ...systemEffects,
  ...nacmEffects,
  ...urlEffects,
  ...keystoreEffects,
  ...truststoreEffects,
  ...netconfServerEffects,
  ...snmpEffects,
];

/** The table as Markdown. */
export function coverageTable(): string {
  const lines = ['| Leaf | What it does | Shown by |', '| --- | --- | --- |'];
  let module = '';
  for (const { leaf, effect, shownBy } of effects) {
    const own = /^\/([^:]+):/.exec(leaf)?.[1] ?? '';
    if (own !== module) lines.push(`| **${own}** | | |`);
    module = own;
    const files = [...new Set((shownBy ?? [['src/features/coverage.test.ts', '']]).map(([file]) => `\`${file}\``))];
    lines.push(`| \`${leaf.slice(own.length + 2)}\` | ${effect} | ${files.join(', ')} |`);
  }
  return `${lines.join('\n')}\n`;
}
