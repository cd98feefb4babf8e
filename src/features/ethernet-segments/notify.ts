/** Moves → the notification ethernet-segment-change. */
import { build } from '../../yang/data/build.ts';
import type { Schema } from '../../yang/schema/node.ts';
import type { Publish } from '../notification.ts';
import type { Notice } from './agent/segment-agent.ts';
import { difference, isEmpty } from './decision/vlan-set.ts';
import { hexText } from './model.ts';
import type { Move } from './runtime/record.ts';
import type { SegmentRun } from './runtime/segment-run.ts';
import { timeOf } from './state.ts';
import { rangesOf } from './vlan-ranges.ts';

const NOTIFICATION = 'sluice-ethernet-segments:ethernet-segment-change';

export type NotifySegment = (run: SegmentRun, notice: Notice, move: Move | undefined) => void;

export function segmentNotifier(schema: Schema, publish: Publish): NotifySegment {
  const node = schema.notifications.get(NOTIFICATION);
  if (node === undefined) throw new Error(`the schema has no notification ${NOTIFICATION}`);
  return (run, { vlans, state, cause }, move) => {
    const { name, segment } = run.configured;
    const children = build(node, {
      name,
      'ethernet-segment-identifier': hexText(segment.esi),
      vlan: rangesOf(vlans),
      'new-state': state === 'enabled' ? 'forwarding' : 'blocked',
      cause,
      forwarder: state === 'enabled' ? segment.address : (move?.redirectTo ?? takenBy(run, vlans)),
      'effective-at': move?.effectiveAt === undefined ? undefined : timeOf(move.effectiveAt),
    });
    publish({ node, children, at: new Date() });
  };
}

/** The peer that said it forwards all of them. */
function takenBy(run: SegmentRun, vlans: Notice['vlans']): string | undefined {
  return run.state?.peers.find(({ forwarding }) => isEmpty(difference(vlans, forwarding)))?.address;
}
