import assert from 'node:assert/strict';
import { Frr } from '../../../lab/frr.ts';
import { makeNamespaces, plainDevice } from '../../../lab/host.ts';
import { ipBatch, run, until } from '../../../lab/run.ts';
import type { Case } from '../../case.ts';
import { interfaces, namespace } from '../../configuration.ts';
import { Router } from '../../router.ts';
import { configure } from '../../topology.ts';

const ip = 'urn:ietf:params:xml:ns:yang:ietf-ip';

/** A port with addresses, in whose namespace the kernel takes part. */
const routed = (name: string, device: string, subnet: string, tap: { device: string; namespace: string }): string =>
  `<interface><name>${name}</name><type xmlns:t="${namespace.interfaceTypes}">t:ethernetCsmacd</type><port xmlns="${namespace.ports}"><af-packet>${device}</af-packet></port><ipv4 xmlns="${ip}"><address><ip>10.${subnet}.1</ip><prefix-length>24</prefix-length></address></ipv4><ipv6 xmlns="${ip}"><address><ip>2001:db8:${subnet.replace('.', ':')}::1</ip><prefix-length>64</prefix-length></address></ipv6><ip-options xmlns="urn:sluice:yang:sluice-ip"><tap><device>${tap.device}</device><network-namespace>${tap.namespace}</network-namespace></tap></ip-options></interface>`;

/** A Linux host at the router's port. */
async function host(router: Router, name: string, subnet: string): Promise<string> {
  const space = `${router.places.namespacePrefix}${name}`;
  const device = router.device(name);
  await makeNamespaces([space]);
  await ipBatch([`link add name eth0 netns ${space} type veth peer name ${device}`, `link set dev ${device} up`]);
  await plainDevice(undefined, device);
  await ipBatch(
    [
      'link set dev lo up',
      'link set dev eth0 up',
      `address add 10.${subnet}.2/24 dev eth0`,
      `address add 2001:db8:${subnet.replace('.', ':')}::2/64 dev eth0 nodad`,
    ],
    space,
  );
  return space;
}

const inside = (space: string, ...command: readonly string[]): Promise<string> =>
  run('ip', ['netns', 'exec', space, ...command]);

const bgp = (own: number, address: string, peer: string, peerNumber: number, prefix: string): string[] => [
  `router bgp ${own}`,
  ` bgp router-id ${address}`,
  ' no bgp ebgp-requires-policy',
  ' no bgp network import-check',
  ` neighbor ${peer} remote-as ${peerNumber}`,
  ` neighbor ${peer} timers 3 9`,
  ` neighbor ${peer} timers connect 1`,
  ' address-family ipv4 unicast',
  `  network ${prefix}`,
];

const established = (frr: Frr, peer: string) =>
  until(`BGP with ${peer}`, 30_000, async () => (await frr.session(peer)) === 'Established' || undefined);

const tap: Case = {
  id: 'kernel-tap',
  shows:
    'the kernel takes part in an interface: addresses, neighbours, ping, and BGP of an unmodified FRR over its TAP',
  async run() {
    const router = await Router.start();
    const daemons: Frr[] = [];
    try {
      const space = `${router.places.namespacePrefix}k`;
      await makeNamespaces([space]);
      const far = await host(router, 'l', '78.1');
      const begun = performance.now();
      await configure(router, [
        interfaces(routed('left', router.device('l'), '78.1', { device: 'left0', namespace: space })),
      ]);
      const addresses = () => inside(space, 'ip', '-o', 'address', 'show', 'dev', 'left0').catch(() => '');
      await until('the addresses in the namespace', 20_000, async () => {
        const list = await addresses();
        return (list.includes('10.78.1.1/24') && list.includes('2001:db8:78:1::1/64')) || undefined;
      });
      const ready = performance.now() - begun;
      for (const address of ['10.78.1.2', '2001:db8:78:1::2'])
        assert.match(await inside(space, 'ping', '-n', '-c', '5', '-i', '0.05', '-W', '2', address), / 5 received/);
      // Big ones too: fragments of the kernel's making, put together by the engine on their way back.
      assert.match(
        await inside(space, 'ping', '-n', '-c', '3', '-i', '0.05', '-s', '4000', '10.78.1.2'),
        / 3 received/,
      );
      assert.match(await inside(space, 'ip', 'neigh', 'show', 'dev', 'left0'), /10\.78\.1\.2 .*extern_learn/);
      daemons.push(
        await Frr.start({
          namespace: space,
          configuration: bgp(65001, '10.78.1.1', '10.78.1.2', 65002, '192.0.2.0/24'),
        }),
        await Frr.start({
          namespace: far,
          configuration: bgp(65002, '10.78.1.2', '10.78.1.1', 65001, '198.51.100.0/24'),
        }),
      );
      const [near, peer] = daemons as [Frr, Frr];
      await Promise.all([established(near, '10.78.1.2'), established(peer, '10.78.1.1')]);
      const learned = await until('the route of the peer', 10_000, async () => {
        const routes = await inside(space, 'ip', 'route', 'show', '198.51.100.0/24');
        return routes.includes('via 10.78.1.2 dev left0') || undefined;
      });
      assert.ok(learned);
      return [{ what: 'commit answered → addresses in the kernel', value: ready, unit: 'ms' }];
    } finally {
      for (const daemon of daemons) await daemon.stop();
      await router.stop();
    }
  },
};

export const cases: readonly Case[] = [tap];
