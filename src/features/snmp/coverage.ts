/** What each leaf of ietf-snmp does (../coverage.ts). */
import type { LeafEffect } from '../coverage.ts';
import { SNMP } from './model.ts';

const TEST = 'src/features/snmp/snmp.test.ts';
const conf = [[TEST, 'every leaf of ietf-snmp']] as const;
const conf2 = [[TEST, 'without v2c']] as const;
const check = [[TEST, 'check refuses']] as const;
const refused = [['test/case/snmp/stations.case.ts', 'snmp-refused'], ...conf] as const;
const disc = [['test/case/snmp/stations.case.ts', 'snmp-discovery'], ...conf] as const;
const traps = [['test/case/snmp/notifications.case.ts', 'snmp-traps'], ...conf] as const;

export const snmpEffects: readonly LeafEffect[] = [
  { leaf: `${SNMP}/engine/enabled`, effect: 'starts and stops the engine', shownBy: disc },
  { leaf: `${SNMP}/engine/listen/name`, effect: 'names an address that the engine listens at', shownBy: conf },
  {
    leaf: `${SNMP}/engine/listen/udp/ip`,
    effect: 'the address; one that cannot be had refuses the commit',
    shownBy: conf,
  },
  { leaf: `${SNMP}/engine/listen/udp/port`, effect: 'the UDP port', shownBy: conf },
  { leaf: `${SNMP}/engine/version/v2c`, effect: 'whether communities are served', shownBy: conf2 },
  { leaf: `${SNMP}/engine/version/v3`, effect: 'whether users are served', shownBy: conf },
  { leaf: `${SNMP}/engine/engine-id`, effect: "the name of the engine; left out: the router's own", shownBy: disc },
  {
    leaf: `${SNMP}/engine/enable-authen-traps`,
    effect: 'whether a wrong name or key is told by authenticationFailure',
    shownBy: traps,
  },
  { leaf: `${SNMP}/target/name`, effect: 'names a receiver', shownBy: conf },
  { leaf: `${SNMP}/target/udp/ip`, effect: "the receiver's address", shownBy: traps },
  { leaf: `${SNMP}/target/udp/port`, effect: "the receiver's port", shownBy: traps },
  {
    leaf: `${SNMP}/target/udp/prefix-length`,
    effect: "with a community's target-tag: bits that a sender's address has to share",
    shownBy: conf,
  },
  { leaf: `${SNMP}/target/tag`, effect: 'by which notify entries and communities choose it', shownBy: traps },
  { leaf: `${SNMP}/target/timeout`, effect: "how long an inform's answer is waited for", shownBy: conf },
  { leaf: `${SNMP}/target/retries`, effect: 'how often an inform is sent again', shownBy: conf },
  { leaf: `${SNMP}/target/target-params`, effect: 'how messages to it are made', shownBy: traps },
  { leaf: `${SNMP}/target-params/name`, effect: 'names the parameters', shownBy: conf },
  { leaf: `${SNMP}/target-params/v2c/security-name`, effect: 'the community of the messages', shownBy: traps },
  { leaf: `${SNMP}/target-params/usm/user-name`, effect: 'the user whose messages they are', shownBy: conf },
  { leaf: `${SNMP}/target-params/usm/security-level`, effect: 'how they are protected', shownBy: conf },
  { leaf: `${SNMP}/community/index`, effect: 'names the community where it has no text-name', shownBy: conf },
  { leaf: `${SNMP}/community/text-name`, effect: 'the community', shownBy: refused },
  { leaf: `${SNMP}/community/security-name`, effect: 'by which groups know it', shownBy: refused },
  { leaf: `${SNMP}/community/context`, effect: 'only the default context is there', shownBy: check },
  { leaf: `${SNMP}/community/target-tag`, effect: 'where it is taken from', shownBy: conf },
  { leaf: `${SNMP}/notify/name`, effect: 'names a choice of receivers', shownBy: conf },
  { leaf: `${SNMP}/notify/tag`, effect: 'which targets', shownBy: traps },
  { leaf: `${SNMP}/notify/type`, effect: 'traps or informs', shownBy: traps },
  { leaf: `${SNMP}/usm/local/user/name`, effect: "the user's name", shownBy: refused },
  {
    leaf: `${SNMP}/usm/local/user/auth/sluice-snmp:sha-224/key`,
    effect: 'authentication by SHA-224, the localized key',
    shownBy: conf,
  },
  {
    leaf: `${SNMP}/usm/local/user/auth/sluice-snmp:sha-256/key`,
    effect: 'authentication by SHA-256, the localized key',
    shownBy: refused,
  },
  {
    leaf: `${SNMP}/usm/local/user/auth/sluice-snmp:sha-384/key`,
    effect: 'authentication by SHA-384, the localized key',
    shownBy: conf,
  },
  {
    leaf: `${SNMP}/usm/local/user/auth/sluice-snmp:sha-512/key`,
    effect: 'authentication by SHA-512, the localized key',
    shownBy: conf,
  },
  { leaf: `${SNMP}/usm/local/user/priv/aes/key`, effect: 'encryption by AES-128, the localized key', shownBy: refused },
  { leaf: `${SNMP}/usm/remote/engine-id`, effect: "the engine that an inform's receiver is", shownBy: conf },
  { leaf: `${SNMP}/usm/remote/user/name`, effect: 'a user of that engine', shownBy: conf },
  {
    leaf: `${SNMP}/usm/remote/user/auth/sluice-snmp:sha-224/key`,
    effect: 'authentication by SHA-224 there',
    shownBy: conf,
  },
  {
    leaf: `${SNMP}/usm/remote/user/auth/sluice-snmp:sha-256/key`,
    effect: 'authentication by SHA-256 there',
    shownBy: conf,
  },
  {
    leaf: `${SNMP}/usm/remote/user/auth/sluice-snmp:sha-384/key`,
    effect: 'authentication by SHA-384 there',
    shownBy: conf,
  },
  {
    leaf: `${SNMP}/usm/remote/user/auth/sluice-snmp:sha-512/key`,
    effect: 'authentication by SHA-512 there',
    shownBy: conf,
  },
  { leaf: `${SNMP}/usm/remote/user/priv/aes/key`, effect: 'encryption there', shownBy: conf },
  { leaf: `${SNMP}/vacm/group/name`, effect: 'names a group', shownBy: conf },
  {
    leaf: `${SNMP}/vacm/group/member/security-name`,
    effect: 'a community or user that belongs to it',
    shownBy: refused,
  },
  { leaf: `${SNMP}/vacm/group/member/security-model`, effect: 'how it has to come', shownBy: refused },
  { leaf: `${SNMP}/vacm/group/access/context`, effect: 'only the default context is there', shownBy: check },
  { leaf: `${SNMP}/vacm/group/access/security-model`, effect: 'for members that come so', shownBy: conf },
  { leaf: `${SNMP}/vacm/group/access/security-level`, effect: 'protected at least so', shownBy: refused },
  { leaf: `${SNMP}/vacm/group/access/read-view`, effect: 'what they may read', shownBy: refused },
  { leaf: `${SNMP}/vacm/group/access/notify-view`, effect: 'what is told in their name', shownBy: conf },
  { leaf: `${SNMP}/vacm/view/name`, effect: 'names a set of objects', shownBy: conf },
  { leaf: `${SNMP}/vacm/view/include`, effect: 'subtrees in it', shownBy: refused },
  { leaf: `${SNMP}/vacm/view/exclude`, effect: 'subtrees that are not', shownBy: conf },
];
