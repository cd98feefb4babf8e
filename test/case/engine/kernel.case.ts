import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { bgpConfiguration, Frr } from '../../../lab/frr.ts';
import { makeNamespaces } from '../../../lab/host.ts';
import { ipBatch, run, runIn, until } from '../../../lab/run.ts';
import { udpflow } from '../../../lab/traffic/flow.ts';
import { Capture } from '../../capture.ts';
import type { Case } from '../../case.ts';
import { interfaces, namespace } from '../../configuration.ts';
import { Router } from '../../router.ts';
import { configure, linuxHost } from '../../topology.ts';

const ip = 'urn:ietf:params:xml:ns:yang:ietf-ip';
const networkInstance = 'urn:ietf:params:xml:ns:yang:ietf-network-instance';

/** A port with addresses, in whose namespace the kernel takes part. */
const routed = (
  name: string,
  device: string,
  subnet: string,
  tap: { device: string; namespace: string },
  instance = '',
): string =>
  `<interface><name>${name}</name><type xmlns:t="${namespace.interfaceTypes}">t:ethernetCsmacd</type><port xmlns="${namespace.ports}"><af-packet>${device}</af-packet></port><ipv4 xmlns="${ip}"><address><ip>10.${subnet}.1</ip><prefix-length>24</prefix-length></address></ipv4><ipv6 xmlns="${ip}"><address><ip>2001:db8:${subnet.replace('.', ':')}::1</ip><prefix-length>64</prefix-length></address></ipv6><ip-options xmlns="urn:sluice:yang:sluice-ip"><tap><device>${tap.device}</device><network-namespace>${tap.namespace}</network-namespace></tap></ip-options>${instance && `<bind-ni-name xmlns="${networkInstance}">${instance}</bind-ni-name>`}</interface>`;

const bgp = (as: number, address: string, peer: string, peerAs: number, network: string): string[] =>
  bgpConfiguration({ as, address, peer, peerAs, network, keepaliveSeconds: 3, holdSeconds: 9 });

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
      const far = await linuxHost(router, 'l', '78.1');
      const begun = performance.now();
      await configure(router, [
        interfaces(routed('left', router.device('l'), '78.1', { device: 'left0', namespace: space })),
      ]);
      const addresses = () => runIn(space, 'ip', '-o', 'address', 'show', 'dev', 'left0').catch(() => '');
      await until('the addresses in the namespace', 20_000, async () => {
        const list = await addresses();
        return (list.includes('10.78.1.1/24') && list.includes('2001:db8:78:1::1/64')) || undefined;
      });
      const ready = performance.now() - begun;
      for (const address of ['10.78.1.2', '2001:db8:78:1::2'])
        assert.match(await runIn(space, 'ping', '-n', '-c', '5', '-i', '0.05', '-W', '2', address), / 5 received/);
      // Big ones too: fragments of the kernel's making, put together by the engine on their way back.
      assert.match(
        await runIn(space, 'ping', '-n', '-c', '3', '-i', '0.05', '-s', '60000', '10.78.1.2'),
        / 3 received/,
      );
      assert.match(await runIn(space, 'ip', 'neigh', 'show', 'dev', 'left0'), /10\.78\.1\.2 .*extern_learn/);
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
        const routes = await runIn(space, 'ip', 'route', 'show', '198.51.100.0/24');
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

const points = (content: string): string =>
  `<observation-points xmlns="urn:sluice:yang:sluice-observation">${content}</observation-points>`;
const point = (name: string, element: string, at: string, space: string): string =>
  points(
    `<observation-point><name>${name}</name>${element}<point>${at}</point><device>${name}</device><network-namespace>${space}</network-namespace></observation-point>`,
  );
const removePoint = (name: string): string =>
  points(
    `<observation-point xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation="delete"><name>${name}</name></observation-point>`,
  );

const observation: Case = {
  id: 'observation',
  shows: 'tcpdump in a namespace sees what passes a logical port, byte for byte, and what is dropped; live by NETCONF',
  async run() {
    const router = await Router.start();
    try {
      const space = `${router.places.namespacePrefix}k`;
      await makeNamespaces([space]);
      const left = await linuxHost(router, 'l', '79.1');
      const right = await linuxHost(router, 'r', '79.2');
      for (const [at, other, via] of [
        [left, '79.2', '79.1'],
        [right, '79.1', '79.2'],
      ] as const)
        await ipBatch(
          [`route add 10.${other}.0/24 via 10.${via}.1`, 'route add 10.99.0.0/16 via 10.79.1.1'].slice(
            0,
            at === left ? 2 : 1,
          ),
          at,
        );
      await configure(router, [
        interfaces(
          routed('left', router.device('l'), '79.1', { device: 'left0', namespace: space }),
          routed('right', router.device('r'), '79.2', { device: 'right0', namespace: space }),
        ),
      ]);
      const ping = (count: number, to: string) =>
        runIn(left, 'ping', '-n', '-c', String(count), '-i', '0.05', '-W', '1', '-s', '1000', to);
      await until('the way through the router', 20_000, () => ping(1, '10.79.2.2').then(Boolean, () => undefined));
      // An observation point comes, is read, and goes, while the traffic does not care.
      await configure(router, [point('seen', '<logical-port>right</logical-port>', 'egress', space)]);
      const folder = router.places.run;
      const requests = 'icmp.type == 8';
      const captures = await Promise.all([
        Capture.start(space, 'seen', `${folder}/seen.pcap`),
        Capture.start(right, 'eth0', `${folder}/host.pcap`),
      ]);
      assert.match(await ping(20, '10.79.2.2'), / 20 received/);
      const seen = () => Promise.all(captures.map((capture) => capture.frames(requests)));
      const [atRouter, atHost] = await until('20 frames in both captures', 10_000, async () => {
        const frames = await seen();
        return frames.every(({ length }) => length === 20) ? frames : undefined;
      });
      assert.deepEqual(atRouter, atHost);
      await Promise.all(captures.map((capture) => capture.stop()));
      await configure(router, [removePoint('seen')]);
      await assert.rejects(runIn(space, 'ip', 'link', 'show', 'dev', 'seen'));
      assert.match(await ping(3, '10.79.2.2'), / 3 received/);
      // What is dropped for want of a route.
      await configure(router, [point('lost', '<router-interface>left</router-interface>', 'drop', space)]);
      const lost = await Capture.start(space, 'lost', `${folder}/drops.pcap`);
      await ping(3, '10.99.1.1').catch(() => undefined);
      const dropped = () => lost.frames('ip.dst == 10.99.1.1');
      await until('3 dropped packets', 10_000, async () => (await dropped()).length === 3 || undefined);
      await lost.stop();
      // The namespace goes and comes back: so do the devices.
      await run('ip', ['netns', 'delete', space]);
      await makeNamespaces([space]);
      const back = performance.now();
      await until('the devices in the new namespace', 10_000, () =>
        runIn(space, 'ip', '-o', 'address', 'show', 'dev', 'left0').then(
          (text) => text.includes('10.79.1.1/24') || undefined,
          () => undefined,
        ),
      );
      return [
        { what: 'frames that tcpdump saw at a logical port, byte-equal to those sent', value: 20 },
        { what: 'dropped packets that tcpdump saw', value: 3 },
        {
          what: 'namespace made again → the TAP is there with its addresses',
          value: performance.now() - back,
          unit: 'ms',
        },
      ];
    } finally {
      await router.stop();
    }
  },
};

const FLOOD_SECONDS = 4;

const protection: Case = {
  id: 'control-plane-protection',
  shows: 'BGP stays up while a host floods the router’s address; the flood is counted by its class',
  async run() {
    const router = await Router.start();
    const daemons: Frr[] = [];
    try {
      const space = `${router.places.namespacePrefix}k`;
      await makeNamespaces([space]);
      const left = await linuxHost(router, 'l', '80.1');
      const right = await linuxHost(router, 'r', '80.2');
      await configure(router, [
        interfaces(
          routed('left', router.device('l'), '80.1', { device: 'left0', namespace: space }),
          routed('right', router.device('r'), '80.2', { device: 'right0', namespace: space }),
        ),
      ]);
      const ping = () => runIn(left, 'ping', '-n', '-c', '1', '-W', '1', '10.80.1.1');
      await until('the router’s address', 20_000, () => ping().then(Boolean, () => undefined));
      daemons.push(
        await Frr.start({
          namespace: space,
          configuration: bgp(65001, '10.80.1.1', '10.80.1.2', 65002, '192.0.2.0/24'),
        }),
        await Frr.start({
          namespace: left,
          configuration: bgp(65002, '10.80.1.2', '10.80.1.1', 65001, '198.51.100.0/24'),
        }),
      );
      const [near, far] = daemons as [Frr, Frr];
      await Promise.all([established(near, '10.80.1.2'), established(far, '10.80.1.1')]);
      const begun = performance.now();
      // The flood comes from another port: what a link of BGP's own would lose before the router is not its to protect.
      await ipBatch(['route add default via 10.80.2.1'], right);
      const flood = JSON.parse(
        await runIn(
          right,
          ...['timeout', '--preserve-status', String(FLOOD_SECONDS)],
          ...[udpflow, 'send', '10.80.1.1', '9', '1000000', '60'],
        ),
      ) as { sent: number };
      const seconds = (performance.now() - begun) / 1000;
      assert.equal(await near.session('10.80.1.2'), 'Established');
      assert.equal(await near.drops('10.80.1.2'), 0);
      const client = await router.connect();
      const answer = await client
        .rpc(
          '<get><filter><control-plane-policers xmlns="urn:sluice:yang:sluice-control-plane-policers"/></filter></get>',
        )
        .finally(() => client.close());
      const counted = (name: string, counter: string): number =>
        Number(new RegExp(`<class>${name}</class>.*?<${counter}>(\\d+)</${counter}>`, 's').exec(String(answer))?.[1]);
      assert.ok(counted('other', 'dropped') > 0, String(answer));
      assert.equal(counted('bgp', 'dropped'), 0);
      return [
        { what: 'flood sent to the router’s address', value: Math.round(flood.sent / seconds), unit: 'packets/s' },
        { what: 'of it the class "other" let pass', value: counted('other', 'accepted'), unit: 'packets' },
        { what: 'and dropped', value: counted('other', 'dropped'), unit: 'packets' },
        { what: 'BGP sessions lost', value: 0 },
      ];
    } finally {
      for (const daemon of daemons) await daemon.stop();
      await router.stop();
    }
  },
};

/** Answers every TCP connection with a word. */
async function answering(space: string, word: string): Promise<() => void> {
  const program = `require('node:net').createServer((s) => s.end(${JSON.stringify(word)})).listen(7777, () => console.log('ready'))`;
  const child = spawn('ip', ['netns', 'exec', space, process.execPath, '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
  });
  return () => child.kill('SIGTERM');
}

const tenants: Case = {
  id: 'kernel-tenants',
  shows: 'two tenants with the same addresses have TAPs of their own, and reach their own services',
  async run() {
    const router = await Router.start();
    const servers: (() => void)[] = [];
    try {
      const spaces = ['red', 'blue'].map((name) => `${router.places.namespacePrefix}${name}`);
      await makeNamespaces(spaces);
      const hosts = [await linuxHost(router, 'l', '81.1'), await linuxHost(router, 'r', '81.1')];
      const tap = (i: number) => ({ device: 'uplink', namespace: spaces[i] as string });
      await configure(router, [
        `<network-instances xmlns="${networkInstance}"><network-instance><name>red</name></network-instance><network-instance><name>blue</name></network-instance></network-instances>`,
        interfaces(
          routed('left', router.device('l'), '81.1', tap(0), 'red'),
          routed('right', router.device('r'), '81.1', tap(1), 'blue'),
        ),
      ]);
      servers.push(await answering(spaces[0] as string, 'red'), await answering(spaces[1] as string, 'blue'));
      const ask = (space: string) =>
        runIn(
          space,
          process.execPath,
          '-e',
          "require('node:net').connect(7777, '10.81.1.1').on('error', () => process.exit(1)).pipe(process.stdout)",
        );
      const answers = await Promise.all(
        hosts.map((space) => until('an answer', 20_000, () => ask(space).catch(() => undefined))),
      );
      assert.deepEqual(answers, ['red', 'blue']);
      return [{ what: 'tenants with the address 10.81.1.1, each with its own service', value: 2 }];
    } finally {
      for (const stop of servers) stop();
      await router.stop();
    }
  },
};

export const cases: readonly Case[] = [tap, observation, protection, tenants];
