/** ietf-netconf-server as values, with the keys and certificates that it refers to. */
import type { KeySpace } from '../../datastore/key/key.ts';
import type { View } from '../../datastore/view/view.ts';
import { Entry } from '../entry.ts';
import { certificatesOf, MaterialError } from '../keystore/certificate.ts';
import { identityOf } from '../keystore/identity.ts';
import { type KeyPair, type PrivateKeySource, sourceOf } from '../keystore/key-pair.ts';
import { hasKeyPair, keyPairIn, keystoreKeys, type StoredKey } from '../keystore/model.ts';
import { certificateBags } from '../truststore/model.ts';
import { SSH_ALGORITHMS, TLS_CIPHER_SUITES, TLS_VERSIONS } from './algorithms.ts';
import type { Mapping, MapType } from './cert-to-name.ts';
import type {
  Bind,
  CallHomeClient,
  CallHomeEndpoint,
  ListenEndpoint,
  SshParameters,
  TcpKeepalive,
  TlsParameters,
  TransportParameters,
} from './endpoint.ts';

export const NETCONF_SERVER = '/ietf-netconf-server:netconf-server';
export const LISTEN_ENDPOINT = `${NETCONF_SERVER}/listen/endpoints/endpoint`;
export const CALL_HOME_CLIENT = `${NETCONF_SERVER}/call-home/netconf-client`;

/** What is wrong with an entry, and at which of its nodes. */
export class EntryError extends Error {
  readonly path: string;

  constructor(path: string, message: string) {
    super(message);
    this.path = path;
  }
}

/** Told of what cannot be read; the entry is then left out. Without it such an entry is a bug, as `check` has refused it. */
export type OnFault = (error: EntryError) => void;

/** One configuration, read once. */
export class NetconfServerConfiguration {
  readonly listen: ReadonlyMap<string, ListenEndpoint>;
  readonly callHome: ReadonlyMap<string, CallHomeClient>;
  readonly #keys: ReadonlyMap<string, StoredKey>;
  readonly #bags: ReadonlyMap<string, readonly string[]>;
  readonly #onFault: OnFault;

  constructor(keys: KeySpace, view: View, onFault: OnFault) {
    this.#keys = keystoreKeys(keys, view);
    this.#bags = certificateBags(keys, view);
    this.#onFault = onFault;
    const top = Entry.top(keys, view, NETCONF_SERVER);
    const listen = top.presence('listen');
    const idleSeconds = listen?.number('idle-timeout') ?? 0;
    const endpoints = (listen?.list('endpoints/endpoint') ?? []).flatMap((entry) =>
      this.#attempt(entry, () => this.#listenEndpoint(entry, idleSeconds)),
    );
    const clients = (top.presence('call-home')?.list('netconf-client') ?? []).flatMap((entry) =>
      this.#attempt(entry, () => this.#client(entry)),
    );
    this.listen = new Map(endpoints.map((endpoint) => [endpoint.name, endpoint]));
    this.callHome = new Map(clients.map((client) => [client.name, client]));
  }

  #attempt<T>(entry: Entry, read: () => T): T[] {
    try {
      return [read()];
    } catch (error) {
      if (error instanceof EntryError) this.#onFault(error);
      else if (error instanceof MaterialError) this.#onFault(new EntryError(entry.path(), error.message));
      else throw error;
      return [];
    }
  }

  #listenEndpoint(entry: Entry, idleSeconds: number): ListenEndpoint {
    const carrier = carrierOf((each) => entry.list(`${each}/tcp-server-parameters/local-bind`).length > 0);
    const binds = entry
      .list(`${carrier}/tcp-server-parameters/local-bind`)
      .map((bind): Bind => ({ address: bind.name, port: bind.number('local-port'), path: bind.path('local-port') }));
    return {
      name: entry.name,
      path: entry.path(),
      binds,
      tcpKeepalive: tcpKeepalive(entry.presence(`${carrier}/tcp-server-parameters/keepalives`)),
      idleSeconds,
      transport: this.#transport(entry, carrier),
    };
  }

  #client(entry: Entry): CallHomeClient {
    const periodic = entry.presence('connection-type/periodic');
    const anchor = periodic?.value('anchor-time');
    return {
      name: entry.name,
      path: entry.path(),
      endpoints: entry.list('endpoints/endpoint').map((endpoint) => this.#callHomeEndpoint(endpoint)),
      connection:
        periodic === undefined
          ? { kind: 'persistent' }
          : {
              kind: 'periodic',
              periodMinutes: periodic.number('period'),
              anchor: anchor === undefined ? undefined : Date.parse(anchor),
              idleSeconds: periodic.number('idle-timeout'),
            },
      startWith: (entry.value('reconnect-strategy/start-with') ?? 'first-listed') as CallHomeClient['startWith'],
      maxWaitSeconds: entry.number('reconnect-strategy/max-wait'),
      maxAttempts: entry.number('reconnect-strategy/max-attempts'),
    };
  }

  #callHomeEndpoint(entry: Entry): CallHomeEndpoint {
    const carrier = carrierOf((each) => entry.value(`${each}/tcp-client-parameters/remote-address`) !== undefined);
    const tcp = `${carrier}/tcp-client-parameters`;
    return {
      name: entry.name,
      path: entry.path(),
      remoteAddress: entry.value(`${tcp}/remote-address`) ?? '',
      remotePort: entry.number(`${tcp}/remote-port`),
      localAddress: entry.value(`${tcp}/local-address`),
      localPort: entry.number(`${tcp}/local-port`),
      tcpKeepalive: tcpKeepalive(entry.presence(`${tcp}/keepalives`)),
      transport: this.#transport(entry, carrier),
    };
  }

  #transport(entry: Entry, carrier: 'ssh' | 'tls'): TransportParameters {
    return carrier === 'ssh' ? this.#ssh(entry) : this.#tls(entry);
  }

  #ssh(entry: Entry): SshParameters {
    const ssh = 'ssh/ssh-server-parameters';
    const keepalives = entry.presence(`${ssh}/keepalives`);
    const algorithms = (kind: keyof typeof SSH_ALGORITHMS, leafList: string): readonly string[] => {
      const chosen = entry.values(`${ssh}/transport-params/${leafList}`);
      return chosen.length > 0 ? chosen : SSH_ALGORITHMS[kind];
    };
    return {
      kind: 'ssh',
      hostKeys: entry.list(`${ssh}/server-identity/host-key`).map((hostKey) => {
        const { pair, path } = this.#hostKey(hostKey);
        return at(path, () => sourceOf(pair).source);
      }),
      algorithms: {
        keyExchange: algorithms('keyExchange', 'key-exchange/key-exchange-alg'),
        encryption: algorithms('encryption', 'encryption/encryption-alg'),
        hostKey: algorithms('hostKey', 'host-key/host-key-alg'),
        mac: algorithms('mac', 'mac/mac-alg'),
      },
      keepalive: keepalives && {
        waitSeconds: keepalives.number('max-wait'),
        attempts: keepalives.number('max-attempts'),
      },
    };
  }

  #hostKey(entry: Entry): { readonly pair: KeyPair; readonly path: string } {
    const inline = keyPairIn(entry, 'public-key/inline-definition/');
    if (hasKeyPair(inline)) return { pair: inline, path: entry.path('public-key/inline-definition') };
    const reference = 'public-key/central-keystore-reference';
    const stored = this.#keys.get(entry.value(reference) ?? '');
    if (stored === undefined) throw new EntryError(entry.path(reference), 'There is no such key.');
    return { pair: stored.pair, path: stored.entry.path() };
  }

  #tls(entry: Entry): TlsParameters {
    const tls = 'tls/tls-server-parameters';
    const identity = this.#identity(entry, `${tls}/server-identity/certificate`);
    const authentication = entry.presence(`${tls}/client-authentication`);
    if (authentication === undefined) {
      throw new EntryError(
        entry.path(),
        'NETCONF over TLS needs client-authentication: certificates are mutual (RFC 7589 section 5).',
      );
    }
    const suites = entry.values(`${tls}/hello-params/cipher-suites/cipher-suite`);
    const version = (leaf: string, none: 'TLSv1.2' | 'TLSv1.3') =>
      TLS_VERSIONS.get(entry.value(`${tls}/hello-params/tls-versions/${leaf}`) ?? '') ?? none;
    const minVersion = version('min', 'TLSv1.2');
    const maxVersion = version('max', 'TLSv1.3');
    if (minVersion > maxVersion) {
      throw new EntryError(
        entry.path(`${tls}/hello-params/tls-versions/min`),
        'The oldest version is newer than the newest.',
      );
    }
    const names = suites.length > 0 ? suites : [...TLS_CIPHER_SUITES.keys()];
    return {
      kind: 'tls',
      ...identity,
      authorities: this.#trusted(authentication.presence('ca-certs')),
      accepted: this.#trusted(authentication.presence('ee-certs')),
      minVersion,
      maxVersion,
      cipherSuites: names.map((name) => TLS_CIPHER_SUITES.get(name) ?? name),
      mappings: entry
        .list('tls/netconf-server-parameters/client-identity-mappings/cert-to-name')
        .map(mappingOf)
        .sort((a, b) => a.id - b.id)
        .map(({ mapping }) => mapping),
    };
  }

  /** The server's key and certificates. */
  #identity(
    entry: Entry,
    prefix: string,
  ): { readonly key: PrivateKeySource; readonly certificates: readonly string[] } {
    const inline = keyPairIn(entry, `${prefix}/inline-definition/`);
    const reference = `${prefix}/central-keystore-reference`;
    if (hasKeyPair(inline)) {
      const data = entry.value(`${prefix}/inline-definition/cert-data`);
      return at(entry.path(`${prefix}/inline-definition`), () => identityOf(inline, data));
    }
    const stored = this.#keys.get(entry.value(`${reference}/asymmetric-key`) ?? '');
    if (stored === undefined) throw new EntryError(entry.path(reference), 'There is no such key.');
    const certificate = entry.value(`${reference}/certificate`) ?? '';
    return at(stored.entry.path(), () => identityOf(stored.pair, stored.certificates.get(certificate)));
  }

  /** Certificates that are given here or in a bag, each once. */
  #trusted(entry: Entry | undefined): readonly string[] {
    if (entry === undefined) return [];
    const reference = entry.value('central-truststore-reference');
    const data =
      reference === undefined
        ? entry.list('inline-definition/certificate').map((each) => each.value('cert-data') ?? '')
        : (this.#bags.get(reference) ?? []);
    const certificates = data.flatMap((each) => certificatesOf(Buffer.from(each, 'base64')));
    return [...new Set(certificates.map(({ raw }) => raw.toString('base64')))];
  }
}

function carrierOf(has: (carrier: 'ssh') => boolean): 'ssh' | 'tls' {
  return has('ssh') ? 'ssh' : 'tls';
}

function tcpKeepalive(entry: Entry | undefined): TcpKeepalive | undefined {
  return (
    entry && {
      idleSeconds: entry.number('idle-time'),
      probes: entry.number('max-probes'),
      intervalSeconds: entry.number('probe-interval'),
    }
  );
}

function mappingOf(entry: Entry): { readonly id: number; readonly mapping: Mapping } {
  return {
    id: Number(entry.name),
    mapping: {
      fingerprint: entry.value('fingerprint')?.replaceAll(':', '').toLowerCase(),
      mapType: (entry.value('map-type') ?? '').replace(/^.*:/, '') as MapType,
      name: entry.value('name'),
    },
  };
}

/** Names the place of what key material is missing or wrong. */
function at<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof MaterialError ? new EntryError(path, error.message) : error;
  }
}
