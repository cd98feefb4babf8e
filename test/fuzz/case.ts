/** One case of the fuzzer, made from (seed, number) alone: what one session, or one connection, sends. */
import { PRIVATE_CANDIDATE } from '../../src/northbound/netconf/session/hello.ts';
import { NETCONF_NAMESPACE } from '../../src/yang/codec/namespaces.ts';
import { type Random, random } from '../../src/yang/data/example/random.ts';
import { chunked, damage, pieced } from './damage.ts';
import { Operations, type Vocabulary } from './operation.ts';

export type FuzzCase = SessionCase | TransportCase;

/** A session on the recovery socket, or of a user with few rights over SSH. */
export interface SessionCase {
  readonly kind: 'session';
  readonly user: 'recovery' | 'guest';
  readonly chunked: boolean;
  /** Whether every message is well-formed and well-framed: then each has exactly one reply. */
  readonly isSound: boolean;
  /** Whether the next message waits for the reply to the last. */
  readonly isPipelined: boolean;
  readonly hello: readonly Buffer[];
  readonly messages: readonly FuzzMessage[];
}

export interface FuzzMessage {
  readonly id: string;
  readonly text: string;
  /** As it is sent. */
  readonly bytes: readonly Buffer[];
}

/** Bytes at a listener that expects SSH (or TLS). */
export interface TransportCase {
  readonly kind: 'transport';
  readonly bytes: readonly Buffer[];
}

const capabilities = ['urn:ietf:params:netconf:base:1.0', 'urn:ietf:params:netconf:base:1.1'];

/** Mixes a seed and a number so that neighbours have nothing in common (splitmix32). */
export function randomOf(seed: number, number: number): Random {
  let mixed = (seed + Math.imul(number, 0x9e3779b9)) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return random((mixed ^ (mixed >>> 15)) >>> 0);
}

export function fuzzCase(vocabulary: Vocabulary, seed: number, number: number): FuzzCase {
  const choice = randomOf(seed, number);
  const { below, pick } = choice;
  if (below(25) === 0) return { kind: 'transport', bytes: transportBytes(choice) };
  const operations = new Operations(choice, vocabulary);
  const isSound = below(4) > 0;
  const isChunked = below(4) > 0;
  // Valid, nearly valid, hostile.
  const hostility = pick([0, 0, 5, 20, 120]);
  // Half of the sessions have a candidate of their own.
  const helloText = hello(isChunked ? pick([[1], [0, 1]]) : [0], below(2) === 0 ? [PRIVATE_CANDIDATE] : []);
  const messages = Array.from({ length: 1 + below(6) }, (_, index): FuzzMessage => {
    const id = `${index + 1}`;
    const text = rpc(id, content(operations, choice, hostility));
    return { id, text, bytes: framed(text, isSound, isChunked, choice) };
  });
  const helloBytes = isSound || below(3) > 0 ? Buffer.from(helloText) : damage(helloText, choice);
  return {
    kind: 'session',
    user: below(5) === 0 ? 'guest' : 'recovery',
    chunked: isChunked,
    isSound,
    isPipelined: below(3) === 0,
    hello: pieced(helloBytes, choice),
    messages,
  };
}

function content(operations: Operations, { below }: Random, hostility: number): string {
  const text = operations.next(hostility);
  // XPath filters are attributes, which no schema describes.
  if (!/<filter[ />]/.test(text) || below(2)) return text;
  return text.replace(/<filter(?:\/>| [^<]*\/>|.*<\/filter>)/s, () => operations.xpathFilter());
}

function rpc(id: string, text: string): string {
  return `<rpc xmlns="${NETCONF_NAMESPACE}" xmlns:nc="${NETCONF_NAMESPACE}" xmlns:yang="urn:ietf:params:xml:ns:yang:1" message-id="${id}">${text}</rpc>`;
}

function hello(versions: readonly number[], others: readonly string[]): string {
  const named = [...versions.map((version) => capabilities[version]), ...others];
  const each = named.map((uri) => `<capability>${uri}</capability>`);
  return `<hello xmlns="${NETCONF_NAMESPACE}"><capabilities>${each.join('')}</capabilities></hello>]]>]]>`;
}

function framed(text: string, isSound: boolean, isChunked: boolean, choice: Random): Buffer[] {
  const message = isSound || choice.below(3) === 0 ? Buffer.from(text) : damage(text, choice);
  const whole = isChunked ? chunked(message, choice) : Buffer.concat([message, Buffer.from(']]>]]>')]);
  const sent = isSound || choice.below(3) > 0 ? whole : damage(whole.toString('latin1'), choice);
  return pieced(sent, choice);
}

/** An identification string (RFC 4253 section 4.2) and a binary packet (section 6), a TLS record, or neither. */
function transportBytes(choice: Random): Buffer[] {
  const { below, pick } = choice;
  const noise = (length: number): Buffer => Buffer.from(Array.from({ length }, () => below(256)));
  const identification = Buffer.from(
    pick(['SSH-2.0-x\r\n', 'SSH-1.99-x\n', 'SSH-2.0-'.padEnd(300, 'x'), 'SSH-2.0-x y\r\n']),
  );
  const packet = (): Buffer => {
    const payload = Buffer.concat([Buffer.from([pick([1, 2, 4, 5, 20, 21, 30, 50, 80, 90, 255])]), noise(below(300))]);
    const padding = noise(4 + below(12));
    const head = Buffer.alloc(5);
    head.writeUInt32BE(below(6) === 0 ? below(2 ** 31) : payload.length + padding.length + 1);
    head[4] = below(6) === 0 ? below(256) : padding.length;
    return Buffer.concat([head, payload, padding]);
  };
  const kinds: readonly (() => Buffer)[] = [
    () => noise(below(2000)),
    () => Buffer.concat([identification, packet(), packet(), noise(below(100))]),
    () => Buffer.concat([Buffer.from([22, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3]), noise(below(300))]),
    () => damage('GET / HTTP/1.1\r\nHost: x\r\n\r\n', choice),
  ];
  return pieced(pick(kinds)(), choice);
}
