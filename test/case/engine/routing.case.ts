import assert from 'node:assert/strict';
import { ipBatch, runIn, until } from '../../../lab/run.ts';
import type { Case } from '../../case.ts';
import { interfaces, namespace } from '../../configuration.ts';
import { Router } from '../../router.ts';
import { configure, linuxHost } from '../../topology.ts';

const ip = 'urn:ietf:params:xml:ns:yang:ietf-ip';

/** A port with an address of each version. */
const routed = (name: string, device: string, number: number, mtu: number): string =>
  `<interface><name>${name}</name><type xmlns:t="${namespace.interfaceTypes}">t:ethernetCsmacd</type><port xmlns="${namespace.ports}"><af-packet>${device}</af-packet></port><ipv4 xmlns="${ip}"><mtu>${mtu}</mtu><address><ip>10.77.${number}.1</ip><prefix-length>24</prefix-length></address></ipv4><ipv6 xmlns="${ip}"><mtu>${mtu}</mtu><address><ip>2001:db8:77:${number}::1</ip><prefix-length>64</prefix-length></address></ipv6></interface>`;

/** A Linux host at the router's port, which is its gateway. */
async function host(router: Router, name: string, number: number): Promise<string> {
  const space = await linuxHost(router, name, `77.${number}`);
  await ipBatch([`route add default via 10.77.${number}.1`, `route add ::/0 via 2001:db8:77:${number}::1`], space);
  return space;
}

const linux: Case = {
  id: 'routing-linux',
  shows: 'two Linux hosts reach each other through the router by IPv4 and IPv6: ping, fragments, path MTU, traceroute',
  async run() {
    const router = await Router.start();
    try {
      const left = await host(router, 'l', 1);
      await host(router, 'r', 2);
      await configure(router, [
        interfaces(routed('left', router.device('l'), 1, 1500), routed('right', router.device('r'), 2, 1400)),
      ]);
      const far = ['10.77.2.2', '2001:db8:77:2::2'];
      const own = ['10.77.1.1', '2001:db8:77:1::1', '10.77.2.1', '2001:db8:77:2::1'];
      // Nobody else answers to them: only then the router does (RFC 5227, RFC 4862).
      for (const address of own) {
        const answers = () => runIn(left, 'ping', '-n', '-c', '1', '-W', '1', address).then(Boolean, () => undefined);
        await until(`${address} to be the router's`, 20_000, answers);
      }
      for (const address of [...own, ...far])
        assert.match(await runIn(left, 'ping', '-n', '-c', '5', '-i', '0.05', '-W', '2', address), / 5 received/);
      // Three fragments each way, of the hosts' making; those to a network with a smaller MTU are cut again.
      for (const address of [...own, ...far])
        assert.match(
          await runIn(left, 'ping', '-n', '-c', '3', '-i', '0.05', '-W', '2', '-s', '4000', '-M', 'dont', address),
          // The first one of IPv6 finds the path's MTU out (RFC 8201).
          address === far[1] ? / [23] received/ : / 3 received/,
        );
      const [traced, traced6] = await Promise.all([
        runIn(left, 'traceroute', '-n', '-q', '1', '-w', '2', '10.77.2.2'),
        runIn(left, 'traceroute', '-6', '-n', '-q', '1', '-w', '2', '2001:db8:77:2::2'),
      ]);
      assert.match(traced, / 1 {2}10\.77\.1\.1 [\s\S]* 2 {2}10\.77\.2\.2 /);
      assert.match(traced6, / 1 {2}2001:db8:77:1::1 [\s\S]* 2 {2}2001:db8:77:2::2 /);
      for (const address of far) assert.match(await runIn(left, 'tracepath', '-n', address), /pmtu 1400[\s\S]*reached/);
      return [{ what: 'hops to the other host', value: 2 }];
    } finally {
      await router.stop();
    }
  },
};

export const cases: readonly Case[] = [linux];
