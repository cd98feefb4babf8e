/** The rpc generate-asymmetric-key-pair of ietf-ssh-common (RFC 9644 section 2.1.4). */
import { createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { build, type PlainData } from '../../yang/data/build.ts';
import { findNode, findValue } from '../../yang/data/find.ts';
import type { DataNode } from '../../yang/data/node.ts';
import { FaultError } from '../../yang/fault.ts';
import type { Schema } from '../../yang/schema/node.ts';
import { type HiddenKeys, SSH_PUBLIC_KEY_FORMAT, spkiOf } from './key-pair.ts';
import { ASYMMETRIC_KEY } from './model.ts';
import { sshBlob } from './ssh-wire.ts';
import { hiddenKeyName } from './state.ts';

export const GENERATE_KEY_PAIR = 'ietf-ssh-common:generate-asymmetric-key-pair';
const PATH = `/${GENERATE_KEY_PAIR}`;

/** RSA: what is not broken (RFC 9142 section 1.1) and what takes seconds, not minutes. */
const RSA_BITS = { least: 2048, default: 3072, most: 8192 };
/** Keys that may be made at a time; each takes a thread of Node's pool. */
const MAX_AT_ONCE = 2;

const CURVE_OF_BITS: ReadonlyMap<string, string> = new Map([
  ['256', 'P-256'],
  ['384', 'P-384'],
  ['521', 'P-521'],
]);

export class KeyGenerator {
  readonly #schema: Schema;
  readonly #hidden: HiddenKeys;
  #making = 0;

  constructor(schema: Schema, hidden: HiddenKeys) {
    this.#schema = schema;
    this.#hidden = hidden;
  }

  /** The rpc's output. A hidden key is kept before its place is told. */
  async generate(input: readonly DataNode[]): Promise<readonly DataNode[]> {
    if (this.#making >= MAX_AT_ONCE) {
      throw new FaultError({
        type: 'application',
        tag: 'resource-denied',
        message: `${MAX_AT_ONCE} keys are being made; ask again when one is done.`,
      });
    }
    this.#making++;
    try {
      const key = await makeKey(findValue(input, 'algorithm') ?? '', findValue(input, 'num-bits'));
      return build(this.#rpc().output, await this.#give(input, key));
    } finally {
      this.#making--;
    }
  }

  async #give(input: readonly DataNode[], key: KeyObject): Promise<PlainData> {
    const encoding = findNode(input, 'private-key-encoding')?.children ?? [];
    if (findNode(encoding, 'hidden') !== undefined) {
      await this.#hidden.add(key);
      return { location: `${ASYMMETRIC_KEY}[name='${hiddenKeyName(spkiOf(key))}']` };
    }
    return {
      'public-key-format': SSH_PUBLIC_KEY_FORMAT,
      'public-key': sshBlob(createPublicKey(key)).toString('base64'),
      'private-key-format': 'ietf-crypto-types:one-asymmetric-key-format',
      'cleartext-private-key': key.export({ format: 'der', type: 'pkcs8' }).toString('base64'),
    };
  }

  #rpc() {
    const rpc = this.#schema.rpcs.get(GENERATE_KEY_PAIR);
    if (rpc === undefined) throw new Error(`the schema has no ${GENERATE_KEY_PAIR}`);
    return rpc;
  }
}

function makeKey(algorithm: string, bits: string | undefined): Promise<KeyObject> {
  const refuse = (leaf: string, message: string): FaultError =>
    new FaultError({ type: 'application', tag: 'invalid-value', path: `${PATH}/${leaf}`, message });
  return new Promise((resolve, reject) => {
    const made = (error: Error | null, _publicKey: unknown, privateKey: KeyObject): void => {
      if (error) reject(error);
      else resolve(privateKey);
    };
    if (algorithm === 'ssh-ed25519') {
      if (bits !== undefined) throw refuse('num-bits', 'Ed25519 keys have one size.');
      generateKeyPair('ed25519', {}, made);
      return;
    }
    const curve = /^ecdsa-sha2-nistp(256|384|521)$/.exec(algorithm)?.[1];
    if (curve !== undefined) {
      if (bits !== undefined && bits !== curve) throw refuse('num-bits', `Keys of ${algorithm} have ${curve} bits.`);
      generateKeyPair('ec', { namedCurve: CURVE_OF_BITS.get(curve) ?? '' }, made);
      return;
    }
    if (algorithm === 'rsa-sha2-256' || algorithm === 'rsa-sha2-512' || algorithm === 'ssh-rsa') {
      const length = Number(bits ?? RSA_BITS.default);
      if (length < RSA_BITS.least || length > RSA_BITS.most || length % 256 !== 0) {
        const { least, most } = RSA_BITS;
        throw refuse('num-bits', `RSA keys have ${least} to ${most} bits, in steps of 256.`);
      }
      generateKeyPair('rsa', { modulusLength: length }, made);
      return;
    }
    throw refuse('algorithm', `No keys are made for ${algorithm}.`);
  });
}
