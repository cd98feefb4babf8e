/** What at the CE acts on a method: made ready before the first event, taken away after the last. */
import { CeAgent } from '../../../lab/ce-agent.ts';
import { until } from '../../../lab/run.ts';
import type { DualPe, Pe } from '../../dual-pe.ts';
import { inSession } from '../../segment.ts';
import { type Method, pollingSeconds } from './methods.ts';

export async function prepare(net: DualPe, method: Method): Promise<{ stop(): Promise<void> }> {
  if (method.spanningTree !== undefined) await spanningTree(net, method.spanningTree);
  if (method.agent === undefined) return { stop: async () => undefined };
  const ports = net.pes.map((pe) => net.uplinkOf(pe));
  const guest = net.ce.linuxBridge;
  if (guest !== undefined) {
    await guest.run(`ce-agent --polling ${pollingSeconds} ${ports.join(' ')} >/agent.log 2>&1 &`);
    for (const pe of net.pes) await knows(pe, method);
    // It ends with the guest.
    return { stop: async () => undefined };
  }
  const { namespace, control } = net.ce.switch;
  const ovs = ['--ovs', 'ce', '--ovs-target', control];
  const agent = await CeAgent.start(namespace, [...ovs, '--polling', String(pollingSeconds), ...ports]);
  for (const pe of net.pes) await knows(pe, method);
  return {
    stop: async () => {
      await agent.stop();
    },
  };
}

/** By E-LMI the agent has to have asked before it knows which VLANs an EVC has. */
async function knows(pe: Pe, method: Method): Promise<void> {
  if (!method.elements([1]).join('').includes('<e-lmi>')) return;
  const filter = '<ce-notifications xmlns="urn:sluice:yang:sluice-ce-notification"/>';
  await until(`the agent to know the EVCs of PE ${pe.number}`, 60_000, async () => {
    const state = await inSession(pe.router, `<get><filter>${filter}</filter></get>`);
    return (state.includes('<operational>true<') && !state.includes('<status>new-')) || undefined;
  });
}

async function spanningTree(net: DualPe, protocol: 'stp' | 'rstp'): Promise<void> {
  const { vlans } = net.options;
  const { switch: bridge } = net.ce;
  const hosts = vlans.flatMap((vlan) => [`vlan${vlan}`, `vlan${vlan}-2`]);
  const ports = [...net.pes.map((pe) => net.uplinkOf(pe)), ...hosts];
  if (protocol === 'rstp')
    for (const port of ports) await bridge.setPort(port, { 'other_config:rstp-port-auto-edge': 'false' });
  await bridge.setBridge({
    [`${protocol}_enable`]: 'true',
    [`other_config:${protocol}-forward-delay`]: '4',
    [`other_config:${protocol}-max-age`]: '6',
  });
  await until(`${ports.length} ports that forward by ${protocol}`, 60_000, async () => {
    const forwarding = (await bridge.spanningTree(protocol)).match(/forwarding/gi) ?? [];
    return forwarding.length >= ports.length || undefined;
  });
  // Ports that listened and learned have blocked the way between the PEs and their probes.
  await net.settled(vlans, net.pes[0]);
}
