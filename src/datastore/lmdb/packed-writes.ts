/**
 * Puts and removes as bytes, to hand many of them to another thread without copying them:
 *
 *     operation := table[1] isPut[1] key length[4] key value length[4] value      lengths little-endian
 */
export class PackedWrites {
  readonly #chunks: Buffer[] = [];
  #chunk = Buffer.alloc(0);
  #at = 0;

  add(table: number, key: string, value: string | undefined): void {
    const size = 10 + key.length + (value?.length ?? 0);
    if (this.#at + size > this.#chunk.length) this.#begin(size);
    const chunk = this.#chunk;
    let at = this.#at;
    chunk[at++] = table;
    chunk[at++] = value === undefined ? 0 : 1;
    at = chunk.writeUInt32LE(key.length, at);
    at += chunk.write(key, at, 'latin1');
    at = chunk.writeUInt32LE(value?.length ?? 0, at);
    if (value !== undefined) at += chunk.write(value, at, 'latin1');
    this.#at = at;
  }

  /** The bytes, each chunk with memory of its own, so that it can be transferred. */
  take(): readonly Uint8Array<ArrayBuffer>[] {
    this.#begin(0);
    return this.#chunks.splice(0) as Uint8Array<ArrayBuffer>[];
  }

  #begin(size: number): void {
    if (this.#at > 0) this.#chunks.push(this.#chunk.subarray(0, this.#at));
    this.#chunk = size === 0 ? Buffer.alloc(0) : Buffer.allocUnsafeSlow(Math.max(size, 1 << 20));
    this.#at = 0;
  }
}

/** The operations in one chunk. */
export function* unpackWrites(
  bytes: Uint8Array,
): Iterable<readonly [table: number, key: string, value: string | undefined]> {
  const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < chunk.length; ) {
    const table = chunk[at] as number;
    const isPut = chunk[at + 1] === 1;
    const keyEnd = at + 6 + chunk.readUInt32LE(at + 2);
    const key = chunk.toString('latin1', at + 6, keyEnd);
    const valueEnd = keyEnd + 4 + chunk.readUInt32LE(keyEnd);
    yield [table, key, isPut ? chunk.toString('latin1', keyEnd + 4, valueEnd) : undefined];
    at = valueEnd;
  }
}
