/**
 * sluiced, the control plane: schema, store, features, commit, engine client, northbound, wired. It may end and start at
 * any moment; the engine goes on forwarding, and what was acknowledged is in the store.
 */
import { renameSync, writeFileSync, writeSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { Datastores } from './commit/datastores.ts';
import { cryptHash } from './commit/transform.ts';
import { compileConstraints } from './commit/validate/compile.ts';
import { StorageError } from './datastore/lmdb/environment.ts';
import { Store } from './datastore/store.ts';
import type { View } from './datastore/view/view.ts';
import { EngineClient } from './engine/client.ts';
import { ENGINE_TARGET } from './engine/operation.ts';
import { EngineTarget } from './engine/target.ts';
import { DEFAULT_LISTENER, listenerConfiguration } from './features/factory.ts';
import { createFeatures, featureIndexes } from './features/features.ts';
import { GENERATE_KEY_PAIR, KeyGenerator } from './features/keystore/generate.ts';
import { GENERATE_CSR, RequestSigner } from './features/keystore/sign-request.ts';
import { engineOperations } from './features/operations.ts';
import { LOCALIZE_KEY, localizeKey } from './features/snmp/localize-rpc.ts';
import { softwareState } from './features/software/state.ts';
import { storedConfigurationState, unfitLines } from './features/stored-configuration/state.ts';
import { Violations } from './features/stored-configuration/violations.ts';
import type { RpcHandler } from './northbound/netconf/rpc/handler.ts';
import { NetconfServer } from './northbound/netconf/server.ts';
import { hostKeys as loadHostKeys } from './northbound/netconf/transport/host-keys.ts';
import { nativeCiphersLoaded } from './northbound/netconf/transport/ssh2-internals.ts';
import { Transports } from './northbound/netconf/transport/transports.ts';
import { HiddenKeyFolder } from './platform/hidden-keys.ts';
import { IfIndexes } from './platform/if-index.ts';
import { PlatformTarget } from './platform/target.ts';
import { openAppliance } from './sluiced/appliance.ts';
import { ConfigurationError, loadFirstConfiguration } from './sluiced/first-start.ts';
import { bindsOf, ensureListener } from './sluiced/listener.ts';
import { collectAfterLargeCommits } from './sluiced/memory.ts';
import { parseSluicedOptions, type SluicedOptions } from './sluiced/options.ts';
import { takePriority } from './sluiced/priority.ts';
import { routerSchema } from './sluiced/schema.ts';
import { Segments } from './sluiced/segments.ts';
import { Snmp } from './sluiced/snmp.ts';
import { softwareHandlers } from './sluiced/software.ts';
import { DEFAULT_ENDPOINT, type Endpoint, UsageError } from './start/options.ts';
import { ModuleError } from './yang/statement/error.ts';

const log = (message: string): void => void process.stdout.write(`${new Date().toISOString()} ${message}\n`);

/** `leave`: the router ends, and not the control plane alone. */
type Stop = (leave: boolean) => Promise<void>;

/** Starts everything; resolves with what ends it. */
async function start(options: SluicedOptions): Promise<Stop> {
  const check = Store.check(options.state);
  const schema = routerSchema(options.yangPaths);
  const constraints = compileConstraints(schema);
  for (const { path, source, reads } of constraints.uninvertible) {
    log(`slow constraint: ${path}: "${source}" is evaluated whole, whenever ${reads} changes`);
  }
  const store = await Store.open({
    folder: options.state,
    check,
    schema,
    indexes: [...constraints.indexes, ...featureIndexes(schema)],
  });
  if (store.aside !== undefined)
    log(`the datastore could not be read and was put aside: ${JSON.stringify(store.aside)}`);
  for (const line of unfitLines(store.unfit)) log(line);

  const keyFolder = `${options.state}/keys`;
  const hostKeys = await loadHostKeys(keyFolder);
  for (const { name, fingerprint } of hostKeys) log(`SSH host key ${name}: ${fingerprint}`);
  const hostKeyEntries = hostKeys.map(({ name, publicKey }) => ({ name: `ssh-host-${name}`, publicKey }));
  const hidden = HiddenKeyFolder.open(keyFolder, log);

  const interfaceNumbers = IfIndexes.load(`${options.state}/if-index`);
  const snmp = new Snmp(options.state, interfaceNumbers, log);
  const engine = new EngineClient({
    socketPath: options.engineSocket,
    owner: 'sluiced',
    intent: () => features.intent(),
    log,
  });
  const features = createFeatures({
    keys: store.keys,
    engine,
    numbers: interfaceNumbers,
    running: () => runningOf(store),
    publish: (notification) => netconf.publish(notification),
    hidden,
    transports: {
      listeners: () => transports.listeners(),
      calls: () => transports.calls(),
    },
    snmp,
    log,
  });
  const transports = new Transports({
    authenticator: features.users,
    hidden,
    accept: (stream) => netconf.accept(stream),
    log,
  });
  const segments = new Segments({
    keys: store.keys,
    engine,
    running: () => runningOf(store),
    kept: store.kept,
    hidden,
    publish: (notification) => netconf.publish(notification),
    log,
  });
  const generator = new KeyGenerator(schema, hidden);
  const signer = new RequestSigner(store.keys, () => runningOf(store), hidden);
  const datastores = new Datastores({
    store,
    constraints,
    features: features.features,
    targets: [new EngineTarget(engine), new PlatformTarget(features.platformActions), transports, snmp.master],
    transforms: [cryptHash],
    onTargetFailure: (target, error) => {
      log(`${target} failed after the commit point and is brought up to date: ${String(error)}`);
      if (target === ENGINE_TARGET) void engine.replay();
    },
    onRevertFailure: (error) => log(`the confirmed commit could not be reverted and will be again: ${String(error)}`),
  });
  const appliance = openAppliance(`${options.state}/url`, log);
  const violations = new Violations(store, datastores, log);
  const netconf = new NetconfServer({
    datastores,
    schema,
    access: features.access,
    authenticator: features.users,
    providers: [
      ...features.features.flatMap(({ state }) => (state === undefined ? [] : [state])),
      storedConfigurationState(store, violations),
      segments.state,
      softwareState(store.keys, appliance?.slots),
    ],
    handlers: new Map([
      [LOCALIZE_KEY, ({ input }) => ({ kind: 'output', nodes: localizeKey(schema, input, snmp.engine().engineId) })],
      [GENERATE_KEY_PAIR, async ({ input }) => ({ kind: 'output', nodes: await generator.generate(input) })],
      ...GENERATE_CSR.map((path): [string, RpcHandler] => [
        path,
        ({ rpc, target = '', input }) => ({ kind: 'output', nodes: signer.sign(rpc, target, input) }),
      ]),
      ...[...engineOperations(store.keys, engine, () => runningOf(store)), ...segments.actions].map(
        ([path, operation]): [string, RpcHandler] => [
          path,
          async ({ rpc, target = '', input }) => ({ kind: 'output', nodes: await operation({ rpc, target, input }) }),
        ],
      ),
      ...softwareHandlers({
        schema,
        appliance,
        drain: (limitMs) => segments.drain(limitMs),
        publish: (notification) => netconf.publish(notification),
        log,
      }),
    ]),
    log,
    urlFolder: `${options.state}/url`,
  });
  const first = listenerConfiguration(hostKeyEntries, await bindsOf(options.netconf ?? DEFAULT_ENDPOINT));
  // Nothing is made where there is a configuration: a full disk must not keep it from running.
  const isNew =
    store.head === 0 && (await loadFirstConfiguration(datastores, schema, options.config, options.state, first));
  await datastores.recover();
  const isMoved = await ensureListener({ datastores, schema, hidden, hostKeys: hostKeyEntries, log }, options.netconf);
  if (isNew && isMoved) await datastores.copy({ sessionId: 0, user: '', source: 'startup' }, 'running', 'startup');
  engine.onEvent((event) => {
    features.onEngineEvent(event);
    datastores.confirmed.wake();
  });
  engine.onReplay(features.onEngineReplay);
  segments.start(datastores);
  engine.start();
  try {
    netconf.tellChanges(`${options.state}/netconf-library.json`);
  } catch (error) {
    log(`what the server is now could not be noted, and will be told as new at the next start: ${error}`);
  }
  violations.judge().catch((error) => log(`running could not be judged: ${error}`));
  await netconf.listenUnix(`${options.run}/netconf.sock`);
  if (!nativeCiphersLoaded()) log('SSH runs without its native ciphers, at half the speed: npm start builds them');
  await transports.start(features.transportIntent());
  await snmp.master.start(features.snmpIntent());
  snmp.start(store.keys, datastores, () => runningOf(store), engine);
  announce(`${options.run}/netconf.json`, whereSshListens(transports, options.netconf));
  store.prepare();
  datastores.onCommit(collectAfterLargeCommits());
  return async (leave) => {
    if (leave) await segments.leave();
    await netconf.close();
    await segments.close();
    await snmp.close();
    await transports.close();
    await engine.stop();
    await datastores.close();
    await store.close();
  };
}

/** Running at this moment, for one synchronous look: the snapshot ends with the turn of the event loop. */
function runningOf(store: Store): View {
  const snapshot = store.snapshot();
  setImmediate(() => snapshot.close());
  return snapshot.running;
}

/** The listener of the factory, or else any; nothing where there is none. */
function whereSshListens(transports: Transports, option: Endpoint | undefined): Partial<Endpoint> {
  const up = [...transports.listeners()].filter(({ ports }) => ports.size > 0);
  const [first] = (up.find(({ name }) => name === DEFAULT_LISTENER) ?? up[0])?.ports ?? [];
  if (first === undefined) return {};
  const [address, port] = first;
  return { address: option?.address ?? address, port };
}

/** Tells whoever started it where NETCONF listens. */
function announce(file: string, content: object): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(content)}\n`);
  renameSync(`${file}.new`, file);
}

/** What whoever started it can mend is told without a stack. */
function fail(error: unknown): never {
  const isExpected =
    error instanceof ModuleError ||
    error instanceof ConfigurationError ||
    error instanceof UsageError ||
    error instanceof StorageError;
  process.stderr.write(`sluiced: ${error instanceof Error ? (isExpected ? error.message : error.stack) : error}\n`);
  process.exit(1);
}

const options = parseSluicedOptions(process.argv.slice(2));
const stop = await start(options).catch(fail);
log('ready');
takePriority(log);
if (options.readyFd !== undefined) {
  const sign = options.readyFd;
  writeSync(sign, '\n');
  // systemd's watchdog (sd_watchdog_enabled(3)): a sign of life from the event loop, three times within the limit.
  const limitMs = Number(process.env['WATCHDOG_USEC'] ?? 0) / 1000;
  if (limitMs > 0) setInterval(() => writeSync(sign, '\n'), limitMs / 3).unref();
}
flushCompileCache(); // the next start may follow a kill
/** SIGHUP ends the control plane alone: another one is started, and the peers of ethernet segments take over nothing. */
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.once(signal, () => {
    log(`stopping after ${signal}`);
    stop(signal !== 'SIGHUP').then(
      () => process.exit(0),
      (error) => {
        log(`the end failed: ${error}`);
        process.exit(1);
      },
    );
  });
}
