/**
 * The listener `default` at the start: made where the configuration has neither a listener nor a call, and moved to where
 * `--netconf` says. Both are edits of running like any other, so that the configuration says what is.
 */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Caller, Datastores } from '../commit/datastores.ts';
import {
  DEFAULT_LISTENER,
  type HostKeyEntry,
  hostKeyConfiguration,
  listenerConfiguration,
} from '../features/factory.ts';
import { type HiddenKeys, publicKeyOf, spkiOf } from '../features/keystore/key-pair.ts';
import { keystoreKeys } from '../features/keystore/model.ts';
import type { ListenEndpoint } from '../features/netconf-server/endpoint.ts';
import { NetconfServerConfiguration } from '../features/netconf-server/model.ts';
import { DEFAULT_ENDPOINT, type Endpoint } from '../start/options.ts';
import type { Schema } from '../yang/schema/node.ts';
import { readConfigDocument } from './document.ts';

const ROUTER: Caller = { sessionId: 0, user: '', source: 'startup' };
const NETCONF = 'xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"';

export interface ListenerParts {
  readonly datastores: Datastores;
  readonly schema: Schema;
  readonly hidden: HiddenKeys;
  readonly hostKeys: readonly HostKeyEntry[];
  readonly log: (message: string) => void;
}

/** The addresses that an option stands for: `::` is every address of both families, a name its addresses. */
export async function bindsOf({ address, port }: Endpoint): Promise<readonly Endpoint[]> {
  if (address === '::') return ['0.0.0.0', '::'].map((each) => ({ address: each, port }));
  if (isIP(address) !== 0) return [{ address, port }];
  const found = await lookup(address);
  return [{ address: found.address, port }];
}

/** Resolves with whether running was changed. */
export async function ensureListener(parts: ListenerParts, option: Endpoint | undefined): Promise<boolean> {
  const { datastores, schema, log } = parts;
  const edits = [await listenerEdit(parts, option), hostKeyEdit(parts)].filter((edit) => edit !== undefined);
  for (const { text, summary } of edits) {
    const document = Buffer.from(`<config xmlns="urn:ietf:params:xml:ns:netconf:base:1.0">${text}</config>`);
    try {
      await datastores.edit(ROUTER, 'running', readConfigDocument(schema, document));
      log(summary);
    } catch (error) {
      // A confirmed commit that waits for its confirmation, mostly: the configuration stays as it is.
      log(`${summary}: refused: ${(error as Error).message}`);
    }
  }
  return edits.length > 0;
}

interface Edit {
  readonly text: string;
  readonly summary: string;
}

async function listenerEdit(parts: ListenerParts, option: Endpoint | undefined): Promise<Edit | undefined> {
  using reading = parts.datastores.read('running');
  const { listen, callHome } = new NetconfServerConfiguration(reading.view.keys, reading.view, () => undefined);
  const isEmpty = listen.size === 0 && callHome.size === 0;
  const wanted = option ?? (isEmpty ? DEFAULT_ENDPOINT : undefined);
  if (wanted === undefined) return undefined;
  const binds = await bindsOf(wanted);
  const isThere = (endpoint: ListenEndpoint): boolean =>
    endpoint.transport.kind === 'ssh' &&
    binds.every(({ address, port }) => endpoint.binds.some((has) => has.address === address && has.port === port));
  if ([...listen.values()].some(isThere)) return undefined;
  const summary = `the listener ${DEFAULT_LISTENER} is moved to ${wanted.address} port ${wanted.port}`;
  const known = listen.get(DEFAULT_LISTENER);
  if (known === undefined || known.transport.kind !== 'ssh') {
    return { text: listenerConfiguration(parts.hostKeys, binds), summary };
  }
  const gone = known.binds.filter((has) => !binds.some(({ address }) => address === has.address));
  const entries = [
    ...gone.map(
      ({ address }) => `<local-bind nc:operation="delete"><local-address>${address}</local-address></local-bind>`,
    ),
    ...binds.map(
      ({ address, port }) =>
        `<local-bind><local-address>${address}</local-address><local-port>${port}</local-port></local-bind>`,
    ),
  ];
  const text = `<netconf-server xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-server" ${NETCONF}><listen><endpoints><endpoint>
    <name>${DEFAULT_LISTENER}</name><ssh><tcp-server-parameters>${entries.join('')}</tcp-server-parameters></ssh>
    </endpoint></endpoints></listen></netconf-server>`;
  return { text, summary };
}

/** Host keys of the factory whose files are gone have been made anew: the keystore is told. */
function hostKeyEdit({ datastores, hidden, hostKeys }: ListenerParts): Edit | undefined {
  using reading = datastores.read('running');
  const stored = keystoreKeys(reading.view.keys, reading.view);
  const lost = hostKeys.filter(({ name }) => {
    const pair = stored.get(name)?.pair;
    if (pair === undefined || !pair.isHidden) return false;
    const key = publicKeyOf(pair);
    return key === undefined || hidden.find(spkiOf(key)) === undefined;
  });
  if (lost.length === 0) return undefined;
  const summary = `host keys were lost and are replaced: ${lost.map(({ name }) => name).join(', ')}`;
  return { text: hostKeyConfiguration(lost), summary };
}
