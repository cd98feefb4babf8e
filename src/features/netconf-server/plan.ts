/** A difference → what becomes of listeners and calls. */
import type { PlannedOperation } from '../../commit/feature.ts';
import type { KeySpace } from '../../datastore/key.ts';
import type { Change, View } from '../../datastore/view.ts';
import { TRANSPORT_TARGET, type TransportOperation } from './endpoint.ts';
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

interface Named {
  readonly name: string;
  readonly path: string;
}

const NOUNS = { listen: 'listener', 'call-home': 'call home client' } as const;

function difference<T extends Named>(
  kind: 'listen' | 'call-home',
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
): readonly PlannedOperation[] {
  const operations: PlannedOperation[] = [];
  const plan = (verb: string, { name, path }: Named, operation: TransportOperation): void => {
    operations.push({ target: TRANSPORT_TARGET, path, summary: `${verb} ${NOUNS[kind]} ${name}`, operation });
  };
  for (const [name, old] of before) if (!after.has(name)) plan('remove', old, { remove: kind, name });
  for (const [name, value] of after) {
    const old = before.get(name);
    if (old !== undefined && JSON.stringify(old) === JSON.stringify(value)) continue;
    plan(old === undefined ? 'create' : 'change', value, { set: kind, value } as unknown as TransportOperation);
  }
  return operations;
}
