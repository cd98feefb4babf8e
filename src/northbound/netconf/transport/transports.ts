/**
 * Listeners and calls as the configuration has them (src/features/netconf-server), a target of commits: sockets are bound
 * before the commit point, so that an address which cannot be had refuses the commit, and are in force with it. What is
 * not in the difference is not touched, and sessions that are there stay, whatever becomes of what they came by.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { PlannedOperation, Prepared, Target } from '../../../commit/feature.ts';
import { type HiddenKeys, type PrivateKeySource, privateKeyOf } from '../../../features/keystore/key-pair.ts';
import {
  type Bind,
  type CallHomeState,
  type ListenEndpoint,
  type ListenState,
  TRANSPORT_TARGET,
  type TransportOperation,
  type TransportParameters,
  type TransportStates,
} from '../../../features/netconf-server/endpoint.ts';
import { type Fault, FaultError } from '../../../yang/fault.ts';
import type { Accept, Acceptor } from './acceptor.ts';
import { Admission } from './admission.ts';
import type { Authenticator } from './authenticator.ts';
import { CallHome } from './call-home.ts';
import { sshPem } from './key-pem.ts';
import { DEFAULT_LIMITS, type TransportLimits } from './limits.ts';
import { bindKey, Listening } from './listening.ts';
import { Seldom } from './seldom.ts';
import { SshAcceptor } from './ssh-acceptor.ts';
import { TcpListener } from './tcp-listener.ts';
import { TlsAcceptor } from './tls-acceptor.ts';

export interface TransportsOptions {
  readonly authenticator: Authenticator;
  readonly hidden: HiddenKeys;
  readonly accept: Accept;
  readonly log: (message: string) => void;
  readonly limits?: Partial<TransportLimits>;
  /** See CallHomeOptions. */
  readonly callHomePauseMs?: number;
}

/** Tries of a listener that could not be bound at the start. */
const RETRY_MS = { first: 1000, most: 30_000 };

/** What a commit prepared: sockets bound and given up, and what each listener becomes. */
interface Step {
  readonly set: Map<string, { readonly endpoint: ListenEndpoint; readonly acceptor: Acceptor }>;
  readonly removed: Set<string>;
  /** Gone from the configuration, and the only way in. */
  readonly left: Set<string>;
  readonly bound: Map<string, TcpListener>;
  /** Closed already, because a new socket was in its way: bound again if the commit is not made. */
  readonly givenUp: Map<string, Bind>;
}

export class Transports implements Target, TransportStates {
  readonly name = TRANSPORT_TARGET;
  readonly admission: Admission;
  readonly #options: TransportsOptions;
  readonly #limits: TransportLimits;
  readonly #seldom: Seldom;
  readonly #listening = new Map<string, Listening>();
  readonly #calls = new Map<string, CallHome>();
  /** Listeners that are not in the configuration any more (see keepLast). */
  #left = new Set<string>();
  #retry: NodeJS.Timeout | undefined;
  #retryMs = RETRY_MS.first;
  #isStarted = false;
  #isClosed = false;

  constructor(options: TransportsOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.admission = new Admission(this.#limits);
    this.#seldom = new Seldom(options.log);
  }

  *listeners(): Iterable<ListenState> {
    for (const listening of this.#listening.values()) yield listening.state;
  }

  *calls(): Iterable<CallHomeState> {
    for (const call of this.#calls.values()) yield call.state;
  }

  async prepare(planned: readonly PlannedOperation[]): Promise<Prepared | { readonly refused: readonly Fault[] }> {
    const operations = planned.map(({ operation }) => operation as TransportOperation);
    const { log } = this.#options;
    // Commits of the start itself: `start` brings what running says then.
    if (!this.#isStarted) return { commit: async () => undefined, abort: async () => undefined };
    const step: Step = { set: new Map(), removed: new Set(), left: new Set(), bound: new Map(), givenUp: new Map() };
    try {
      for (const operation of operations) this.#build(operation, step);
      this.#keepLast(operations, step);
      await this.#bind(step);
    } catch (error) {
      await this.#undo(step);
      if (error instanceof FaultError) return { refused: error.faults };
      throw error;
    }
    return {
      commit: async () => {
        await this.#apply(step);
        this.#left = step.left;
        if (step.left.size > 0)
          log(`no listener and no call is configured: ${[...step.left].join(', ')} stays until one is`);
        for (const operation of operations) this.#applyCall(operation);
      },
      abort: () => this.#undo(step),
    };
  }

  /** The configuration at the start: what cannot be had yet is tried again, and its state says so. */
  async start(planned: readonly PlannedOperation[]): Promise<void> {
    for (const { operation } of planned as readonly { operation: TransportOperation }[]) {
      if (!('set' in operation) || operation.set !== 'listen') continue;
      this.#listening.set(operation.value.name, new Listening(operation.value, undefined));
    }
    this.#isStarted = true;
    await this.#tryAgain();
    for (const { operation } of planned as readonly { operation: TransportOperation }[]) this.#applyCall(operation);
  }

  /** Stops listening and calling, and closes all connections. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    for (const call of this.#calls.values()) call.stop('go');
    const sockets = [...this.#listening.values()].flatMap((listening) => [...listening.sockets.values()]);
    await Promise.all(sockets.map((socket) => socket.close('go')));
  }

  #build(operation: TransportOperation, step: Step): void {
    if ('remove' in operation) {
      if (operation.remove === 'listen') step.removed.add(operation.name);
      return;
    }
    if (operation.set === 'call-home') {
      for (const endpoint of operation.value.endpoints) this.#acceptor(endpoint.path, endpoint.transport);
      return;
    }
    const endpoint = operation.value;
    step.set.set(endpoint.name, { endpoint, acceptor: this.#acceptor(endpoint.path, endpoint.transport) });
  }

  /**
   * Nobody is locked out by a configuration with neither a listener nor a call: the listeners of the one before stay until
   * there is another way in. (A start makes the listener of the factory then.)
   */
  #keepLast(operations: readonly TransportOperation[], step: Step): void {
    const calls = new Set(this.#calls.keys());
    for (const operation of operations) {
      if ('remove' in operation) calls.delete(operation.remove === 'call-home' ? operation.name : '');
      else if (operation.set === 'call-home') calls.add(operation.value.name);
    }
    const left = [...this.#listening.keys()].filter((name) => !step.removed.has(name) && !this.#left.has(name));
    const isWayIn = step.set.size > 0 || left.length > 0 || calls.size > 0;
    if (isWayIn) for (const name of this.#left) step.removed.add(name);
    else {
      for (const name of step.removed) step.left.add(name);
      for (const name of this.#left) step.left.add(name);
      step.removed.clear();
    }
  }

  /** Throws a FaultError where keys and certificates cannot be used. */
  #acceptor(path: string, transport: TransportParameters): Acceptor {
    const { authenticator, accept } = this.#options;
    try {
      switch (transport.kind) {
        case 'ssh': {
          const hostKeys = transport.hostKeys.map((source) => sshPem(this.#key(source)));
          const { algorithms, keepalive } = transport;
          return new SshAcceptor({ hostKeys, algorithms, keepalive, authenticator, limits: this.#limits, accept });
        }
        case 'tls':
          return new TlsAcceptor({
            parameters: transport,
            key: this.#key(transport.key),
            authenticator,
            limits: this.#limits,
            accept,
            refused: (reason) => this.#seldom.log(`${path}: a client was refused: ${reason}`),
          });
      }
    } catch (error) {
      const message = `Its keys and certificates cannot be used: ${(error as Error).message}.`;
      throw new FaultError({ type: 'application', tag: 'invalid-value', path, message });
    }
  }

  #key(source: PrivateKeySource): KeyObject {
    const key = privateKeyOf(source, this.#options.hidden);
    if (key === undefined) throw new Error('the router does not hold the private key');
    return createPrivateKey(key.export({ format: 'pem', type: 'pkcs8' }));
  }

  /** Binds what the step needs and nobody has. */
  async #bind(step: Step): Promise<void> {
    const existing = new Map<string, Listening>();
    for (const listening of this.#listening.values()) {
      for (const key of listening.sockets.keys()) existing.set(key, listening);
    }
    const kept = this.#keptKeys(step);
    for (const { endpoint } of step.set.values()) {
      for (const bind of endpoint.binds) {
        const key = bindKey(endpoint.name, bind);
        if (existing.has(key) || step.bound.has(key)) continue;
        step.bound.set(key, await this.#bindOne(bind, step, kept));
      }
    }
  }

  async #bindOne(bind: Bind, step: Step, kept: ReadonlySet<string>): Promise<TcpListener> {
    const listen = () => TcpListener.listen(bind.address, bind.port, this.admission);
    try {
      return await listen();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw bindFault(bind, error);
      // One of our own that is to go may be in the way: 192.0.2.1 of 0.0.0.0, or the other way round.
      const given = await this.#giveUp(bind.port, step, kept);
      if (!given) throw bindFault(bind, error);
    }
    return await listen().catch((error) => {
      throw bindFault(bind, error);
    });
  }

  async #giveUp(port: number, step: Step, kept: ReadonlySet<string>): Promise<boolean> {
    let given = false;
    for (const listening of this.#listening.values()) {
      for (const [key, socket] of listening.sockets) {
        if (kept.has(key) || step.givenUp.has(key) || socket.port !== port) continue;
        const bind = listening.endpoint.binds.find((each) => bindKey(listening.endpoint.name, each) === key);
        if (bind !== undefined) step.givenUp.set(key, bind);
        await socket.close('stay');
        given = true;
      }
    }
    return given;
  }

  /** The sockets that there are after the step as before. */
  #keptKeys(step: Step): ReadonlySet<string> {
    const kept = new Set<string>();
    for (const [name, { endpoint }] of this.#listening) {
      if (step.removed.has(name) || step.set.has(name)) continue;
      for (const bind of endpoint.binds) kept.add(bindKey(name, bind));
    }
    for (const { endpoint } of step.set.values()) {
      for (const bind of endpoint.binds) kept.add(bindKey(endpoint.name, bind));
    }
    return kept;
  }

  async #undo(step: Step): Promise<void> {
    await Promise.all([...step.bound.values()].map((socket) => socket.close('go')));
    for (const [key, bind] of step.givenUp) {
      const listening = [...this.#listening.values()].find(({ sockets }) => sockets.has(key));
      if (listening === undefined) continue;
      try {
        const socket = await TcpListener.listen(bind.address, bind.port, this.admission);
        socket.receiver = listening;
        listening.sockets.set(key, socket);
      } catch (error) {
        listening.sockets.delete(key);
        this.#failed(listening, error);
        this.#later();
      }
    }
  }

  async #apply(step: Step): Promise<void> {
    const pool = new Map(step.bound);
    const kept = this.#keptKeys(step);
    const gone: TcpListener[] = [];
    for (const [name, listening] of this.#listening) {
      if (!step.removed.has(name) && !step.set.has(name)) continue;
      for (const [key, socket] of listening.sockets) {
        listening.sockets.delete(key);
        if (kept.has(key) && !step.givenUp.has(key)) pool.set(key, socket);
        else if (!step.givenUp.has(key)) gone.push(socket);
      }
      if (step.removed.has(name) && !step.set.has(name)) this.#listening.delete(name);
    }
    for (const [name, { endpoint, acceptor }] of step.set) {
      const listening = this.#listening.get(name) ?? new Listening(endpoint, acceptor);
      Object.assign(listening, { endpoint, acceptor, error: undefined });
      this.#listening.set(name, listening);
      for (const bind of endpoint.binds) {
        const key = bindKey(name, bind);
        const socket = pool.get(key);
        if (socket === undefined) continue;
        socket.receiver = listening;
        listening.sockets.set(key, socket);
      }
    }
    await Promise.all(gone.map((socket) => socket.close('stay')));
  }

  #applyCall(operation: TransportOperation): void {
    if ('remove' in operation) {
      if (operation.remove !== 'call-home') return;
      this.#calls.get(operation.name)?.stop('stay');
      this.#calls.delete(operation.name);
      return;
    }
    if (operation.set !== 'call-home') return;
    const client = operation.value;
    const known = this.#calls.get(client.name);
    if (known !== undefined) {
      known.update(client);
      return;
    }
    const { callHomePauseMs } = this.#options;
    const call = new CallHome(client, {
      acceptor: (endpoint) => this.#acceptor(endpoint.path, endpoint.transport),
      log: (message) => this.#seldom.log(message),
      ...(callHomePauseMs === undefined ? {} : { pauseMs: callHomePauseMs }),
    });
    this.#calls.set(client.name, call);
    call.start();
  }

  /** Brings up what is down, as far as it can be had; later again for the rest. */
  async #tryAgain(): Promise<void> {
    let isWhole = true;
    for (const listening of [...this.#listening.values()]) {
      if (listening.state.isUp) continue;
      try {
        const { endpoint } = listening;
        listening.acceptor ??= this.#acceptor(endpoint.path, endpoint.transport);
        for (const bind of endpoint.binds) {
          const key = bindKey(endpoint.name, bind);
          if (listening.sockets.has(key)) continue;
          const socket = await TcpListener.listen(bind.address, bind.port, this.admission).catch((error) => {
            throw bindFault(bind, error);
          });
          // A commit may have changed it meanwhile.
          if (this.#isClosed || this.#listening.get(endpoint.name)?.endpoint !== endpoint) {
            await socket.close('go');
            continue;
          }
          socket.receiver = listening;
          listening.sockets.set(key, socket);
        }
        listening.error = undefined;
      } catch (error) {
        this.#failed(listening, error);
        isWhole = false;
      }
    }
    if (!isWhole) this.#later();
  }

  #failed(listening: Listening, error: unknown): void {
    const message = (error as Error).message;
    if (message !== listening.error) this.#options.log(`the listener ${listening.endpoint.name} is down: ${message}`);
    listening.error = message;
  }

  #later(): void {
    clearTimeout(this.#retry);
    if (this.#isClosed) return;
    this.#retry = setTimeout(() => void this.#tryAgain(), this.#retryMs);
    this.#retry.unref();
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS.most);
  }
}

/** The system's refusal of an address or port, at the leaf that names it. */
function bindFault({ address, port, path }: Bind, error: unknown): FaultError {
  const { code, message } = error as NodeJS.ErrnoException;
  const where = `${address} port ${port}`;
  switch (code) {
    case 'EADDRINUSE':
      return new FaultError({ type: 'application', tag: 'in-use', path, message: `Something listens at ${where}.` });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EINVAL':
      return new FaultError({
        type: 'application',
        tag: 'invalid-value',
        path,
        message: `The router has no address ${address}.`,
      });
    default:
      return new FaultError({
        type: 'application',
        tag: 'operation-failed',
        path,
        message: `The router cannot listen at ${where}: ${message}.`,
      });
  }
}
