/**
 * Call home to one NETCONF client (RFC 8071): the router connects, and is the server of SSH or TLS on the connection. One
 * connection at a time; endpoints are tried in their order, each `max-attempts` times, then the next one, for ever.
 */
import { connect, type Socket } from 'node:net';
import type { CallHomeClient, CallHomeEndpoint, CallHomeState } from '../../../features/netconf-server/endpoint.ts';
import type { Acceptor } from './acceptor.ts';
import { keepAlive } from './tcp-listener.ts';

export interface CallHomeOptions {
  /** The acceptor of an endpoint; throws where its keys cannot be used. */
  readonly acceptor: (endpoint: CallHomeEndpoint) => Acceptor;
  /** Told of every attempt that failed, again and again. */
  readonly log: (message: string) => void;
  /** Between two attempts; doubled after each round of failures, up to twice `max-wait` but at least this. */
  readonly pauseMs?: number;
}

const PAUSE_MS = 1000;
/** A connection that lasted less counts as a failure for the pause: a client that closes at once is not called in a loop. */
const SETTLED_MS = 5000;
const MINUTE_MS = 60_000;

export class CallHome {
  #client: CallHomeClient;
  readonly #options: CallHomeOptions;
  #stop = new AbortController();
  #status: CallHomeState['status'] = 'connecting';
  #connected: string | undefined;
  #lastConnected: string | undefined;
  #attempts = 0;
  #connections = 0;
  #lastError: string | undefined;
  #nextAttempt: Date | undefined;
  readonly #since = Date.now();
  #socket: Socket | undefined;

  constructor(client: CallHomeClient, options: CallHomeOptions) {
    this.#client = client;
    this.#options = options;
  }

  get state(): CallHomeState {
    return {
      name: this.#client.name,
      status: this.#status,
      endpoint: this.#connected,
      attempts: this.#attempts,
      connections: this.#connections,
      lastError: this.#lastError,
      nextAttempt: this.#nextAttempt,
    };
  }

  start(): void {
    const { signal } = this.#stop;
    this.#run(signal).catch((error) => {
      if (!signal.aborted) this.#options.log(`call home to ${this.#client.name} ended: ${error}`);
    });
  }

  /** From the next attempt on. A connection that is up stays; one that waits begins anew. */
  update(client: CallHomeClient): void {
    this.#client = client;
    if (this.#connected !== undefined) return;
    this.#stop.abort();
    this.#stop = new AbortController();
    this.start();
  }

  /** No more calls. A connection that is up stays, unless it is to go too. */
  stop(connection: 'stay' | 'go'): void {
    this.#stop.abort();
    if (connection === 'go' || this.#connected === undefined) this.#socket?.destroy();
  }

  async #run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      await this.#untilPeriod(signal);
      while (!signal.aborted) {
        const startedAt = Date.now();
        const isGraceful = await this.#round(signal, failures);
        if (signal.aborted) return;
        if (isGraceful === undefined) {
          failures++;
          continue;
        }
        failures = Date.now() - startedAt < SETTLED_MS ? failures + 1 : 0;
        // A periodic connection that was lost is made anew at once; one that the client closed waits for the next period.
        if (this.#client.connection.kind === 'periodic' && isGraceful) break;
        await this.#pause(signal, failures > 0 ? this.#pauseMs(failures) : 0);
      }
    }
  }

  /** One round over the endpoints. Undefined: none answered; else the end of the connection, and how it came. */
  async #round(signal: AbortSignal, failures: number): Promise<boolean | undefined> {
    const { endpoints, maxAttempts } = this.#client;
    const first = this.#first();
    for (let place = 0; place < endpoints.length; place++) {
      const endpoint = endpoints[(first + place) % endpoints.length] as CallHomeEndpoint;
      for (let attempt = 0; attempt < maxAttempts; attempt++) {
        const end = await this.#attempt(endpoint, signal);
        if (signal.aborted) return undefined;
        if (end !== undefined) return end;
        await this.#pause(signal, this.#pauseMs(failures));
        if (signal.aborted) return undefined;
      }
    }
    return undefined;
  }

  #first(): number {
    const { startWith, endpoints } = this.#client;
    switch (startWith) {
      case 'first-listed':
        return 0;
      case 'last-connected':
        return Math.max(
          0,
          endpoints.findIndex(({ name }) => name === this.#lastConnected),
        );
      case 'random-selection':
        return Math.floor(Math.random() * endpoints.length);
    }
  }

  #pauseMs(failures: number): number {
    const least = this.#options.pauseMs ?? PAUSE_MS;
    const most = Math.max(least, this.#client.maxWaitSeconds * 2000);
    return Math.min(most, least * 2 ** Math.min(failures, 16));
  }

  /** Resolves when the connection is over, if there was a login. */
  async #attempt(endpoint: CallHomeEndpoint, signal: AbortSignal): Promise<boolean | undefined> {
    this.#attempts++;
    this.#status = 'connecting';
    this.#nextAttempt = undefined;
    try {
      const acceptor = this.#options.acceptor(endpoint);
      const socket = await dial(endpoint, this.#client.maxWaitSeconds * 1000, signal);
      this.#socket = socket;
      return await this.#serve(endpoint, acceptor, socket, signal);
    } catch (error) {
      this.#failed(endpoint, (error as Error).message);
      return undefined;
    } finally {
      this.#connected = undefined;
      this.#socket = undefined;
    }
  }

  #serve(
    endpoint: CallHomeEndpoint,
    acceptor: Acceptor,
    socket: Socket,
    signal: AbortSignal,
  ): Promise<boolean | undefined> {
    keepAlive(socket, endpoint.tcpKeepalive);
    return new Promise((resolve) => {
      let isOpen = false;
      let isGraceful = false;
      const admitted = {
        spoke: () => undefined,
        opened: () => {
          isOpen = true;
          this.#status = 'connected';
          this.#connections++;
          this.#connected = endpoint.name;
          this.#lastConnected = endpoint.name;
        },
        closed: () => undefined,
      };
      socket.once('close', () => {
        if (!isOpen) this.#failed(endpoint, 'the client did not log in');
        resolve(isOpen ? isGraceful : undefined);
      });
      const giveUp = (): void => {
        if (!isOpen) socket.destroy();
      };
      signal.addEventListener('abort', giveUp, { once: true });
      socket.once('close', () => signal.removeEventListener('abort', giveUp));
      acceptor.take(socket, {
        admitted,
        idleMs: () => {
          const { connection } = this.#client;
          return connection.kind === 'periodic' ? connection.idleSeconds * 1000 : 0;
        },
        ended: (graceful) => {
          isGraceful = graceful;
        },
      });
    });
  }

  #failed(endpoint: CallHomeEndpoint, reason: string): void {
    const message = `${endpoint.name}: ${reason}`;
    this.#options.log(`call home to ${this.#client.name}, ${message}`);
    this.#lastError = message;
  }

  /** Waits for the next period; the first connection without an anchor is made at once. */
  async #untilPeriod(signal: AbortSignal): Promise<void> {
    const { connection } = this.#client;
    if (connection.kind !== 'periodic') return;
    const periodMs = Math.max(1, connection.periodMinutes) * MINUTE_MS;
    if (connection.anchor === undefined && this.#connections === 0) return;
    const anchor = connection.anchor ?? this.#since;
    const now = Date.now();
    const next = anchor + Math.ceil((now - anchor) / periodMs) * periodMs;
    await this.#pause(signal, next - now, next);
  }

  async #pause(signal: AbortSignal, ms: number, untilMs = Date.now() + ms): Promise<void> {
    if (ms <= 0 || signal.aborted) return;
    this.#status = 'waiting';
    this.#nextAttempt = new Date(untilMs);
    // Timers hold at most 2^31 ms; longer waits are made of several.
    for (let left = ms; left > 0 && !signal.aborted; left -= 2 ** 30) await wait(Math.min(left, 2 ** 30), signal);
  }
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    timer.unref();
    signal.addEventListener('abort', done, { once: true });
  });
}

/** Connects within the time. */
function dial(endpoint: CallHomeEndpoint, timeoutMs: number, signal: AbortSignal): Promise<Socket> {
  const { remoteAddress, remotePort, localAddress, localPort } = endpoint;
  const isAny = localAddress === undefined || localAddress === '0.0.0.0' || localAddress === '::';
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: remoteAddress,
      port: remotePort,
      noDelay: true,
      allowHalfOpen: true,
      ...(isAny ? {} : { localAddress }),
      ...(localPort === 0 ? {} : { localPort }),
    });
    const fail = (error: Error): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      socket.destroy();
      reject(error);
    };
    const abort = (): void => fail(new Error('the call was taken back'));
    const timer = setTimeout(() => fail(new Error(`no connection within ${timeoutMs / 1000} s`)), timeoutMs);
    signal.addEventListener('abort', abort, { once: true });
    socket.once('error', fail);
    socket.once('connect', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      socket.off('error', fail);
      socket.pause();
      resolve(socket);
    });
  });
}
