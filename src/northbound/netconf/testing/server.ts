/** A whole server for tests: the router's schema, a store in a folder of its own, users and access control; no engine. */
import type { KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Datastores, type DatastoresOptions } from '../../../commit/datastores.ts';
import type { Target } from '../../../commit/feature.ts';
import { cryptHash } from '../../../commit/transform.ts';
import { compileConstraints } from '../../../commit/validate/compile.ts';
import { Store } from '../../../datastore/store.ts';
import { keystoreFeature } from '../../../features/keystore/feature.ts';
import { GENERATE_KEY_PAIR, KeyGenerator } from '../../../features/keystore/generate.ts';
import { type HiddenKeys, spkiOf } from '../../../features/keystore/key-pair.ts';
import { GENERATE_CSR, RequestSigner } from '../../../features/keystore/sign-request.ts';
import { moduleFolders, servedModules } from '../../../features/modules.ts';
import { NacmAccessControl } from '../../../features/nacm/access.ts';
import { nacmFeature } from '../../../features/nacm/feature.ts';
import { netconfServerFeature } from '../../../features/netconf-server/feature.ts';
import { NETCONF_SERVER } from '../../../features/netconf-server/model.ts';
import { transportIntent } from '../../../features/netconf-server/plan.ts';
import { systemFeature } from '../../../features/system/feature.ts';
import { SystemModel } from '../../../features/system/model.ts';
import { Users } from '../../../features/system/users.ts';
import { truststoreFeature } from '../../../features/truststore/feature.ts';
import { loadSchema } from '../../../yang/schema/load.ts';
import type { Schema } from '../../../yang/schema/node.ts';
import { connectUnix, type NetconfClient } from '../client.ts';
import type { RpcHandler } from '../rpc/handler.ts';
import { NetconfServer, type NetconfServerOptions } from '../server.ts';
import { SocketStream } from '../transport/socket-stream.ts';
import { Transports } from '../transport/transports.ts';

let served: Schema | undefined;

export const IF =
  'xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces" xmlns:ianaift="urn:ietf:params:xml:ns:yang:iana-if-type"';

export function routerSchema(): Schema {
  served ??= loadSchema({ paths: moduleFolders, modules: servedModules });
  return served;
}

export interface TestServer {
  readonly server: NetconfServer;
  readonly datastores: Datastores;
  readonly folder: string;
  readonly socket: string;
  /** Listeners and calls, as its configuration has them. */
  readonly transports: Transports;
  /** What it logged: bugs, mostly. */
  readonly logged: string[];
  /** A recovery session, whose hello names these capabilities besides the bases. */
  connect(...capabilities: string[]): Promise<NetconfClient>;
  /** A session of this user, who is under access control, without a login. */
  connectAs(user: string, ...externalGroups: readonly string[]): Promise<NetconfClient>;
  /** Ends it and starts it anew on what it stored; sessions are gone. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** With the router's schema, or with one of its own that has ietf-netconf, ietf-netconf-acm and ietf-system at least. */
export async function testServer(
  options: Partial<NetconfServerOptions> = {},
  datastoreOptions: Partial<DatastoresOptions> = {},
  hidden = memoryKeys(),
): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-netconf-'));
  const socket = join(folder, 'netconf.sock');
  const logged: string[] = [];
  let running = await start(folder, socket, logged, options, datastoreOptions, hidden);
  return {
    get transports() {
      return running.transports;
    },
    get server() {
      return running.server;
    },
    get datastores() {
      return running.datastores;
    },
    folder,
    socket,
    logged,
    connect: (...capabilities) => connectUnix(socket, capabilities),
    connectAs: (user, ...externalGroups) => connectAs(running.server, join(folder, 'as.sock'), user, externalGroups),
    restart: async () => {
      await running.stop();
      running = await start(folder, socket, logged, options, datastoreOptions, hidden);
    },
    close: async () => {
      await running.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Running {
  readonly server: NetconfServer;
  readonly datastores: Datastores;
  readonly transports: Transports;
  stop(): Promise<void>;
}

async function start(
  folder: string,
  socket: string,
  logged: string[],
  options: Partial<NetconfServerOptions>,
  datastoreOptions: Partial<DatastoresOptions>,
  hidden: HiddenKeys,
): Promise<Running> {
  const schema = options.schema ?? routerSchema();
  const constraints = compileConstraints(schema);
  const store = await Store.open({
    folder: join(folder, 'store'),
    schema,
    indexes: constraints.indexes,
  });
  const running = () => {
    const snapshot = store.snapshot();
    setImmediate(() => snapshot.close());
    return snapshot.running;
  };
  const access = new NacmAccessControl(store.keys, running);
  const system = new SystemModel(store.keys);
  const users = new Users(system, running);
  const log = (message: string): void => void logged.push(message);
  const transports: Transports = new Transports({
    authenticator: users,
    hidden,
    accept: (stream) => server.accept(stream),
    log,
    limits: { refusalMs: 20 },
    callHomePauseMs: 20,
  });
  const hasTransports = schema.find(NETCONF_SERVER) !== undefined;
  const features = [
    nacmFeature(store.keys, access),
    systemFeature(system),
    ...(hasTransports
      ? [
          keystoreFeature(store.keys, hidden),
          truststoreFeature(store.keys),
          netconfServerFeature(store.keys, hidden, transports),
        ]
      : []),
  ];
  const generator = new KeyGenerator(schema, hidden);
  const signer = new RequestSigner(store.keys, running, hidden);
  // The platform's part in access control: the new rules are in force when the commit is.
  const platform: Target = {
    name: 'platform',
    prepare: async () => ({ commit: async () => access.invalidate(), abort: async () => undefined }),
  };
  const datastores = new Datastores({
    store,
    constraints,
    features,
    targets: [platform, transports],
    transforms: [cryptHash],
    onTargetFailure: (_target, error) => logged.push(String(error)),
    ...datastoreOptions,
  });
  const server = new NetconfServer({
    datastores,
    schema,
    access,
    authenticator: users,
    providers: features.flatMap(({ state }) => (state === undefined ? [] : [state])),
    handlers: new Map([
      [GENERATE_KEY_PAIR, async ({ input }) => ({ kind: 'output', nodes: await generator.generate(input) })],
      ...GENERATE_CSR.map((path): [string, RpcHandler] => [
        path,
        ({ rpc, target = '', input }) => ({ kind: 'output', nodes: signer.sign(rpc, target, input) }),
      ]),
    ]),
    log,
    urlFolder: join(folder, 'url'),
    ...options,
  });
  await server.listenUnix(socket);
  if (hasTransports) await transports.start(transportIntent(store.keys, running(), log));
  return {
    server,
    datastores,
    transports,
    stop: async () => {
      await server.close();
      await transports.close();
      await store.close();
    },
  };
}

/** Hidden keys that are gone with the test. */
function memoryKeys(): HiddenKeys {
  const keys = new Map<string, KeyObject>();
  return {
    find: (spki) => keys.get(spki),
    add: async (key) => void keys.set(spkiOf(key), key),
    *all() {
      for (const [spki, key] of keys) yield { spki, key };
    },
  };
}

async function connectAs(
  server: NetconfServer,
  path: string,
  user: string,
  externalGroups: readonly string[],
): Promise<NetconfClient> {
  const listener = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    const principal = { user, externalGroups, recovery: false };
    server.accept(
      new SocketStream(socket, { principal, transport: 'sluice-netconf:unix-socket', sourceHost: undefined }),
    );
  });
  await new Promise<void>((resolve) => listener.listen(path, resolve));
  const client = await connectUnix(path);
  listener.close();
  return client;
}

/** An edit-config of running. */
export function edit(config: string, target = 'running'): string {
  return `<edit-config><target><${target}/></target><config>${config}</config></edit-config>`;
}

/** `<interfaces>` with Ethernet interfaces of these names. */
export function ethernets(...names: readonly string[]): string {
  const each = names.map((name) => `<interface><name>${name}</name><type>ianaift:ethernetCsmacd</type></interface>`);
  return `<interfaces ${IF}>${each.join('')}</interfaces>`;
}

/** A user with a clear-text password. */
export function user(name: string, password: string): string {
  return `<system xmlns="urn:ietf:params:xml:ns:yang:ietf-system"><authentication><user><name>${name}</name><password>$0$${password}</password></user></authentication></system>`;
}
