/** What a runtime under test has from the router's model, and its engine client what it replays. */
import type { PlannedOperation } from '../../../commit/feature.ts';
import type { View } from '../../../datastore/view/view.ts';
import { forwardingFeatures, interfaceChanges } from '../../forwarding.ts';
import { planReplay } from '../../replay.ts';
import { keys } from '../../testing/schema.ts';
import type { SegmentsParts } from '../runtime/segments.ts';

const features = forwardingFeatures(keys, { query: async () => undefined }, { of: async () => [] });

/** What a view of the configuration is indexed by. */
export const indexes = features.flatMap((feature) => feature.indexes ?? []);

export const replayOf = (running: View): readonly PlannedOperation[] => planReplay(keys, features, running);

export const modelParts: Pick<SegmentsParts, 'keys' | 'models' | 'hidden'> = {
  keys,
  models: interfaceChanges(keys),
  hidden: { find: () => undefined, add: async () => {}, all: () => [] },
};
