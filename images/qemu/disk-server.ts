/**
 * A disk with a volatile write cache, as QEMU sees it over NBD (https://github.com/NetworkBlockDevice/nbd, doc/proto.md):
 * what was written since the last flush is lost, kept or torn at a sector when the power is cut, as the random numbers say.
 * QEMU killed alone would keep everything that the guest has written.
 */
import { closeSync, openSync, readSync, statSync, truncateSync, writeSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';

const SECTOR = 512;
/** What a disk's own memory holds; older writes are on the platter. */
const CACHE_BYTES = 32 << 20;
const OPTION_MAGIC = 0x49484156454f5054n; // IHAVEOPT
const OPTION_REPLY = 0x3e889045565a9n;
const REQUEST = 0x25609513;
const REPLY = 0x67446698;
/** The longest request that a server has to take. */
const REQUEST_BYTES = 32 << 20;
const EINVAL = 22;
const Option = { exportName: 1, abort: 2, info: 6, go: 7 } as const;
const Answer = { ack: 1, info: 3, unsupported: 2 ** 31 + 1 } as const;
const Command = { read: 0, write: 1, disconnect: 2, flush: 3 } as const;
/** HAS_FLAGS, SEND_FLUSH: no writes past the cache, no trim, no write of zeroes. */
const EXPORT_FLAGS = 1 | 4;

/** A write that no flush has followed: what it replaced, what it brought. */
interface Unflushed {
  readonly offset: number;
  readonly before: Buffer;
  readonly after: Buffer;
}

/** What the machine has done since the power came. */
export interface Done {
  readonly writes: number;
  readonly bytes: number;
  readonly flushes: number;
  /** Sectors of the last write: the first one, the one behind it. */
  readonly from: number;
  readonly to: number;
}

const NOTHING: Done = { writes: 0, bytes: 0, flushes: 0, from: 0, to: 0 };

export class DiskServer {
  readonly #file: number;
  readonly #bytes: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #path: string;
  #unflushed: Unflushed[] = [];
  #unflushedBytes = 0;
  #isOn = true;
  #done: Done = NOTHING;
  #wanted: { readonly when: (done: Done) => boolean; readonly resolve: () => void } | undefined;

  private constructor(file: string, path: string) {
    this.#bytes = statSync(file).size;
    this.#file = openSync(file, 'r+');
    this.#path = path;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  /** @param file a raw disk, written to and grown to this size; @param path of the Unix socket */
  static async start(file: string, bytes: number, path: string): Promise<DiskServer> {
    truncateSync(file, bytes);
    const disk = new DiskServer(file, path);
    await new Promise<void>((resolve) => disk.#server.listen(path, resolve));
    return disk;
  }

  /** As QEMU wants it. */
  get address(): string {
    return `nbd+unix:///?socket=${this.#path}`;
  }

  get done(): Done {
    return this.#done;
  }

  /** Stops answering in the middle of things as soon as this is so: right behind that write nothing happens any more. */
  cutWhen(when: (done: Done) => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#wanted = { when, resolve };
    });
  }

  /** The power is gone. Call when QEMU has ended, then the disk can be used again. @returns what became of the writes */
  settle(random: () => number): { readonly unflushed: number; readonly lost: number; readonly torn: number } {
    this.#isOn = false;
    for (const socket of this.#sockets) socket.destroy();
    let lost = 0;
    let torn = 0;
    const unflushed = this.#unflushed;
    for (const { offset, before } of unflushed.toReversed()) this.#put(before, offset);
    for (const { offset, after } of unflushed) {
      const fate = random();
      if (fate < 0.45) {
        lost++;
      } else if (fate < 0.55) {
        torn++;
        this.#put(after.subarray(0, Math.floor((random() * after.length) / SECTOR) * SECTOR), offset);
      } else this.#put(after, offset);
    }
    this.#forget();
    this.#isOn = true;
    this.#wanted = undefined;
    this.#done = NOTHING;
    return { unflushed: unflushed.length, lost, torn };
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    closeSync(this.#file);
  }

  #forget(): void {
    this.#unflushed = [];
    this.#unflushedBytes = 0;
  }

  #put(bytes: Buffer, offset: number): void {
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at, bytes.length - at, offset + at);
  }

  #take(length: number, offset: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (let at = 0; at < length; ) {
      const count = readSync(this.#file, bytes, at, length - at, offset + at);
      if (count === 0) break;
      at += count;
    }
    return bytes;
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    const hello = Buffer.alloc(18);
    hello.write('NBDMAGIC', 0, 'latin1');
    hello.writeBigUInt64BE(OPTION_MAGIC, 8);
    hello.writeUInt16BE(1 | 2, 16); // fixed newstyle, no zeroes
    socket.write(hello);
    const talk = this.#talk(socket);
    talk.next();
    let wanted = 4;
    const came: Buffer[] = [];
    let have = 0;
    socket.on('data', (bytes) => {
      came.push(bytes);
      have += bytes.length;
      while (have >= wanted && !socket.destroyed && this.#isOn) {
        const all = came.length === 1 ? (came[0] as Buffer) : Buffer.concat(came);
        came.length = 0;
        const next = talk.next(all.subarray(0, wanted));
        came.push(all.subarray(wanted));
        have -= wanted;
        if (next.done) return socket.destroy();
        wanted = next.value;
      }
    });
  }

  /** The conversation: yields how many bytes come next, gets them. */
  *#talk(socket: Socket): Generator<number, void, Buffer> {
    yield 4;
    for (let isChosen = false; !isChosen; ) {
      const head = yield 16;
      const option = head.readUInt32BE(8);
      const length = head.readUInt32BE(12);
      if (head.readBigUInt64BE(0) !== OPTION_MAGIC || length > 4096) return;
      if (length > 0) yield length;
      if (option === Option.abort) return;
      const about = Buffer.alloc(12);
      about.writeUInt16BE(0, 0);
      about.writeBigUInt64BE(BigInt(this.#bytes), 2);
      about.writeUInt16BE(EXPORT_FLAGS, 10);
      isChosen = option === Option.go || option === Option.exportName;
      if (option === Option.exportName) socket.write(about.subarray(2));
      else if (option === Option.go || option === Option.info) {
        socket.write(answerTo(option, Answer.info, about));
        socket.write(answerTo(option, Answer.ack));
      } else socket.write(answerTo(option, Answer.unsupported));
    }
    for (;;) {
      const head = yield 28;
      const command = head.readUInt16BE(6);
      const handle = head.readBigUInt64BE(8);
      const offset = Number(head.readBigUInt64BE(16));
      const length = head.readUInt32BE(24);
      if (head.readUInt32BE(0) !== REQUEST || length > REQUEST_BYTES || command === Command.disconnect) return;
      const data = command === Command.write && length > 0 ? yield length : undefined;
      if (!this.#isOn) return;
      let error = 0;
      let result: Buffer | undefined;
      if (offset + length > this.#bytes) error = EINVAL;
      else if (command === Command.read) result = this.#take(length, offset);
      else if (data !== undefined) this.#write(data, offset);
      else if (command === Command.flush) this.#flush();
      else error = EINVAL;
      // What was done last was done, but nobody heard of it.
      if (data !== undefined && this.#isTime()) return;
      const reply = Buffer.alloc(16);
      reply.writeUInt32BE(REPLY, 0);
      reply.writeUInt32BE(error, 4);
      reply.writeBigUInt64BE(handle, 8);
      socket.write(reply);
      if (result !== undefined) socket.write(result);
    }
  }

  #write(data: Buffer, offset: number): void {
    const after = Buffer.from(data);
    this.#unflushed.push({ offset, before: this.#take(after.length, offset), after });
    this.#unflushedBytes += after.length;
    this.#put(after, offset);
    const { writes, bytes, flushes } = this.#done;
    this.#done = {
      writes: writes + 1,
      bytes: bytes + after.length,
      flushes,
      from: offset / SECTOR,
      to: (offset + after.length) / SECTOR,
    };
    while (this.#unflushedBytes > CACHE_BYTES) {
      const [oldest] = this.#unflushed.splice(0, 1);
      this.#unflushedBytes -= oldest?.after.length ?? 0;
    }
  }

  #flush(): void {
    this.#forget();
    this.#done = { ...this.#done, flushes: this.#done.flushes + 1 };
  }

  #isTime(): boolean {
    if (this.#wanted?.when(this.#done) !== true) return false;
    this.#isOn = false;
    this.#wanted.resolve();
    this.#wanted = undefined;
    return true;
  }
}

function answerTo(option: number, type: number, data = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(20);
  head.writeBigUInt64BE(OPTION_REPLY, 0);
  head.writeUInt32BE(option, 8);
  head.writeUInt32BE(type, 12);
  head.writeUInt32BE(data.length, 16);
  return Buffer.concat([head, data]);
}
