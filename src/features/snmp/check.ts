/** What YANG does not say of SNMP: names that lead nowhere, and levels that nobody could reach. */
import type { KeySpace } from '../../datastore/key/key.ts';
import type { Change } from '../../datastore/view/view.ts';
import type { Fault } from '../../yang/fault.ts';
import { Entry } from '../entry.ts';
import { octetsOf, SNMP } from './model.ts';

/** The only model of a member or an access entry that is served. */
const MODELS = ['v2c', 'usm'];
/** AES-128 takes its first octets. */
const LEAST_PRIVACY_OCTETS = 16;

export function checkSnmp(change: Change, keys: KeySpace): readonly Fault[] {
  const faults: Fault[] = [];
  const top = Entry.top(keys, change.after, SNMP);
  const refuse = (path: string, message: string): void => {
    faults.push({ type: 'application', tag: 'invalid-value', path, message });
  };
  const enabled = top.value('engine/enabled') === 'true';
  if (enabled && top.list('engine/listen').length === 0) {
    refuse(top.path('engine/enabled'), 'An engine that runs needs an address to listen at (engine/listen).');
  }
  const names = new Map<string, string>();
  for (const community of top.list('community')) {
    const name = community.value('text-name') ?? community.name;
    if (!/^[\x21-\x7e]{1,32}$/.test(name) || /["'\\#]/.test(name)) {
      refuse(community.path(), 'A community has 1 to 32 visible ASCII characters, without quotes, backslash and #.');
    }
    const other = names.get(name);
    if (other !== undefined) refuse(community.path(), `Entry ${other} has the same community.`);
    names.set(name, community.name);
    if ((community.value('context') ?? '') !== '') {
      refuse(community.path('context'), 'There is the default context alone.');
    }
  }
  const params = new Set(top.list('target-params').map(({ name }) => name));
  for (const target of top.list('target')) {
    const wanted = target.value('target-params') ?? '';
    if (!params.has(wanted)) refuse(target.path('target-params'), `There are no target-params ${wanted}.`);
    const length = Number(target.value('udp/prefix-length') ?? 0);
    const most = (target.value('udp/ip') ?? '').includes(':') ? 128 : 32;
    if (length > most) refuse(target.path('udp/prefix-length'), `The address has ${most} bits.`);
  }
  const users = new Map(
    [...top.list('usm/local/user'), ...top.list('usm/remote').flatMap((one) => one.list('user'))].map((user) => [
      user.name,
      user,
    ]),
  );
  for (const user of users.values()) checkUser(user, refuse);
  for (const entry of top.list('target-params')) {
    const name = entry.value('usm/user-name');
    if (name === undefined) continue;
    const user = users.get(name);
    if (user === undefined) refuse(entry.path('usm/user-name'), `There is no user ${name}.`);
    const level = entry.value('usm/security-level');
    const isShort =
      (level === 'auth-priv' && user?.presence('priv') === undefined) ||
      (level !== 'no-auth-no-priv' && user?.presence('auth') === undefined);
    if (user !== undefined && isShort)
      refuse(entry.path('usm/security-level'), `User ${name} has no keys for ${level}.`);
  }
  for (const group of top.list('vacm/group')) checkGroup(group, refuse);
  return faults;
}

type Refuse = (path: string, message: string) => void;

function checkUser(user: Entry, refuse: Refuse): void {
  if (!/^[A-Za-z0-9._@-]+$/.test(user.name)) {
    refuse(user.path('name'), 'A user name has letters, digits, dot, underscore, hyphen and @.');
  }
  const key = user.presence('priv')?.value('aes/key');
  if (key !== undefined && octetsOf(key).length < 2 * LEAST_PRIVACY_OCTETS) {
    refuse(user.path(), `The key of AES has ${LEAST_PRIVACY_OCTETS} octets.`);
  }
}

function checkGroup(group: Entry, refuse: Refuse): void {
  for (const member of group.list('member')) {
    const other = member.values('security-model').find((model) => !MODELS.includes(model));
    if (other !== undefined)
      refuse(member.path(), `Security model ${other} is not served; ${MODELS.join(' and ')} are.`);
  }
  for (const access of group.list('access')) {
    const model = access.value('security-model') ?? '';
    if (model !== 'any' && !MODELS.includes(model)) {
      refuse(access.path(), `Security model ${model} is not served; ${MODELS.join(' and ')} are.`);
    }
    if (access.name !== '') refuse(access.path(), 'There is the default context alone.');
  }
}
