/** ietf-snmp and sluice-snmp, read from a configuration. */
import type { KeySpace } from '../../datastore/key/key.ts';
import type { View } from '../../datastore/view/view.ts';
import type {
  Access,
  AuthProtocol,
  Community,
  Group,
  Listen,
  ObjectView,
  Receiver,
  SecurityLevel,
  SecurityModel,
  SnmpSettings,
  User,
} from '../../platform/snmpd/settings.ts';
import { Entry } from '../entry.ts';
import { SYSTEM } from '../system/model.ts';

export const SNMP = '/ietf-snmp:snmp';

const DEFAULT_PORT = 161;
export const AUTH_PROTOCOLS: readonly AuthProtocol[] = ['sha-224', 'sha-256', 'sha-384', 'sha-512'];

/** A hex-string without its colons. */
export const octetsOf = (hexString: string): string => hexString.replaceAll(':', '').toLowerCase();

export function readSnmp(keys: KeySpace, view: View): SnmpSettings {
  const top = Entry.top(keys, view, SNMP);
  const system = Entry.top(keys, view, SYSTEM);
  const engineId = top.value('engine/engine-id');
  const communities = top.list('community').map((entry) => communityOf(entry, top));
  return {
    enabled: top.value('engine/enabled') === 'true',
    listen: top.list('engine/listen').map(listenOf),
    v2c: top.value('engine/version/v2c') !== undefined,
    v3: top.value('engine/version/v3') !== undefined,
    engineId: engineId === undefined ? undefined : octetsOf(engineId),
    authenticationTraps: top.value('engine/enable-authen-traps') === 'true',
    communities,
    users: [
      ...top.list('usm/local/user').map((user) => userOf(user)),
      ...top
        .list('usm/remote')
        .flatMap((remote) => remote.list('user').map((user) => userOf(user, octetsOf(remote.name)))),
    ],
    groups: top.list('vacm/group').map(groupOf),
    views: top.list('vacm/view').map(viewOf),
    receivers: receiversOf(top, communities),
    location: system.value('location'),
    contact: system.value('contact'),
  };
}

function listenOf(entry: Entry): Listen {
  return {
    name: entry.name,
    path: entry.path('udp/ip'),
    address: entry.value('udp/ip') ?? '',
    port: Number(entry.value('udp/port') ?? DEFAULT_PORT),
  };
}

function communityOf(entry: Entry, top: Entry): Community {
  const tag = entry.value('target-tag');
  return {
    index: entry.name,
    community: entry.value('text-name') ?? entry.name,
    securityName: entry.value('security-name') ?? '',
    sources: tag === undefined ? undefined : targetsWith(top, tag).map(sourceOf),
  };
}

function targetsWith(top: Entry, tag: string): readonly Entry[] {
  return top.list('target').filter((target) => target.values('tag').includes(tag));
}

function sourceOf(target: Entry): string {
  const address = target.value('udp/ip') ?? '';
  return `${address}/${target.value('udp/prefix-length') ?? (address.includes(':') ? 128 : 32)}`;
}

function userOf(entry: Entry, engineId?: string): User {
  const protocol = AUTH_PROTOCOLS.find(
    (each) => entry.presence('auth')?.value(`sluice-snmp:${each}/key`) !== undefined,
  );
  const authKey = protocol && entry.presence('auth')?.value(`sluice-snmp:${protocol}/key`);
  const privKey = entry.presence('priv')?.value('aes/key');
  return {
    name: entry.name,
    ...(engineId === undefined ? {} : { engineId }),
    ...(protocol === undefined || authKey === undefined ? {} : { auth: { protocol, key: octetsOf(authKey) } }),
    ...(privKey === undefined ? {} : { priv: { key: octetsOf(privKey) } }),
  };
}

function groupOf(entry: Entry): Group {
  return {
    name: entry.name,
    members: entry.list('member').map((member) => ({
      securityName: member.name,
      models: member.values('security-model') as readonly SecurityModel[],
    })),
    access: entry.list('access').map((access): Access => {
      const read = access.value('read-view');
      const notify = access.value('notify-view');
      return {
        model: access.value('security-model') as SecurityModel | 'any',
        level: access.value('security-level') as SecurityLevel,
        ...(read === undefined ? {} : { read }),
        ...(notify === undefined ? {} : { notify }),
      };
    }),
  };
}

function viewOf(entry: Entry): ObjectView {
  return { name: entry.name, include: entry.values('include'), exclude: entry.values('exclude') };
}

/** Each target once for each kind of message, whatever the number of entries that choose it. */
function receiversOf(top: Entry, communities: readonly Community[]): Receiver[] {
  const receivers = new Map<string, Receiver>();
  const params = new Map(top.list('target-params').map((entry) => [entry.name, entry]));
  for (const notify of top.list('notify')) {
    const type = notify.value('type') as Receiver['type'];
    for (const target of targetsWith(top, notify.value('tag') ?? '')) {
      const by = byOf(params.get(target.value('target-params') ?? ''), communities, top);
      if (by === undefined) continue;
      receivers.set(`${type} ${target.name}`, {
        target: target.name,
        type,
        address: target.value('udp/ip') ?? '',
        port: target.number('udp/port'),
        timeoutHundredths: target.number('timeout'),
        retries: target.number('retries'),
        by,
      });
    }
  }
  return [...receivers.values()];
}

function byOf(params: Entry | undefined, communities: readonly Community[], top: Entry): Receiver['by'] | undefined {
  const securityName = params?.value('v2c/security-name');
  const found = communities.find((each) => each.securityName === securityName);
  if (found !== undefined) return { model: 'v2c', community: found.community };
  const user = params?.value('usm/user-name');
  if (params === undefined || user === undefined) return undefined;
  // A user of another engine is one whose informs that engine takes.
  const remote = top.list('usm/remote').find((each) => each.list('user').some(({ name }) => name === user));
  return {
    model: 'usm',
    user,
    level: params.value('usm/security-level') as SecurityLevel,
    ...(remote === undefined ? {} : { engineId: octetsOf(remote.name) }),
  };
}
