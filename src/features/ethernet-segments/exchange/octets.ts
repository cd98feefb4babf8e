/** Octets in network order, written and read. */

/** What was read is not what the layout says; never leaves this folder. */
export class Malformed extends Error {}

export class Writer {
  #buffer = Buffer.allocUnsafe(512);
  length = 0;

  u8(value: number): void {
    this.#room(1);
    this.length = this.#buffer.writeUInt8(value, this.length);
  }

  u16(value: number): void {
    this.#room(2);
    this.length = this.#buffer.writeUInt16BE(value, this.length);
  }

  u32(value: number): void {
    this.#room(4);
    this.length = this.#buffer.writeUInt32BE(value >>> 0, this.length);
  }

  /** 48 bits: a MAC address, or a stamp. */
  u48(value: number): void {
    this.#room(6);
    this.length = this.#buffer.writeUIntBE(value, this.length, 6);
  }

  octets(value: Uint8Array): void {
    this.#room(value.length);
    this.#buffer.set(value, this.length);
    this.length += value.length;
  }

  /** A length (one octet) and ASCII. */
  text(value: string): void {
    this.u8(value.length);
    this.octets(Buffer.from(value, 'latin1'));
  }

  /** Valid until the next write. */
  done(): Buffer {
    return this.#buffer.subarray(0, this.length);
  }

  #room(count: number): void {
    if (this.length + count <= this.#buffer.length) return;
    const longer = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.length + count));
    this.#buffer.copy(longer, 0, 0, this.length);
    this.#buffer = longer;
  }
}

/** Throws Malformed beyond the end. */
export class Reader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  get left(): number {
    return this.#buffer.length - this.#at;
  }

  u8(): number {
    return this.#buffer.readUInt8(this.#take(1));
  }

  u16(): number {
    return this.#buffer.readUInt16BE(this.#take(2));
  }

  u32(): number {
    return this.#buffer.readUInt32BE(this.#take(4));
  }

  u48(): number {
    return this.#buffer.readUIntBE(this.#take(6), 6);
  }

  octets(count: number): Buffer {
    const from = this.#take(count);
    return this.#buffer.subarray(from, from + count);
  }

  text(): string {
    return this.octets(this.u8()).toString('latin1');
  }

  /** Nothing may follow. */
  end(): void {
    if (this.left !== 0) throw new Malformed(`${this.left} octets too many`);
  }

  #take(count: number): number {
    if (count > this.left) throw new Malformed(`${count} octets wanted, ${this.left} left`);
    const from = this.#at;
    this.#at += count;
    return from;
  }
}

/** Octets as a key of maps, such as an ESI. */
export function hexDigits(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex');
}
