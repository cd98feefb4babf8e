/** How long a VLAN had two forwarders, by when the PEs' engines carried out each change. */
import type { Line } from './timeline.ts';

/** Milliseconds. `before`: the PEs that forwarded at first. */
export function overlapMs(lines: readonly Line[], vlan: number, before: readonly number[]): number {
  const forwarding = new Set(before);
  const changes = lines.filter(({ vlans }) => vlans.includes(vlan)).sort((a, b) => a.effectiveMs - b.effectiveMs);
  let both = 0;
  let from = 0;
  for (const { effectiveMs, pe, isForwarding } of changes) {
    if (forwarding.size > 1) both += effectiveMs - from;
    from = effectiveMs;
    if (isForwarding) forwarding.add(pe);
    else forwarding.delete(pe);
  }
  return both;
}
