/** A configured listener: its sockets, who makes sessions of their connections, and its counters. */
import type { Socket } from 'node:net';
import type { Bind, ListenEndpoint, ListenState } from '../../../features/netconf-server/endpoint.ts';
import type { Acceptor } from './acceptor.ts';
import type { Admitted } from './admission.ts';
import { keepAlive, type Receiver, type TcpListener } from './tcp-listener.ts';

export class Listening implements Receiver {
  endpoint: ListenEndpoint;
  /** Undefined: its keys cannot be used. */
  acceptor: Acceptor | undefined;
  error: string | undefined;
  /** By bindKey. */
  readonly sockets = new Map<string, TcpListener>();
  #accepted = 0;
  #refused = 0;
  #failedLogins = 0;

  constructor(endpoint: ListenEndpoint, acceptor: Acceptor | undefined) {
    this.endpoint = endpoint;
    this.acceptor = acceptor;
  }

  take(socket: Socket, admitted: Admitted): void {
    const { acceptor, endpoint } = this;
    if (acceptor === undefined) {
      socket.destroy();
      return;
    }
    this.#accepted++;
    keepAlive(socket, endpoint.tcpKeepalive);
    let isOpen = false;
    socket.once('close', () => {
      if (!isOpen) this.#failedLogins++;
    });
    const counted: Admitted = {
      spoke: () => admitted.spoke(),
      opened: () => {
        isOpen = true;
        admitted.opened();
      },
      closed: () => admitted.closed(),
    };
    // Asked for by each session again and again: a commit may have changed it.
    acceptor.take(socket, { admitted: counted, idleMs: () => this.endpoint.idleSeconds * 1000 });
  }

  refused(): void {
    this.#refused++;
  }

  get state(): ListenState {
    const { name, binds } = this.endpoint;
    const ports = new Map<string, number>();
    for (const bind of binds) {
      const socket = this.sockets.get(bindKey(name, bind));
      if (socket !== undefined) ports.set(bind.address, socket.port);
    }
    return {
      name,
      isUp: this.error === undefined && ports.size === binds.length,
      error: this.error,
      ports,
      accepted: this.#accepted,
      refused: this.#refused,
      failedLogins: this.#failedLogins,
    };
  }
}

/** What two configurations have to have in common for one to take over the socket of the other. */
export function bindKey(name: string, { address, port }: Bind): string {
  return port === 0 ? `${address} any for ${name}` : `${address} ${port}`;
}
