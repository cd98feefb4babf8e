/** A listener for SSH by itself, without a configuration: for tests and tools. The router's are in transports.ts. */
import { SSH_ALGORITHMS } from '../../../features/netconf-server/algorithms.ts';
import type { Accept } from './acceptor.ts';
import { Admission } from './admission.ts';
import type { Authenticator } from './authenticator.ts';
import { DEFAULT_LIMITS, type TransportLimits } from './limits.ts';
import { SshAcceptor } from './ssh-acceptor.ts';
import { TcpListener } from './tcp-listener.ts';
import type { Listener } from './unix.ts';

export interface SshListenerOptions {
  /** Address and port; port 0 takes a free one. */
  readonly address: string;
  readonly port: number;
  /** Private keys in PEM or OpenSSH's format. */
  readonly hostKeys: readonly string[];
  readonly authenticator: Authenticator;
  readonly limits?: Partial<TransportLimits>;
}

export interface SshListener extends Listener {
  readonly port: number;
  /** Connections refused, and half-open ones dropped for newer ones. */
  readonly counters: { readonly refused: number; readonly dropped: number };
}

/** Resolves once it listens; `accept` is given every `netconf` channel that a client opens. */
export async function listenSsh(options: SshListenerOptions, accept: Accept): Promise<SshListener> {
  const limits: TransportLimits = { ...DEFAULT_LIMITS, ...options.limits };
  const admission = new Admission(limits);
  const acceptor = new SshAcceptor({
    hostKeys: options.hostKeys,
    algorithms: SSH_ALGORITHMS,
    keepalive: undefined,
    authenticator: options.authenticator,
    limits,
    accept,
  });
  const listener = await TcpListener.listen(options.address, options.port, admission);
  listener.receiver = { take: (socket, admitted) => acceptor.take(socket, { admitted }) };
  return {
    port: listener.port,
    get counters() {
      return admission.counters;
    },
    close: () => listener.close('go'),
  };
}
