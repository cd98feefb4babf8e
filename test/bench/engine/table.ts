/** The table of native/README.md. */
import type { Result } from '../engine.ts';
import type { PeerClocks } from './peers/peer.ts';
import { reference } from './reference.ts';

export function markdown(results: readonly Result[]): string {
  const clocks = (value: PeerClocks | undefined): string => value?.p10.toFixed(0) ?? '–';
  const rows = results.map(({ workload: { id }, measured: { row, mpps }, testpmd, openVswitch }) => {
    const vpp = reference[id]?.vpp;
    return [
      `\`${id}\``,
      `${row.clocksP10.toFixed(0)} / ${row.clocksP50.toFixed(0)}`,
      mpps.toFixed(1),
      clocks(testpmd),
      clocks(openVswitch),
      vpp?.toFixed(0) ?? '–',
      vpp === undefined ? '–' : (row.clocksP10 / vpp).toFixed(2),
    ];
  });
  const head = ['Workload', 'engine p10 / p50', 'Mpps', 'testpmd', 'OVS', 'VPP', 'engine ÷ VPP'];
  return [head, head.map((_, at) => (at === 0 ? '---' : '---:')), ...rows]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');
}
