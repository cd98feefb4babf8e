/** The actions of an ethernet segment: move-vlans, block, release, drain, undrain. */

import type { KeySpace } from '../../datastore/key/key.ts';
import { build } from '../../yang/data/build.ts';
import { findValue } from '../../yang/data/find.ts';
import type { DataNode } from '../../yang/data/node.ts';
import { type ErrorTag, FaultError } from '../../yang/fault.ts';
import type { Operation } from '../operations.ts';
import { orLate } from '../or-late.ts';
import { dateAndTime } from '../time.ts';
import { difference, isEmpty, type VlanSet, vlansText } from './decision/vlan-set.ts';
import { SEGMENT } from './model.ts';
import { blocked, type CommandChange, pinned } from './runtime/commands.ts';
import { notElsewhere } from './runtime/drain.ts';
import type { SegmentRun } from './runtime/segment-run.ts';
import type { EthernetSegments } from './runtime/segments.ts';
import { rangeOf, vlansOfRanges } from './vlan-ranges.ts';

/** By the path of the action's node. */
export function segmentActions(keys: KeySpace, segments: EthernetSegments): readonly [string, Operation][] {
  return [
    [`${SEGMENT}/move-vlans`, moveVlans],
    [`${SEGMENT}/block`, (call) => block(call, true)],
    [`${SEGMENT}/release`, (call) => block(call, false)],
    [`${SEGMENT}/drain`, drain],
    [`${SEGMENT}/undrain`, undrain],
  ];

  async function moveVlans({ target, input }: Call): ReturnType<Operation> {
    const run = runOf(target);
    const vlans = vlansIn(run, input, `${target}/move-vlans`);
    const to = findValue(input, 'to');
    const { address, peers } = run.configured.segment;
    if (to !== undefined && to !== address && !peers.includes(to)) {
      throw refuse(`${target}/move-vlans/to`, `${to} is neither this PE nor a peer of the segment.`);
    }
    await command(target, (before) => pinned(before, vlans, to));
    return [];
  }

  async function block({ target, input }: Call, isBlocked: boolean): ReturnType<Operation> {
    const run = runOf(target);
    const vlans = vlansIn(run, input, `${target}/${isBlocked ? 'block' : 'release'}`);
    await command(target, (before) => blocked(before, vlans, isBlocked));
    return [];
  }

  async function drain({ rpc, target, input }: Call): ReturnType<Operation> {
    await command(target, (before) => ({ ...before, isDraining: true }));
    const run = runOf(target);
    const seconds = Number(findValue(input, 'timeout') ?? 60);
    if ((await orLate(seconds * 1000, run.drained())) === 'late') {
      const left =
        run.state === undefined
          ? 'the packet engine is away'
          : `nobody else forwards VLANs ${vlansText(notElsewhere(run.state))}`;
      const message = `After ${seconds} s ${left}. The drain goes on.`;
      throw refuse(`${target}/drain`, message, 'operation-failed');
    }
    return build(rpc.output, { 'drained-at': dateAndTime(new Date()) });
  }

  async function undrain({ target }: Call): ReturnType<Operation> {
    await command(target, (before) => ({ ...before, isDraining: false }));
    return [];
  }

  /** Kept before it is acted upon, and acted upon before it is answered. */
  async function command(target: string, change: CommandChange): Promise<void> {
    if (!(await segments.command(nameOf(target), change))) throw missing(target);
  }

  function runOf(target: string): SegmentRun {
    const run = segments.run(nameOf(target));
    if (run === undefined) throw missing(target);
    return run;
  }

  function nameOf(target: string): string {
    return keys.last(keys.rowOf(target)?.key ?? '')?.keys[0] ?? '';
  }
}

type Call = Parameters<Operation>[0];

function vlansIn({ configured }: SegmentRun, input: readonly DataNode[], path: string): VlanSet {
  const texts = input.filter(({ schema }) => schema.name === 'vlan').map(({ value = '' }) => value);
  const wrong = texts.find((text) => rangeOf(text) === undefined);
  if (wrong !== undefined)
    throw refuse(`${path}/vlan[.='${wrong}']`, 'A range goes from a lower VLAN to a higher one.');
  const vlans = vlansOfRanges(texts);
  const foreign = difference(vlans, configured.vlans);
  if (isEmpty(foreign)) return vlans;
  throw refuse(`${path}/vlan`, `VLANs that are not in the segment: ${vlansText(foreign)}.`);
}

function missing(path: string): FaultError {
  return refuse(path, 'There is no such segment, or the packet engine has not been there yet.', 'data-missing');
}

function refuse(path: string, message: string, tag: ErrorTag = 'invalid-value'): FaultError {
  return new FaultError({ type: 'application', tag, path, message });
}
