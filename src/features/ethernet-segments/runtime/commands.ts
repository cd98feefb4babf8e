/**
 * What operators have commanded: it holds until the opposite command, over restarts of control plane and router. Written before
 * the command is answered, or acted upon. What left the configuration is forgotten with the commit: VLANs, peers, segments.
 */
import type { KeptValues } from '../../../datastore/kept-values.ts';
import type { Pin } from '../decision/message.ts';
import { difference, intersection, isEmpty, NO_VLANS, sameVlans, union, type VlanSet } from '../decision/vlan-set.ts';
import type { EthernetSegment } from '../model.ts';
import { rangesOf, vlansOfRanges } from '../vlan-ranges.ts';

export interface SegmentCommands {
  readonly isDraining: boolean;
  readonly blocked: VlanSet;
  /** At most one for a VLAN, and for a PE. */
  readonly pins: readonly Pin[];
  /** When the last of them came (milliseconds since 1970). */
  readonly at: number;
}

export const NO_COMMANDS: SegmentCommands = { isDraining: false, blocked: NO_VLANS, pins: [], at: 0 };

export type CommandChange = (before: SegmentCommands) => Omit<SegmentCommands, 'at'>;

type Configured = Pick<EthernetSegment, 'vlans' | 'segment'>;

/** `to` undefined: as configured. */
export function pinned(before: SegmentCommands, vlans: VlanSet, to: string | undefined): ReturnType<CommandChange> {
  const pins = new Map(before.pins.map((pin) => [pin.address, difference(pin.vlans, vlans)]));
  if (to !== undefined) pins.set(to, union(pins.get(to) ?? NO_VLANS, vlans));
  return { ...before, pins: Array.from(pins, ([address, its]) => ({ address, vlans: its })).filter(isOfSome) };
}

export function blocked(before: SegmentCommands, vlans: VlanSet, isBlocked: boolean): ReturnType<CommandChange> {
  return { ...before, blocked: isBlocked ? union(before.blocked, vlans) : difference(before.blocked, vlans) };
}

/** What of it a segment still has a place for. */
export function within(commands: SegmentCommands, { vlans, segment }: Configured): SegmentCommands {
  const pes = [segment.address, ...segment.peers];
  const pins = commands.pins
    .filter(({ address }) => pes.includes(address))
    .map((pin) => ({ ...pin, vlans: intersection(pin.vlans, vlans) }))
    .filter(isOfSome);
  return { ...commands, blocked: intersection(commands.blocked, vlans), pins };
}

export class Commands {
  readonly #kept: Pick<KeptValues, 'of' | 'write'>;
  readonly #log: (message: string) => void;
  readonly #bySegment = new Map<string, SegmentCommands>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(kept: Pick<KeptValues, 'of' | 'write'>, log: (message: string) => void) {
    this.#kept = kept;
    this.#log = log;
    for (const [name, text] of kept.of(OWNER)) {
      const commands = unpack(text);
      if (commands === undefined) log(`ethernet segment ${name}: what was commanded cannot be read: ${text}`);
      else this.#bySegment.set(name, commands);
    }
  }

  of(name: string): SegmentCommands {
    return this.#bySegment.get(name) ?? NO_COMMANDS;
  }

  /**
   * One after the other. `begin` is called when it is its turn; what it makes of the commands is on the disk when this
   * resolves with true. False: it wanted nothing. Throws a fault where the disk refuses it.
   */
  change(name: string, begin: () => CommandChange | undefined): Promise<boolean> {
    return this.#queue(async () => {
      const change = begin();
      if (change === undefined) return false;
      const after = { ...change(this.of(name)), at: Date.now() };
      await this.#kept.write(OWNER, new Map([[name, pack(after)]]));
      this.#set(name, after);
      return true;
    });
  }

  /** A commit: behind the changes that came before it, ahead of those that follow. */
  prune(segments: ReadonlyMap<string, Configured>): void {
    this.#queue(async () => {
      const changes = new Map<string, string | undefined>();
      for (const [name, before] of this.#bySegment) {
        const configured = segments.get(name);
        const after = configured === undefined ? NO_COMMANDS : within(before, configured);
        if (same(before, after)) continue;
        this.#set(name, after);
        changes.set(name, pack(after));
      }
      if (changes.size > 0) await this.#kept.write(OWNER, changes);
    }).catch((error: Error) => this.#log(`ethernet segments: what was commanded cannot be written: ${error.message}`));
  }

  /** Resolves when what was asked for is on the disk, or refused. */
  async settled(): Promise<void> {
    await this.#last;
  }

  #queue<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  #set(name: string, commands: SegmentCommands): void {
    if (isNone(commands)) this.#bySegment.delete(name);
    else this.#bySegment.set(name, commands);
  }
}

const OWNER = 'ethernet-segments';

interface Written {
  readonly at?: unknown;
  readonly drain?: unknown;
  readonly blocked: readonly string[];
  readonly pins: readonly { readonly to: unknown; readonly vlans: readonly string[] }[];
}

function isOfSome({ vlans }: Pin): boolean {
  return !isEmpty(vlans);
}

function isNone({ isDraining, blocked: vlans, pins }: SegmentCommands): boolean {
  return !isDraining && isEmpty(vlans) && pins.length === 0;
}

function same(a: SegmentCommands, b: SegmentCommands): boolean {
  return (
    a.isDraining === b.isDraining &&
    sameVlans(a.blocked, b.blocked) &&
    a.pins.length === b.pins.length &&
    a.pins.every(({ address, vlans }, at) => address === b.pins[at]?.address && sameVlans(vlans, b.pins[at].vlans))
  );
}

/** Undefined: there is nothing to keep. */
function pack(commands: SegmentCommands): string | undefined {
  if (isNone(commands)) return undefined;
  const { isDraining, at } = commands;
  const pins = commands.pins.map(({ address, vlans }) => ({ to: address, vlans: rangesOf(vlans) }));
  return JSON.stringify({ at, drain: isDraining, blocked: rangesOf(commands.blocked), pins });
}

/** Undefined: an earlier or a later release wrote something else. */
function unpack(text: string): SegmentCommands | undefined {
  try {
    const found = JSON.parse(text) as Written;
    const { at, drain, blocked: vlans, pins } = found;
    if (typeof at !== 'number' || typeof drain !== 'boolean') return undefined;
    return {
      at,
      isDraining: drain,
      blocked: vlansOfRanges(vlans),
      pins: pins.map(({ to, vlans: its }) => ({ address: String(to), vlans: vlansOfRanges(its) })),
    };
  } catch {
    return undefined;
  }
}
