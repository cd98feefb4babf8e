/** One SSH connection: login within its time, then `netconf` channels, rekeyed by bytes and time. */
import type { Socket } from 'node:net';
import type { Connection, ServerChannel, Session } from 'ssh2';
import type { Accept, Arrival } from './acceptor.ts';
import type { Authenticator } from './authenticator.ts';
import type { Peer } from './byte-stream.ts';
import { Login, type LoginLimits } from './login.ts';
import { SshStream } from './ssh-stream.ts';

export interface ConnectionLimits extends LoginLimits {
  /** Sessions (channels) of one connection. */
  readonly channels: number;
  /** Bytes in both directions after which new keys are exchanged. */
  readonly rekeyBytes: number;
  readonly rekeySeconds: number;
}

/** Unsent bytes of a connection beyond which its client is not reading but asking; it is closed. */
const MAX_UNSENT = 16 * 1024 * 1024;

/** A connection that is logged in and has no session is closed after this. */
const EMPTY_MS = 60_000;
/** The same where the router has called: the client may open another session within it. */
const CALLED_EMPTY_MS = 1000;

export class SshConnection {
  readonly #connection: Connection;
  readonly #socket: Socket;
  readonly #arrival: Arrival;
  readonly #limits: ConnectionLimits;
  readonly #login: Login;
  readonly #accept: Accept;
  readonly #groups: (user: string) => readonly string[];
  readonly #streams = new Set<SshStream>();
  #channels = 0;
  #emptySince = Date.now();
  #keyedAt = Date.now();
  #keyedBytes = 0;

  constructor(
    connection: Connection,
    socket: Socket,
    arrival: Arrival,
    authenticator: Authenticator,
    limits: ConnectionLimits,
    accept: Accept,
  ) {
    this.#connection = connection;
    this.#socket = socket;
    this.#arrival = arrival;
    this.#limits = limits;
    this.#accept = accept;
    this.#groups = (user) => authenticator.groups?.(user) ?? [];
    this.#login = new Login(authenticator, limits, () => socket.destroy());
    this.#listen();
  }

  #listen(): void {
    const connection = this.#connection;
    connection.on('authentication', (context) => {
      // The library throws where the connection went away meanwhile.
      this.#login.attempt(context).catch(() => this.#socket.destroy());
    });
    connection.once('ready', () => {
      this.#emptySince = Date.now();
      this.#arrival.admitted.opened();
    });
    connection.on('session', (accept, reject) => {
      if (this.#channels >= this.#limits.channels) reject();
      else this.#session(accept());
    });
    connection.on('rekey', () => this.#rekeyed());
    // Protocol errors of the client; the library ends the connection itself, `destroy` makes sure.
    connection.on('error', () => this.#socket.destroySoon());
    this.#socket.on('data', () => this.#watch());
    const timer = setInterval(() => {
      this.#watch();
      this.#closeIfEmpty(EMPTY_MS);
    }, 10_000);
    timer.unref();
    this.#socket.once('close', () => clearInterval(timer));
  }

  #session(session: Session): void {
    this.#channels++;
    session.once('close', () => this.#channels--);
    // Everything but the subsystem (shell, exec, pty, environment, forwarding) has no listener and is refused.
    session.on('subsystem', (accept, reject, { name }) => {
      if (name === 'netconf') this.#open(accept());
      else reject();
    });
  }

  #open(channel: ServerChannel): void {
    const user = this.#login.user;
    const peer: Peer = {
      principal: { user, externalGroups: this.#groups(user), recovery: false },
      transport: 'ietf-netconf-monitoring:netconf-ssh',
      sourceHost: this.#socket.remoteAddress?.replace(/^::ffff:/, ''),
      ...(this.#arrival.idleMs === undefined ? {} : { idleMs: this.#arrival.idleMs }),
      ...(this.#arrival.ended === undefined ? {} : { ended: this.#arrival.ended }),
    };
    const stream = new SshStream(this.#connection, this.#socket, channel, peer);
    this.#streams.add(stream);
    channel.once('close', () => {
      this.#streams.delete(stream);
      this.#emptySince = Date.now();
      // Whoever was called and has no session any more is through: the next call waits for the end of this one.
      if (this.#arrival.ended !== undefined) setTimeout(() => this.#closeIfEmpty(0), CALLED_EMPTY_MS);
    });
    this.#accept(stream);
  }

  /** Nobody keeps a connection for nothing. */
  #closeIfEmpty(allowedMs: number): void {
    const isEmpty = this.#channels === 0 && this.#streams.size === 0 && this.#login.user !== '';
    if (isEmpty && Date.now() - this.#emptySince >= allowedMs) this.#socket.destroySoon();
  }

  /** Ends a connection that abuses it, and exchanges keys when it is time (RFC 4253 section 9, RFC 4344 section 3). */
  #watch(): void {
    if (this.#socket.writableLength > MAX_UNSENT || [...this.#streams].some((stream) => stream.overrun)) {
      this.#socket.destroy();
      return;
    }
    const bytes = this.#socket.bytesRead + this.#socket.bytesWritten - this.#keyedBytes;
    if (bytes < this.#limits.rekeyBytes && Date.now() - this.#keyedAt < this.#limits.rekeySeconds * 1000) return;
    // Not again until it is done; the library ignores a request during an exchange.
    this.#rekeyed();
    if (this.#login.user !== '') this.#connection.rekey();
  }

  #rekeyed(): void {
    this.#keyedAt = Date.now();
    this.#keyedBytes = this.#socket.bytesRead + this.#socket.bytesWritten;
  }
}
