/**
 * The action generate-csr (RFC 9640 section 2.1.4.10): the CertificationRequestInfo of the client, signed with the key (RFC
 * 2986 section 4.2), so that a key which never leaves the router can have a certificate.
 *
 *     CertificationRequest := SEQUENCE { CertificationRequestInfo, AlgorithmIdentifier, BIT STRING signature }
 *     CertificationRequestInfo := SEQUENCE { INTEGER version, Name subject, SubjectPublicKeyInfo, [0] attributes }
 */
import { type KeyObject, sign } from 'node:crypto';
import type { KeySpace } from '../../datastore/key/key.ts';
import type { View } from '../../datastore/view/view.ts';
import { build } from '../../yang/data/build.ts';
import { findValue } from '../../yang/data/find.ts';
import type { DataNode } from '../../yang/data/node.ts';
import { FaultError } from '../../yang/fault.ts';
import type { RpcNode } from '../../yang/schema/node.ts';
import { Entry } from '../entry.ts';
import { MaterialError } from './certificate.ts';
import { DER_OID, DER_SEQUENCE, DerError, derWithin, readDer, writeDer } from './der.ts';
import { type HiddenKeys, type KeyPair, privateKeyOf, sourceOf, spkiOf } from './key-pair.ts';
import { ASYMMETRIC_KEY, hasKeyPair, keyPairIn } from './model.ts';

const INLINE = 'tls/tls-server-parameters/server-identity/certificate/inline-definition';
const SERVER = '/ietf-netconf-server:netconf-server';

/** Paths of the action's nodes: in the keystore, and where keys are given in place. */
export const GENERATE_CSR: readonly string[] = [
  ASYMMETRIC_KEY,
  `${SERVER}/listen/endpoints/endpoint/${INLINE}`,
  `${SERVER}/call-home/netconf-client/endpoints/endpoint/${INLINE}`,
].map((path) => `${path}/generate-csr`);

/** Signature algorithms by the type of the key: hash for node:crypto, object identifier, whether NULL follows it. */
const SIGNATURES: Readonly<Record<string, readonly [hash: string | null, oid: string, hasNull: boolean]>> = {
  ed25519: [null, '2b6570', false],
  ec: ['sha256', '2a8648ce3d040302', false],
  rsa: ['sha256', '2a864886f70d01010b', true],
};

export class RequestSigner {
  readonly #keys: KeySpace;
  readonly #running: () => View;
  readonly #hidden: HiddenKeys;

  constructor(keys: KeySpace, running: () => View, hidden: HiddenKeys) {
    this.#keys = keys;
    this.#running = running;
    this.#hidden = hidden;
  }

  /** The action's output. `target`: instance path of the key. */
  sign(action: RpcNode, target: string, input: readonly DataNode[]): readonly DataNode[] {
    const key = this.#key(target);
    const info = Buffer.from(findValue(input, 'csr-info') ?? '', 'base64');
    const refuse = (message: string): FaultError =>
      new FaultError({ type: 'application', tag: 'invalid-value', path: `${target}/generate-csr/csr-info`, message });
    try {
      const whole = readDer(info);
      const publicKey = derWithin(whole, DER_SEQUENCE)[2];
      if (whole.whole.length !== info.length || publicKey === undefined) throw new DerError('it is not complete');
      if (publicKey.whole.toString('base64') !== spkiOf(key)) throw refuse('Its public key is not that of the key.');
    } catch (error) {
      if (!(error instanceof DerError)) throw error;
      throw refuse(`This is no CertificationRequestInfo: ${error.message}.`);
    }
    return build(action.output, { 'p10-csr': signed(info, key).toString('base64') });
  }

  #key(target: string): KeyObject {
    const missing = (message: string): FaultError =>
      new FaultError({ type: 'application', tag: 'data-missing', path: target, message });
    const pair = this.#pair(target);
    if (pair === undefined) throw missing('There is no such key in the running configuration.');
    try {
      const key = privateKeyOf(sourceOf(pair).source, this.#hidden);
      if (key === undefined) throw missing('The router does not hold the private key.');
      return key;
    } catch (error) {
      throw error instanceof MaterialError ? missing(error.message) : error;
    }
  }

  /** Of an entry of the keystore, or of an inline definition, which is part of the row above it. */
  #pair(target: string): KeyPair | undefined {
    const address = this.#keys.rowOf(target);
    const node = address && this.#keys.node(address.key);
    if (address === undefined || node === undefined) return undefined;
    const view = this.#running();
    const row = view.get(address.key);
    if (row === undefined) return undefined;
    const inside = address.node?.path.slice(node.path.length + 1) ?? '';
    const pair = keyPairIn(new Entry(this.#keys, view, node, address.key, row), inside === '' ? '' : `${inside}/`);
    return hasKeyPair(pair) ? pair : undefined;
  }
}

function signed(info: Buffer, key: KeyObject): Buffer {
  const signature = SIGNATURES[key.asymmetricKeyType ?? ''];
  if (signature === undefined) {
    throw new FaultError({
      type: 'application',
      tag: 'operation-not-supported',
      message: 'Requests are signed with Ed25519, ECDSA and RSA keys.',
    });
  }
  const [hash, oid, hasNull] = signature;
  const identifier = [writeDer(DER_OID, Buffer.from(oid, 'hex')), ...(hasNull ? [writeDer(0x05)] : [])];
  const bits = Buffer.concat([Buffer.from([0]), sign(hash, info, key)]);
  return writeDer(DER_SEQUENCE, info, writeDer(DER_SEQUENCE, ...identifier), writeDer(0x03, bits));
}
