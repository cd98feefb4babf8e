/** What the runtime of ethernet segments needs of the engine client. */
import type { EngineClient } from '../../../engine/client.ts';

export type SegmentEngine = Pick<
  EngineClient,
  'query' | 'stream' | 'segmentOrder' | 'segmentProbe' | 'announceMacs' | 'bfdAsk' | 'onEvent' | 'onReplay' | 'onLoss'
>;
