/** What a session needs of its transport: bytes in and out with backpressure both ways (RFC 6241 section 2.1). */
import type { Principal } from '../../../commit/access/access.ts';

/** Who is at the other end. */
export interface Peer {
  readonly principal: Principal;
  /** Identity of ietf-netconf-monitoring's `transport`, in module-name form. */
  readonly transport: string;
  /** Address of the client; undefined for the local socket. */
  readonly sourceHost: string | undefined;
  /**
   * Time without an rpc after which the session ends, asked again and again, since a commit may change it. 0: never.
   * Undefined, or not there: the server's own.
   */
  readonly idleMs?: () => number | undefined;
  /** Told of the end of the session; `isGraceful`: the client asked for it by close-session. */
  readonly ended?: (isGraceful: boolean) => void;
}

export interface ByteStreamEvents {
  data(chunk: Buffer): void;
  /** What was written has left: write again. */
  drain(): void;
  /** The client sends no more. What it asked for is still answered. */
  end(): void;
  /** The stream is gone; comes exactly once, last. */
  close(): void;
}

export interface ByteStream {
  readonly peer: Peer;
  /** To be called once, before anything else. Input stays paused until `resume`. */
  attach(events: ByteStreamEvents): void;
  pause(): void;
  resume(): void;
  /** False: hold back until `drain`. The bytes are taken in either case. */
  write(chunk: Buffer): boolean;
  /** Sends what was written, then closes. */
  end(): void;
  /** Closes at once; unsent output is lost. */
  destroy(): void;
}
