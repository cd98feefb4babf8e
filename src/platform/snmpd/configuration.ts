/** snmpd's configuration file (snmpd.conf(5)) from the settings: pure, one line a directive. */
import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { ObjectView, Receiver, SecurityLevel, SnmpSettings, User } from './settings.ts';

export interface MasterPlaces {
  readonly agentxSocket: string;
  /** native/snmpd's module; where it is missing, snmpd asks the subagent for one object at a time. */
  readonly bulkModule: string;
  /** In hexadecimal; the router's own where none is configured. */
  readonly engineId: string;
}

/** What the router is, for the system group. */
export interface Identity {
  readonly description: string;
  readonly objectId: string;
}

/**
 * Modules of snmpd that would speak of the host instead of the router, that run commands, or that nobody has asked for.
 * HOST-RESOURCES stays: processor, memory and storage are the host's.
 */
export const MODULES_OFF: readonly string[] = [
  ...[
    'interface',
    'ifTable',
    'ifXTable',
    'at',
    'ip',
    'ip_scalars',
    'ipv6',
    'icmp',
    'tcp',
    'udp',
    'tcpTable',
    'udpTable',
  ],
  ...['ipAddressTable', 'ipAddressPrefixTable', 'ipDefaultRouterTable', 'inetNetToMediaTable', 'ipSystemStatsTable'],
  ...['ipv6ScopeZoneIndexTable', 'ipIfStatsTable', 'ipCidrRouteTable', 'inetCidrRouteTable', 'var_route'],
  ...['tcpConnectionTable', 'tcpListenerTable', 'udpEndpointTable', 'dot3StatsTable', 'smux', 'extend', 'pass'],
  ...[
    'pass_persist',
    'proxy',
    'override',
    'mta_sendmail',
    'swinst',
    'hrSWInstalledTable',
    'hrSWRunTable',
    'hrSWRunPerfTable',
    'swrun',
    'diskio',
    'lmsensorsMib',
  ],
  ...['schedCore', 'schedConf', 'schedTable', 'mteScalars', 'mteTrigger', 'mteTriggerTable', 'mteTriggerConf'],
  ...['mteEvent', 'mteEventTable', 'mteEventConf', 'mteObjects', 'mteObjectsTable', 'mteObjectsConf', 'nsDebug'],
];

/** UCD-DLMOD-MIB, which comes with the loading of modules: where their files are is nobody's business. */
const LOADED_MODULES = '1.3.6.1.4.1.2021.13.14';

const LEVELS: Readonly<Record<SecurityLevel, string>> = {
  'no-auth-no-priv': 'noauth',
  'auth-no-priv': 'auth',
  'auth-priv': 'priv',
};
const SESSION_LEVELS: Readonly<Record<SecurityLevel, string>> = {
  'no-auth-no-priv': 'noAuthNoPriv',
  'auth-no-priv': 'authNoPriv',
  'auth-priv': 'authPriv',
};

export function snmpdConfiguration(settings: SnmpSettings, places: MasterPlaces, identity: Identity): string {
  const { listen, v2c, v3 } = settings;
  return [
    '# Written by the router; what is changed here is lost.',
    `agentAddress ${listen.map(({ address, port }) => transport(address, port)).join(',')}`,
    'master agentx',
    `agentXSocket ${places.agentxSocket}`,
    `dlmod agentx_bulk ${places.bulkModule}`,
    'agentXTimeout 5',
    'agentXRetries 1',
    'dontLogTCPWrappersConnects yes',
    `exactEngineID 0x${places.engineId}`,
    `sysDescr ${oneLine(identity.description)}`,
    `sysObjectID .${identity.objectId}`,
    `sysLocation ${oneLine(settings.location ?? '')}`,
    `sysContact ${oneLine(settings.contact ?? '')}`,
    `authtrapenable ${settings.authenticationTraps ? 1 : 2}`,
    ...settings.users.map((user) => createUser(user, places.engineId)),
    ...(v2c ? settings.communities.flatMap(communityLines) : []),
    ...settings.views.flatMap(viewLines),
    ...settings.groups.flatMap(({ name, members }) =>
      members.flatMap(({ securityName, models }) =>
        models
          .filter((model) => (model === 'v2c' ? v2c : v3))
          .map((model) => `group ${token(name)} ${model} ${token(securityName)}`),
      ),
    ),
    ...settings.groups.flatMap(({ name, access }) =>
      access.map(
        ({ model, level, read, notify }) =>
          `access ${token(name)} "" ${model} ${LEVELS[level]} exact ${token(read ?? 'none')} none ${token(notify ?? 'none')}`,
      ),
    ),
    ...settings.receivers.filter(({ by }) => (by.model === 'v2c' ? v2c : v3)).map(receiverLine),
    '',
  ].join('\n');
}

function transport(address: string, port: number): string {
  return isIPv6(address) ? `udp6:[${address}]:${port}` : `udp:${address}:${port}`;
}

/** A line of the file is one directive, whatever a leaf holds. */
function oneLine(text: string): string {
  return text.replaceAll(/[\r\n\0]+/g, ' ').replaceAll('#', ' ');
}

/** Names of groups, views and who belongs to them stand without quotes: one with other characters gets another name. */
function token(name: string): string {
  return /^[A-Za-z0-9._@-]+$/.test(name) ? name : `x${createHash('sha256').update(name).digest('hex').slice(0, 24)}`;
}

function createUser({ name, engineId, auth, priv }: User, own: string): string {
  const keys = [
    ...(auth === undefined ? [] : [auth.protocol.toUpperCase(), '-l', `0x${auth.key}`]),
    ...(auth === undefined || priv === undefined ? [] : ['AES', '-l', `0x${priv.key.slice(0, 32)}`]),
  ];
  return `createUser -e 0x${engineId ?? own} ${token(name)} ${keys.join(' ')}`.trimEnd();
}

function communityLines({ community, securityName, sources }: SnmpSettings['communities'][number]): string[] {
  const line = (directive: string, source: string): string =>
    `${directive} ${token(securityName)} ${source} ${community}`;
  if (sources === undefined) return [line('com2sec', 'default'), line('com2sec6', 'default')];
  return sources.map((source) => line(source.includes(':') ? 'com2sec6' : 'com2sec', source));
}

/** A star stands for any sub-identifier: a 0 in the mask, whose bits go from the left (RFC 3415 section 4). */
function viewLines({ name, include, exclude }: ObjectView): string[] {
  const line = (kind: string, identifier: string): string => {
    const parts = identifier.split('.');
    const bits = parts.map((part) => (part === '*' ? '0' : '1')).join('');
    const mask = (bits.padEnd(Math.ceil(bits.length / 8) * 8, '1').match(/.{8}/g) ?? []).map((octet) =>
      Number.parseInt(octet, 2).toString(16).padStart(2, '0'),
    );
    const plain = parts.map((part) => (part === '*' ? '0' : part)).join('.');
    return `view ${token(name)} ${kind} .${plain}${bits.includes('0') ? ` ${mask.join(':')}` : ''}`;
  };
  return [
    ...include.map((each) => line('included', each)),
    ...[...exclude, LOADED_MODULES].map((each) => line('excluded', each)),
  ];
}

function receiverLine({ type, address, port, timeoutHundredths, retries, by }: Receiver): string {
  const options = ['trapsess', ...(type === 'inform' ? ['-Ci'] : [])];
  if (type === 'inform')
    options.push('-r', String(retries), '-t', String(Math.max(1, Math.round(timeoutHundredths / 100))));
  if (by.model === 'v2c') options.push('-v', '2c', '-c', by.community);
  else options.push('-v', '3', '-u', token(by.user), '-l', SESSION_LEVELS[by.level]);
  if (by.model === 'usm' && by.engineId !== undefined) options.push('-e', `0x${by.engineId}`);
  return [...options, transport(address, port)].join(' ');
}
