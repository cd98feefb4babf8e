/** A difference → what becomes of listeners and calls. */
import type { PlannedOperation } from '../../commit/feature.ts';
import type { KeySpace } from '../../datastore/key/key.ts';
import type { Change, View } from '../../datastore/view/view.ts';
import { type CallHomeClient, type ListenEndpoint, TRANSPORT_TARGET, type TransportOperation } from './endpoint.ts';
import { type EntryError, NetconfServerConfiguration } from './model.ts';

export function planNetconfServer(change: Change, keys: KeySpace): readonly PlannedOperation[] {
  const read = (view: View) =>
    new NetconfServerConfiguration(keys, view, ({ path, message }: EntryError) => {
      throw new Error(`${path}: ${message}`);
    });
  const before = read(change.before);
  const after = read(change.after);
  return [
    ...difference('listen', before.listen, after.listen),
    ...difference('call-home', before.callHome, after.callHome),
  ];
}

/** What a start has to set up. An entry that cannot be read any more, such as one whose key is lost, is left out and told. */
export function transportIntent(
  keys: KeySpace,
  running: View,
  log: (message: string) => void,
): readonly PlannedOperation[] {
  const { listen, callHome } = new NetconfServerConfiguration(keys, running, ({ path, message }) => {
    log(`${path} is out of force: ${message}`);
  });
  return [...difference('listen', new Map(), listen), ...difference('call-home', new Map(), callHome)];
}

type Kind = 'listen' | 'call-home';
type Value = ListenEndpoint | CallHomeClient;

const NOUNS: Readonly<Record<Kind, string>> = { listen: 'listener', 'call-home': 'call home client' };

function difference<T extends Value>(
  kind: Kind,
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
): readonly PlannedOperation[] {
  const operations: PlannedOperation[] = [];
  const plan = (old: T | undefined, value: T | undefined, { name, path }: Value): void => {
    const action = old === undefined ? 'create' : value === undefined ? 'delete' : 'change';
    operations.push({
      target: TRANSPORT_TARGET,
      path,
      summary: `${action} ${NOUNS[kind]} ${name}`,
      operation: operationOf(kind, name, value),
      action,
      disturbs: () => old && disturbance(old, value),
    });
  };
  for (const [name, old] of before) if (!after.has(name)) plan(old, undefined, old);
  for (const [name, value] of after) {
    const old = before.get(name);
    if (old === undefined || !isSame(old, value)) plan(old, value, value);
  }
  return operations;
}

function operationOf(kind: Kind, name: string, value: Value | undefined): TransportOperation {
  if (value === undefined) return { remove: kind, name };
  return 'binds' in value ? { set: 'listen', value } : { set: 'call-home', value };
}

/** Sessions stay, whatever happens: new connections are what is disturbed. */
function disturbance(old: Value, value: Value | undefined): string | undefined {
  if (value === undefined) {
    return 'binds' in old
      ? 'Nobody can connect there any more; sessions stay.'
      : 'It is called no more; a session that is there stays.';
  }
  if ('binds' in old && 'binds' in value) {
    const moved = old.binds.some((bind) => !value.binds.some((each) => isSame(each, bind)));
    if (moved) return 'New connections have to go to another address or port; sessions stay.';
    if (!isSame(old.transport, value.transport)) return 'New connections meet other keys, certificates or algorithms.';
  }
  return undefined;
}

/** They are plain data, read by the same code. */
function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
