/**
 * Listeners and calls as values: what this feature asks of the protocol servers (src/northbound/netconf/transport). Plain
 * data, so that two of them are equal when their JSON is.
 */
import type { PrivateKeySource } from '../keystore/key-pair.ts';
import type { SshAlgorithms } from './algorithms.ts';
import type { Mapping } from './cert-to-name.ts';

/** The target of planned operations (src/commit/feature.ts). */
export const TRANSPORT_TARGET = 'transport';

export interface TcpKeepalive {
  readonly idleSeconds: number;
  readonly probes: number;
  readonly intervalSeconds: number;
}

export interface SshParameters {
  readonly kind: 'ssh';
  /** In the order of preference. */
  readonly hostKeys: readonly PrivateKeySource[];
  readonly algorithms: SshAlgorithms;
  /** Undefined: silent clients are not asked for a sign of life. */
  readonly keepalive: { readonly waitSeconds: number; readonly attempts: number } | undefined;
}

export interface TlsParameters {
  readonly kind: 'tls';
  readonly key: PrivateKeySource;
  /** DER in base64: the server's own certificate first, then its chain. */
  readonly certificates: readonly string[];
  /** DER in base64: authorities, and certificates that are accepted themselves. */
  readonly authorities: readonly string[];
  readonly accepted: readonly string[];
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  readonly maxVersion: 'TLSv1.2' | 'TLSv1.3';
  /** OpenSSL's names. */
  readonly cipherSuites: readonly string[];
  /** In the order in which they are tried. */
  readonly mappings: readonly Mapping[];
}

export type TransportParameters = SshParameters | TlsParameters;

export interface Bind {
  readonly address: string;
  /** 0: any free one. */
  readonly port: number;
  /** Instance path, for errors. */
  readonly path: string;
}

export interface ListenEndpoint {
  readonly name: string;
  readonly path: string;
  readonly binds: readonly Bind[];
  readonly tcpKeepalive: TcpKeepalive | undefined;
  /** 0: never. */
  readonly idleSeconds: number;
  readonly transport: TransportParameters;
}

export interface CallHomeEndpoint {
  readonly name: string;
  readonly path: string;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string | undefined;
  /** 0: any free one. */
  readonly localPort: number;
  readonly tcpKeepalive: TcpKeepalive | undefined;
  readonly transport: TransportParameters;
}

export interface CallHomeClient {
  readonly name: string;
  readonly path: string;
  /** In the order in which they are tried. */
  readonly endpoints: readonly CallHomeEndpoint[];
  readonly connection:
    | { readonly kind: 'persistent' }
    | {
        readonly kind: 'periodic';
        readonly periodMinutes: number;
        /** Milliseconds since 1970; undefined: the moment at which it became effective. */
        readonly anchor: number | undefined;
        /** 0: never. */
        readonly idleSeconds: number;
      };
  readonly startWith: 'first-listed' | 'last-connected' | 'random-selection';
  readonly maxWaitSeconds: number;
  readonly maxAttempts: number;
}

/** Idempotent: what is set replaces what has the same name. */
export type TransportOperation =
  | { readonly set: 'listen'; readonly value: ListenEndpoint }
  | { readonly set: 'call-home'; readonly value: CallHomeClient }
  | { readonly remove: 'listen' | 'call-home'; readonly name: string };

/** How a listener or a call is doing, as the protocol servers report it. */
export interface ListenState {
  readonly name: string;
  readonly isUp: boolean;
  /** Why it is not up. */
  readonly error: string | undefined;
  /** Where it really listens, by configured address. */
  readonly ports: ReadonlyMap<string, number>;
  readonly accepted: number;
  readonly refused: number;
  readonly failedLogins: number;
}

export interface CallHomeState {
  readonly name: string;
  readonly status: 'waiting' | 'connecting' | 'connected';
  /** The endpoint that is connected. */
  readonly endpoint: string | undefined;
  readonly attempts: number;
  readonly connections: number;
  readonly lastError: string | undefined;
  readonly nextAttempt: Date | undefined;
}

export interface TransportStates {
  listeners(): Iterable<ListenState>;
  calls(): Iterable<CallHomeState>;
}
