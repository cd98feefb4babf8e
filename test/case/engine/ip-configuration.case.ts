import assert from 'node:assert/strict';
import { type NetconfClient, RpcError } from '../../../src/northbound/netconf/client.ts';
import { type Case, medianAndWorst } from '../../case.ts';
import { editConfig, interfaces } from '../../configuration.ts';
import { Router } from '../../router.ts';

const IP = 'urn:ietf:params:xml:ns:yang:ietf-ip';
const NI = 'urn:ietf:params:xml:ns:yang:ietf-network-instance';
const SLIP = 'urn:sluice:yang:sluice-ip';
const PORTS = 'urn:sluice:yang:sluice-interfaces';
const DOMAINS = 'urn:sluice:yang:sluice-bridge-domains';

const type = (name: string): string => `<type xmlns:t="urn:ietf:params:xml:ns:yang:iana-if-type">t:${name}</type>`;
const ipv4 = (address: string, length: number): string =>
  `<ipv4 xmlns="${IP}"><address><ip>${address}</ip><prefix-length>${length}</prefix-length></address></ipv4>`;
const bind = (vrf: string): string => `<bind-ni-name xmlns="${NI}">${vrf}</bind-ni-name>`;
const entry = (name: string, kind: string, more: string): string =>
  `<interface><name>${name}</name>${type(kind)}${more}</interface>`;
const ring = (name: string): string => `<port xmlns="${PORTS}"><ring>${name}</ring></port>`;
const vrfs = (...names: readonly string[]): string =>
  `<network-instances xmlns="${NI}">${names.map((name) => `<network-instance><name>${name}</name></network-instance>`).join('')}</network-instances>`;

/** The path and tag of the error that an edit is refused with. */
async function refused(client: NetconfClient, ...content: readonly string[]): Promise<string> {
  try {
    await client.rpc(editConfig('running', ...content));
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    return `${error.tag} ${error.path}`;
  }
  throw new Error('the edit was accepted');
}

const ipConfiguration: Case = {
  id: 'ip-configuration',
  shows:
    'IP by ietf-ip and ietf-network-instance reaches the engine, is its state, and what is wrong is refused where it is',
  async run() {
    const router = await Router.start();
    try {
      const client = await router.connect();
      await client.rpc(
        editConfig(
          'running',
          vrfs('red'),
          `<bridge-domains xmlns="${DOMAINS}"><bridge-domain><name>x</name></bridge-domain></bridge-domains>`,
          interfaces(
            entry('p', 'ethernetCsmacd', ring('p') + ipv4('192.0.2.1', 24)),
            entry(
              'irb',
              'l3ipvlan',
              `<bridge-domain xmlns="${SLIP}">x</bridge-domain>${bind('red')}${ipv4('192.0.2.1', 24)}`,
            ),
            entry('lo', 'softwareLoopback', ipv4('198.51.100.1', 32)),
          ),
        ),
      );
      const filter = `<filter><interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"/></filter>`;
      const state = await client.rpc(`<get>${filter}</get>`);
      assert.equal(state.match(/<origin>static<\/origin>/g)?.length, 3, state);
      assert.equal(state.match(/<forwarded>0<\/forwarded>/g)?.length, 3);
      const networks = await client.rpc(`<get><filter><network-instances xmlns="${NI}"/></filter></get>`);
      assert.deepEqual([...networks.matchAll(/<name>([^<]*)<\/name>/g)].map(([, name]) => name).sort(), [
        'default',
        'red',
      ]);
      const overlap = await refused(client, interfaces(entry('lo2', 'softwareLoopback', ipv4('192.0.2.77', 32))));
      assert.match(overlap, /^invalid-value .*interface\[if:name='lo2'\]\/ip:ipv4\/ip:address\[ip:ip='192.0.2.77'\]$/);
      const subnet = await refused(client, interfaces(entry('lo2', 'softwareLoopback', ipv4('203.0.113.0', 24))));
      assert.match(subnet, /^invalid-value .*\/ip:ip$/);
      const member = await refused(
        client,
        `<bridge-domains xmlns="${DOMAINS}"><bridge-domain><name>x</name><member><interface>p</interface></member></bridge-domain></bridge-domains>`,
      );
      assert.match(member, /^invalid-value .*interface\[if:name='p'\]\/ip:ipv4$/);
      const times: number[] = [];
      for (let index = 0; index < 20; index += 1) {
        const started = performance.now();
        await client.rpc(
          editConfig('running', interfaces(entry(`lo${index}`, 'softwareLoopback', ipv4(`10.0.${index}.1`, 32)))),
        );
        times.push(performance.now() - started);
      }
      await client.close();
      return [
        { what: 'interfaces whose addresses and counters the engine told', value: 3 },
        { what: 'mistakes refused at their own path', value: 3 },
        ...medianAndWorst('one loopback more, from edit to reply', times, 'ms'),
      ];
    } finally {
      await router.stop();
    }
  },
};

export const cases: readonly Case[] = [ipConfiguration];
