/** What a workload of the engine's benchmark is made of. */
import type { EngineOperation } from '../../../src/engine/operation.ts';
import type { Route } from './prefixes.ts';

export interface Workload {
  readonly id: string;
  readonly what: string;
  readonly workers?: number;
  /** It drops packets on purpose. */
  readonly drops?: boolean;
  /** Frames that port a, and port b, receive again and again. */
  readonly packets: { readonly a: () => Iterable<Buffer>; readonly b?: () => Iterable<Buffer> };
  /** Besides the two ports. */
  readonly objects: () => readonly EngineOperation[];
  /** All to the next hop group `bench` of the VRF `bench`. */
  readonly routes?: () => readonly Route[];
  /** How Open vSwitch is told to do the same; none: it cannot, or not within a sensible time. */
  readonly openflow?: () => Iterable<string>;
}
