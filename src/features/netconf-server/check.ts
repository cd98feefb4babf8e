/** What YANG cannot say of listeners and calls. */
import type { KeySpace } from '../../datastore/key/key.ts';
import type { Change } from '../../datastore/view/view.ts';
import type { Fault } from '../../yang/fault.ts';
import { type HiddenKeys, type PrivateKeySource, privateKeyOf } from '../keystore/key-pair.ts';
import { KEYSTORE } from '../keystore/model.ts';
import { sshKeyType } from '../keystore/ssh-wire.ts';
import { SSH_ALGORITHMS, type SshAlgorithms, TLS_CIPHER_SUITES } from './algorithms.ts';
import { isFingerprint } from './cert-to-name.ts';
import type { ListenEndpoint, TransportParameters } from './endpoint.ts';
import { NetconfServerConfiguration } from './model.ts';

/** Signatures with shorter RSA keys are not accepted by what they are shown to (RFC 9142 section 1.1). */
const MIN_RSA_BITS = 2048;

export function checkNetconfServer(change: Change, keys: KeySpace, hidden: HiddenKeys): readonly Fault[] {
  const faults: Fault[] = [];
  const refuse = (path: string, message: string): void => {
    faults.push({ type: 'application', tag: 'invalid-value', path, message });
  };
  const { listen, callHome } = new NetconfServerConfiguration(keys, change.after, ({ path, message }) => {
    // What is wrong in the keystore is told by its own check.
    if (!path.startsWith(KEYSTORE)) refuse(path, message);
  });
  checkBinds(listen, refuse);
  for (const { path, transport } of listen.values()) checkTransport(path, transport, hidden, refuse);
  for (const { endpoints } of callHome.values()) {
    for (const { path, transport } of endpoints) checkTransport(path, transport, hidden, refuse);
  }
  return faults;
}

type Refuse = (path: string, message: string) => void;

function checkBinds(listen: ReadonlyMap<string, ListenEndpoint>, refuse: Refuse): void {
  const used = new Map<string, string>();
  for (const { name, binds } of listen.values()) {
    for (const { address, port, path } of binds) {
      if (port === 0) continue;
      const at = `${address} ${port}`;
      const other = used.get(at);
      if (other !== undefined) refuse(path, `The endpoint ${other} listens there.`);
      used.set(at, name);
    }
  }
}

function checkTransport(path: string, transport: TransportParameters, hidden: HiddenKeys, refuse: Refuse): void {
  switch (transport.kind) {
    case 'ssh':
      checkAlgorithms(path, transport.algorithms, refuse);
      for (const source of transport.hostKeys) {
        const reason = unusable(source, hidden, transport.algorithms);
        if (reason !== undefined) refuse(`${path}/ssh/ssh-server-parameters/server-identity`, reason);
      }
      return;
    case 'tls': {
      const known = new Set(TLS_CIPHER_SUITES.values());
      for (const suite of transport.cipherSuites) {
        if (known.has(suite)) continue;
        const at = `${path}/tls/tls-server-parameters/hello-params/cipher-suites`;
        refuse(at, `${suite} is not supported; ${[...TLS_CIPHER_SUITES.keys()].join(', ')} are.`);
      }
      for (const { fingerprint } of transport.mappings) {
        if (fingerprint === undefined || isFingerprint(fingerprint)) continue;
        const at = `${path}/tls/netconf-server-parameters/client-identity-mappings`;
        refuse(at, `${fingerprint} is no fingerprint: one octet for the hash, then a hash of its length.`);
      }
      if (privateKeyOf(transport.key, hidden) === undefined) {
        refuse(`${path}/tls/tls-server-parameters/server-identity`, NOT_HELD);
      }
      return;
    }
  }
}

const NOT_HELD = 'The router holds no private key of this public key.';

const LEAF_LISTS: Readonly<Record<keyof SshAlgorithms, string>> = {
  hostKey: 'host-key/host-key-alg',
  keyExchange: 'key-exchange/key-exchange-alg',
  encryption: 'encryption/encryption-alg',
  mac: 'mac/mac-alg',
};

function checkAlgorithms(path: string, algorithms: SshAlgorithms, refuse: Refuse): void {
  for (const [kind, chosen] of Object.entries(algorithms) as [keyof SshAlgorithms, readonly string[]][]) {
    const supported: readonly string[] = SSH_ALGORITHMS[kind];
    for (const algorithm of chosen) {
      if (supported.includes(algorithm)) continue;
      const at = `${path}/ssh/ssh-server-parameters/transport-params/${LEAF_LISTS[kind]}[.='${algorithm}']`;
      refuse(at, `${algorithm} is not supported; ${supported.join(', ')} are.`);
    }
  }
}

/** Why a key cannot be a host key; undefined: it can. */
function unusable(source: PrivateKeySource, hidden: HiddenKeys, algorithms: SshAlgorithms): string | undefined {
  const key = privateKeyOf(source, hidden);
  if (key === undefined) return NOT_HELD;
  const type = sshKeyType(key);
  if (type === undefined) return 'SSH knows Ed25519, ECDSA and RSA keys; this is another.';
  if (type === 'ssh-rsa') {
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
    if (bits < MIN_RSA_BITS) return `An RSA host key has at least ${MIN_RSA_BITS} bits, not ${bits}.`;
    return algorithms.hostKey.some((name) => name.startsWith('rsa-')) ? undefined : noAlgorithm('RSA');
  }
  return algorithms.hostKey.includes(type) ? undefined : noAlgorithm(type);
}

function noAlgorithm(type: string): string {
  return `None of the host-key-alg that are configured is for a key of ${type}.`;
}
