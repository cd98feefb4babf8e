/**
 * crypt(3) with SHA-256 (`$5$`) and SHA-512 (`$6$`): the password hashes of iana-crypt-hash (RFC 7317 section 4).
 * Node has no crypt(3); the algorithm is the public one of the "Unix crypt using SHA-256 and SHA-512" specification.
 * The rounds run in slices between which the event loop turns, so that a login or a commit never holds it for long.
 */
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const DEFAULT_ROUNDS = 5000;
const MIN_ROUNDS = 1000;
const MAX_ROUNDS = 999_999_999;
const SALT_CHARACTERS = 16;
/** The specification's cost grows with the square of the password's length: longer ones are refused. */
export const MAX_PASSWORD_BYTES = 1024;
/** About a millisecond of work between two turns of the event loop. */
const ROUNDS_PER_SLICE = 400;

interface Variant {
  readonly algorithm: 'sha256' | 'sha512';
  readonly bytes: number;
  /** Triples of digest bytes (most significant first) as the specification's b64_from_24bit calls name them. */
  readonly triples: readonly (readonly [number, number, number])[];
  /** What remains: bytes, most significant first (-1: zero), and how many characters they make. */
  readonly rest: readonly [number, number, number, number];
}

const variants: Readonly<Record<string, Variant>> = {
  5: { algorithm: 'sha256', bytes: 32, triples: triples(10, [0, 10, 20], [21, 1, 11], 30), rest: [-1, 31, 30, 3] },
  6: { algorithm: 'sha512', bytes: 64, triples: triples(21, [0, 21, 42], [22, 43, 1], 63), rest: [-1, -1, 63, 2] },
};

/** Each triple follows from the one before by the same rotation; stated by the first two and the modulus. */
function triples(
  count: number,
  first: readonly [number, number, number],
  second: readonly [number, number, number],
  modulus: number,
): (readonly [number, number, number])[] {
  const step = second.map((value, place) => (value - (first[place] as number) + modulus) % modulus);
  return Array.from({ length: count }, (_, index) => {
    const at = (place: number) => ((first[place] as number) + index * (step[place] as number)) % modulus;
    return [at(0), at(1), at(2)] as const;
  });
}

interface Setting {
  readonly id: '5' | '6';
  readonly salt: Buffer;
  readonly rounds: number;
  /** Whether the rounds are written in the result. */
  readonly explicit: boolean;
}

/** `$5$` or `$6$`, optional `rounds=N$`, salt, and whatever follows. Undefined: another scheme. */
function parseSetting(setting: string): Setting | undefined {
  const match = /^\$([56])\$(?:rounds=(\d{1,10})\$)?([^$]*)/.exec(setting);
  if (!match) return undefined;
  const given = match[2] === undefined ? DEFAULT_ROUNDS : Number(match[2]);
  const salt = Buffer.from(match[3] as string, 'utf8').subarray(0, SALT_CHARACTERS);
  const rounds = Math.min(MAX_ROUNDS, Math.max(MIN_ROUNDS, given));
  return { id: match[1] as '5' | '6', salt, rounds, explicit: match[2] !== undefined };
}

/** The hash of a password under a setting (`$6$salt$`, `$6$rounds=10000$salt$`, or a whole hash). */
export async function shaCrypt(password: string, setting: string): Promise<string> {
  if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES)
    throw new RangeError(`the password exceeds ${MAX_PASSWORD_BYTES} bytes`);
  const parsed = parseSetting(setting);
  if (!parsed) throw new RangeError('the setting is neither of $5$ nor of $6$');
  const variant = variants[parsed.id] as Variant;
  const digest = await stretch(Buffer.from(password, 'utf8'), parsed, variant);
  const rounds = parsed.explicit ? `rounds=${parsed.rounds}$` : '';
  return `$${parsed.id}$${rounds}${parsed.salt.toString('utf8')}$${encode(digest, variant)}`;
}

/** A new `$6$` hash with a random salt. */
export function hashPassword(password: string): Promise<string> {
  const salt = Array.from(randomBytes(SALT_CHARACTERS), (byte) => ALPHABET[byte & 63]).join('');
  return shaCrypt(password, `$6$${salt}$`);
}

/**
 * Whether the password has the hash, in time that does not depend on where they differ. False for a scheme other than
 * `$5$` and `$6$` (`$1$` needs crypt-hash-md5, which is not advertised).
 */
export async function verifyPassword(password: string, hashed: string): Promise<boolean> {
  if (!parseSetting(hashed) || Buffer.byteLength(password) > MAX_PASSWORD_BYTES) return false;
  const made = Buffer.from(await shaCrypt(password, hashed));
  const known = Buffer.from(hashed);
  return made.length === known.length && timingSafeEqual(made, known);
}

async function stretch(password: Buffer, setting: Setting, variant: Variant): Promise<Buffer> {
  const { algorithm, bytes } = variant;
  const { salt, rounds } = setting;
  const digest = (...parts: readonly Buffer[]) => hash(algorithm, Buffer.concat(parts), 'buffer');

  const b = digest(password, salt, password);
  const a: Buffer[] = [password, salt, repeated(b, password.length)];
  for (let bits = password.length; bits > 0; bits >>>= 1) a.push(bits & 1 ? b : password);
  let state = digest(...a);

  const p = repeated(digest(...new Array<Buffer>(password.length).fill(password)), password.length);
  const s = repeated(digest(...new Array<Buffer>(16 + (state[0] as number)).fill(salt)), salt.length);

  // One buffer for all rounds, so that a round allocates nothing but its digest.
  const scratch = Buffer.alloc(2 * bytes + 2 * p.length + s.length);
  for (let round = 0; round < rounds; round++) {
    let length = 0;
    const add = (part: Buffer) => {
      part.copy(scratch, length);
      length += part.length;
    };
    add(round & 1 ? p : state);
    if (round % 3 !== 0) add(s);
    if (round % 7 !== 0) add(p);
    add(round & 1 ? state : p);
    state = hash(algorithm, scratch.subarray(0, length), 'buffer');
    if (round % ROUNDS_PER_SLICE === ROUNDS_PER_SLICE - 1) await new Promise((resolve) => setImmediate(resolve));
  }
  return state;
}

/** The block over and over, cut to a length. */
function repeated(block: Buffer, length: number): Buffer {
  const out = Buffer.alloc(length);
  for (let offset = 0; offset < length; offset += block.length) block.copy(out, offset);
  return out;
}

function encode(digest: Buffer, variant: Variant): string {
  let text = '';
  const group = (high: number, middle: number, low: number, characters: number) => {
    const byte = (place: number) => (place < 0 ? 0 : (digest[place] as number));
    let bits = (byte(high) << 16) | (byte(middle) << 8) | byte(low);
    for (let index = 0; index < characters; index++, bits >>>= 6) text += ALPHABET[bits & 63];
  };
  for (const [high, middle, low] of variant.triples) group(high, middle, low, 4);
  group(...variant.rest);
  return text;
}
