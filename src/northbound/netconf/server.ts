/**
 * The NETCONF server: sessions over SSH and the local socket, rpcs to their handlers, events to their subscribers.
 *
 *     const server = new NetconfServer({ datastores, schema, access, authenticator, providers, log });
 *     await server.listenUnix('state/run/netconf.sock');
 *     const port = await server.listenSsh({ address: '127.0.0.1', port: 830, keyFolder: 'state/keys' });
 */
import type { AccessControl } from '../../commit/access/access.ts';
import type { Datastores } from '../../commit/datastores.ts';
import type { StateProvider } from '../../commit/operational/state.ts';
import { StateSignal } from '../../commit/operational/state-signal.ts';
import type { KeySpace } from '../../datastore/key/key.ts';
import { readHttpsSettings } from '../../features/url/model.ts';
import { writeData } from '../../yang/codec/write-data.ts';
import { XmlWriter } from '../../yang/codec/xml-writer.ts';
import { type Fault, FaultError } from '../../yang/fault.ts';
import type { RpcNode, Schema } from '../../yang/schema/node.ts';
import { faultsOf, writeRpcError } from './errors/rpc-error.ts';
import { assertionReader } from './filter/conditions.ts';
import { capabilitiesOf } from './monitoring/capabilities.ts';
import { COMMIT_HISTORY, commitHistory, commitHistoryChanges } from './monitoring/commit-history.ts';
import { assertionsDecided, CONFIRMED_COMMIT, confirmedCommitState } from './monitoring/confirmed-commit.ts';
import { tellChanges } from './monitoring/known-library.ts';
import {
  DATASTORES_STATE,
  NETCONF_STATE,
  netconfState,
  SESSION_STATE,
  STREAMS,
  streamsState,
} from './monitoring/netconf-state.ts';
import { PlainState } from './monitoring/provider.ts';
import { SYSTEM_CAPABILITIES, systemCapabilities } from './monitoring/system-capabilities.ts';
import { urlFiles } from './monitoring/url-files.ts';
import { modulesState, yangLibrary } from './monitoring/yang-library.ts';
import { ConfigChanges } from './notification/config-change.ts';
import { confirmedCommitEvent } from './notification/confirmed-commit.ts';
import type { NotificationEvent } from './notification/event.ts';
import { Push } from './notification/push/push.ts';
import { SessionEvents } from './notification/session-events.ts';
import { Streams } from './notification/streams.ts';
import {
  RECEIVER_STATE,
  STREAMS as SUBSCRIBED_STREAMS,
  SUBSCRIPTIONS,
  streamsData,
  subscriptionsData,
} from './notification/subscription/state.ts';
import { Subscriptions } from './notification/subscription/subscriptions.ts';
import type { Call, Reply, RpcHandler, RpcHandlers } from './rpc/handler.ts';
import { netconfHandlers } from './rpc/handlers.ts';
import { assertPossible } from './rpc/possible.ts';
import { MessageReader, type Operation } from './session/message.ts';
import {
  DEFAULT_SESSION_LIMITS,
  type EndReason,
  Session,
  type SessionHost,
  type SessionLimits,
} from './session/session.ts';
import { Sessions } from './session/sessions.ts';
import { type ServerCounters, type SessionCounters, serverCounters } from './session/statistics.ts';
import type { Authenticator } from './transport/authenticator.ts';
import type { ByteStream } from './transport/byte-stream.ts';
import { hostKeys } from './transport/host-keys.ts';
import type { TransportLimits } from './transport/limits.ts';
import { listenSsh } from './transport/ssh.ts';
import { nativeCiphersLoaded } from './transport/ssh2-internals.ts';
import { type Listener, listenUnix } from './transport/unix.ts';
import { UrlAccess } from './url/access.ts';
import { FileStore } from './url/file-store.ts';

export interface NetconfServerOptions {
  readonly datastores: Datastores;
  readonly schema: Schema;
  readonly access: AccessControl;
  readonly authenticator: Authenticator;
  /** State of the features. */
  readonly providers: readonly StateProvider[];
  /** Handlers of the features' rpcs (`module:rpc`) and actions (path of the action's node). */
  readonly handlers?: RpcHandlers;
  readonly limits?: Partial<SessionLimits>;
  readonly log: (message: string) => void;
  /** The files that URLs can name (RFC 6241 section 8.8); it need not be there. */
  readonly urlFolder: string;
}

export interface ListenSshOptions {
  readonly address: string;
  /** 0: any free one. */
  readonly port: number;
  /** Where the host keys are, or are put at the first start. */
  readonly keyFolder: string;
  readonly limits?: Partial<TransportLimits>;
}

/** Sessions at a time, hellos included; the next one is closed at once. */
const MAX_SESSIONS = 4096;

export class NetconfServer implements SessionHost {
  readonly limits: SessionLimits;
  readonly #options: NetconfServerOptions;
  readonly #schema: Schema;
  readonly #keys: KeySpace;
  readonly #files: FileStore;
  readonly #sessions = new Sessions();
  readonly #streams: Streams;
  readonly #subscriptions: Subscriptions;
  readonly #push: Push;
  /** Of /netconf-state and of /subscriptions. */
  readonly #monitoring = new StateSignal();
  readonly #subscriptionChanges = new StateSignal();
  readonly #handlers: RpcHandlers;
  readonly #sessionEvents: SessionEvents;
  readonly #capabilities: readonly string[];
  /** Of the sessions that are over. */
  readonly #counters: ServerCounters = serverCounters();
  readonly #listeners: Listener[] = [];
  #closing = false;

  constructor(options: NetconfServerOptions) {
    const { schema, datastores } = options;
    this.#options = options;
    this.#schema = schema;
    this.limits = { ...DEFAULT_SESSION_LIMITS, ...options.limits };
    this.#capabilities = capabilitiesOf(schema);
    using reading = datastores.read('running');
    this.#keys = reading.view.keys;
    this.#streams = new Streams(schema, this.#keys, options.access, datastores.events);
    const publish = (event: NotificationEvent): void => this.#streams.publish(event);
    this.#sessionEvents = new SessionEvents(schema, publish);
    const sourceHost = (id: number): string | undefined => this.#sessions.get(id)?.peer.sourceHost;
    const changes = new ConfigChanges(schema, datastores, this.#keys, {
      publish,
      sourceHost,
    });
    datastores.confirmed.onChange((change) => {
      const event = confirmedCommitEvent(schema, change, sourceHost);
      if (event !== undefined) publish(event);
    });
    this.#files = new FileStore(options.urlFolder);
    datastores.confirmed.onEnd((ended) => {
      const event = assertionsDecided(schema, ended);
      if (event !== undefined) publish(event);
    });
    const providers = [...options.providers, ...this.#stateProviders(new Date())];
    this.#push = new Push({
      schema,
      keys: this.#keys,
      datastores,
      providers,
      access: options.access,
      onBug: (error) => options.log(`a bug in a subscription: ${describe(error)}`),
    });
    this.#subscriptions = new Subscriptions({
      schema,
      keys: this.#keys,
      streams: this.#streams,
      changes: this.#subscriptionChanges,
      push: this.#push,
    });
    datastores.onCommit((_record, { rows, after }) => {
      try {
        this.#subscriptions.onCommit(rows, after);
      } catch (error) {
        options.log(`a bug in a subscription: ${describe(error)}`);
      }
    });
    const urls = new UrlAccess({
      schema,
      files: this.#files,
      settings: () => {
        using now = datastores.read('running');
        return readHttpsSettings(this.#keys, now.view);
      },
    });
    const services = {
      urls,
      schema,
      keys: this.#keys,
      datastores,
      providers,
      sessions: this.#sessions,
      streams: this.#streams,
      subscriptions: this.#subscriptions,
      changes,
    };
    const { access } = options;
    datastores.confirmed.useReader(assertionReader({ schema, datastores, providers, access }));
    this.#handlers = new Map([...(options.handlers ?? []), ...netconfHandlers(services)]);
  }

  /** Listens on a socket for the recovery session: for its owner alone, who is exempt from access control. */
  async listenUnix(path: string): Promise<void> {
    this.#listeners.push(await listenUnix({ path }, (stream) => this.accept(stream)));
  }

  /** Listens for SSH; resolves with the port. */
  async listenSsh({ address, port, keyFolder, limits }: ListenSshOptions): Promise<number> {
    const { authenticator, log } = this.#options;
    const keys = await hostKeys(keyFolder);
    for (const { name, fingerprint } of keys) log(`SSH host key ${name}: ${fingerprint}`);
    if (!nativeCiphersLoaded()) {
      log('SSH runs without its native ciphers, at half the speed: npm start builds them');
    }
    const listener = await listenSsh(
      {
        address,
        port,
        hostKeys: keys.map(({ pem }) => pem),
        authenticator,
        ...(limits === undefined ? {} : { limits }),
      },
      (stream) => this.accept(stream),
    );
    this.#listeners.push(listener);
    return listener.port;
  }

  /**
   * Notifies what is another than when the server ran last, as the file says, in modules and capabilities; to be called once,
   * at the start.
   */
  tellChanges(file: string): void {
    tellChanges(this.#schema, this.#capabilities, file, (event) => this.#streams.publish(event));
  }

  /** Sends an event to all who subscribed and may see it. */
  publish(event: NotificationEvent): void {
    this.#streams.publish(event);
    this.#options.datastores.confirmed.wake();
  }

  /** Ends all sessions and stops listening. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const session of [...this.#sessions.all()]) session.end('other');
    await Promise.all(this.#listeners.map((listener) => listener.close()));
  }

  /** Starts a session on a stream. */
  accept(stream: ByteStream): void {
    if (this.#closing || this.#sessions.size >= MAX_SESSIONS) {
      stream.destroy();
      return;
    }
    const session = new Session(this, stream, this.#sessions.nextId());
    this.#sessions.add(session);
    session.start();
  }

  capabilities(): readonly string[] {
    return this.#capabilities;
  }

  reader(session: Session): MessageReader {
    return new MessageReader(this.#schema, (rpc, target) => this.#admit(session, rpc, target));
  }

  writer(): XmlWriter {
    return new XmlWriter(this.#schema);
  }

  writeFault(writer: XmlWriter, fault: Fault): void {
    writeRpcError(writer, this.#schema, fault);
  }

  faultsOf(error: unknown): readonly Fault[] {
    return faultsOf(error, (bug) => {
      this.#options.log(`a bug in an rpc: ${describe(bug)}`);
    });
  }

  async execute(session: Session, operation: Operation): Promise<void> {
    let reply: Reply;
    try {
      const call = this.#call(session, operation);
      await assertPossible(
        { schema: this.#schema, keys: this.#keys, datastores: this.#options.datastores },
        call,
        operation,
      );
      reply = await this.#handler(operation.rpc)(call);
    } catch (error) {
      return await session.replyFaults(this.faultsOf(error));
    }
    try {
      await this.#reply(session, reply);
    } finally {
      // What was done was done, also when the session ended before it could hear of it.
      reply.after?.();
    }
  }

  async #reply(session: Session, reply: Reply): Promise<void> {
    switch (reply.kind) {
      case 'ok':
        return await session.replyOk();
      case 'output': {
        const { nodes } = reply;
        // RFC 7950 section 7.14.4: without output parameters the reply is a single <ok/>.
        if (nodes.length === 0) return await session.replyOk();
        return await session.replyContent(function* (writer) {
          writeData(writer, nodes);
          yield;
        });
      }
      case 'stream':
        return await session.replyContent((writer) => reply.write(writer));
    }
  }

  opened(session: Session): void {
    this.#counters.inSessions++;
    if (session.hasOwnCandidate) this.#options.datastores.privateCandidates.enable(session.id);
    this.#sessionEvents.started(session);
    this.#stateChanged(SESSION_STATE, session.id);
  }

  ended(session: Session, reason: EndReason): void {
    this.#sessions.delete(session);
    session.peer.ended?.(reason === 'closed');
    this.#streams.unsubscribe(session.id);
    this.#subscriptions.endSession(session.id);
    addCounters(this.#counters, session.counters);
    if (reason === 'bad-hello') this.#counters.inBadHellos++;
    if (reason === 'dropped' || reason === 'timeout') this.#counters.droppedSessions++;
    this.#options.datastores.endSession(session.id).catch((error) => {
      this.#options.log(`the locks of session ${session.id} could not be released: ${error}`);
    });
    if (session.wasOpen) {
      this.#sessionEvents.ended(session, reason);
      this.#stateChanged(SESSION_STATE, session.id);
    }
  }

  mayExpire(session: Session): boolean {
    if (this.#streams.isSubscribed(session.id) || this.#subscriptions.has(session.id)) return false;
    const { locks, partialLocks, confirmed } = this.#options.datastores;
    if (partialLocks.isHolder(session.id)) return false;
    if (confirmed.pending?.sessionId === session.id) return false;
    return (['running', 'candidate', 'startup'] as const).every((name) => locks.holder(name)?.sessionId !== session.id);
  }

  #handler(rpc: RpcNode): RpcHandler {
    const handler = this.#handlers.get(rpc.kind === 'rpc' ? `${rpc.module.name}:${rpc.name}` : rpc.path);
    if (handler === undefined) {
      throw new FaultError({
        type: 'protocol',
        tag: 'operation-not-supported',
        message: `This server does not support ${rpc.name}.`,
      });
    }
    return handler;
  }

  #call(session: Session, operation: Operation): Call {
    const { principal } = session.peer;
    return {
      ...operation,
      caller: { sessionId: session.id, principal, ownCandidate: session.hasOwnCandidate },
      decisions: this.#options.access.decisions(principal),
    };
  }

  /** RFC 8341 section 3.2.5: whether the user may call it at all. */
  #admit(session: Session, rpc: RpcNode, target: string | undefined): void {
    this.#handler(rpc);
    const decisions = this.#options.access.decisions(session.peer.principal);
    if (rpc.kind === 'rpc' ? decisions.rpc(rpc) : this.#mayAct(session, rpc, target ?? '')) return;
    throw new FaultError({
      type: 'application',
      tag: 'access-denied',
      path: rpc.kind === 'rpc' ? `/${rpc.module.name}:${rpc.name}` : (target ?? ''),
      message: `The user ${session.peer.principal.user} may not call ${rpc.name}.`,
    });
  }

  #mayAct(session: Session, action: RpcNode, target: string): boolean {
    const address = this.#keys.rowOf(target);
    if (address === undefined) return false;
    return this.#options.access.decisions(session.peer.principal).action(action, address.key);
  }

  #stateProviders(startedAt: Date): StateProvider[] {
    const schema = this.#schema;
    const { datastores } = this.#options;
    const parts = {
      schema,
      datastores,
      sessions: this.#sessions,
      capabilities: this.#capabilities,
      counters: () => this.#countersNow(),
      startedAt,
    };
    datastores.locks.changes.on(() => this.#stateChanged(DATASTORES_STATE));
    datastores.partialLocks.changes.on(() => this.#stateChanged(DATASTORES_STATE));
    const fixed = { signal: new StateSignal() };
    const monitored = { signal: this.#monitoring };
    type Given = [string, ConstructorParameters<typeof PlainState>[2], ConstructorParameters<typeof PlainState>[3]?];
    const all: Given[] = [
      [NETCONF_STATE, (interests) => netconfState(parts, interests), monitored],
      [
        CONFIRMED_COMMIT,
        () => confirmedCommitState(datastores.confirmed),
        { signal: datastores.confirmed.changes, unwatched: [`${CONFIRMED_COMMIT}/pending/remaining`] },
      ],
      [
        COMMIT_HISTORY,
        (interests) => commitHistory(datastores, interests),
        { signal: commitHistoryChanges(schema, datastores) },
      ],
      ['/sluice-url:url-files', () => urlFiles(this.#files)],
      // When the oldest event is forgotten nobody is told.
      [
        STREAMS,
        () => streamsState(datastores.events),
        { ...fixed, unwatched: [`${STREAMS}/streams/stream/replayLogAgedTime`] },
      ],
      [
        SUBSCRIBED_STREAMS,
        () => streamsData(datastores.events),
        { ...fixed, unwatched: [`${SUBSCRIBED_STREAMS}/stream/replay-log-aged-time`] },
      ],
      [
        SUBSCRIPTIONS,
        () => subscriptionsData(this.#subscriptions.all()),
        { signal: this.#subscriptionChanges, unwatched: [RECEIVER_STATE] },
      ],
      ['/ietf-yang-library:yang-library', () => yangLibrary(schema), fixed],
      [SYSTEM_CAPABILITIES, () => systemCapabilities(this.#push.support), fixed],
      ['/ietf-yang-library:modules-state', () => modulesState(schema), fixed],
    ];
    return all
      .filter(([path]) => schema.find(path) !== undefined)
      .map(([path, give, changes]) => new PlainState(this.#keys, path, give, changes));
  }

  /** Part of /netconf-state may be another: a container of it, or one session. */
  #stateChanged(path: string, sessionId?: number): void {
    const node = this.#schema.find(path);
    if (node === undefined) return;
    const keys = new Map(sessionId === undefined ? [] : [[path, [String(sessionId)]]]);
    this.#monitoring.tell([{ node, keys }]);
  }

  #countersNow(): ServerCounters {
    const counters = { ...this.#counters };
    for (const session of this.#sessions.all()) addCounters(counters, session.counters);
    return counters;
  }
}

function describe(bug: unknown): string {
  return bug instanceof Error ? (bug.stack ?? bug.message) : String(bug);
}

function addCounters(sum: ServerCounters, session: SessionCounters): void {
  sum.inRpcs += session.inRpcs;
  sum.inBadRpcs += session.inBadRpcs;
  sum.outRpcErrors += session.outRpcErrors;
  sum.outNotifications += session.outNotifications;
}
