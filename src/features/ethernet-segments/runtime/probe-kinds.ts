/** Kinds of probes, as the decision and as the engine's contract name them. */
import { SegmentProbeKind } from '../../../engine/gen/sluice_pb.js';
import type { Probe } from '../decision/message.ts';

export const probeKinds: Readonly<Record<Probe['kind'], SegmentProbeKind>> = {
  forwarding: SegmentProbeKind.PROBE_FORWARDING,
  query: SegmentProbeKind.PROBE_QUERY,
  standby: SegmentProbeKind.PROBE_STANDBY,
  claiming: SegmentProbeKind.PROBE_CLAIMING,
  blocked: SegmentProbeKind.PROBE_BLOCKED,
};

const names: ReadonlyMap<SegmentProbeKind, Probe['kind']> = new Map(
  Object.entries(probeKinds).map(([name, kind]) => [kind, name as Probe['kind']]),
);

/** Undefined: one that we do not know. */
export function probeKind(kind: SegmentProbeKind): Probe['kind'] | undefined {
  return names.get(kind);
}
