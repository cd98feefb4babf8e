import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../../lab/run.ts';
import type { NetconfClient } from '../../../src/northbound/netconf/client.ts';
import type { Case } from '../../case.ts';
import {
  bridgeDomain,
  bridgeDomains,
  editConfig,
  interfaces,
  namespace,
  port,
  subInterface,
} from '../../configuration.ts';
import { Router } from '../../router.ts';
import { InterfaceReading } from '../../service.ts';
import { configure } from '../../topology.ts';
import { type Frame, station, Wire } from '../../wire.ts';

const ports = ['a', 'b', 'c', 'd'] as const;
type Port = (typeof ports)[number];
const ageingSeconds = 2;

/** One bridge domain for each leaf, each on a VLAN of its own on all four ports. */
const vlan = {
  defaults: 10,
  noLearning: 11,
  ageing: 12,
  macLimit: 13,
  memberLimit: 14,
  noFlood: 15,
  splitHorizon: 16,
  staticMac: 17,
  onePort: 18,
} as const;
const second = 19;

function domain(of: number, options: { more?: string; member?: Partial<Record<Port, string>>; static?: string } = {}) {
  const members = ports.map(
    (name) => `<member><interface>${name}.${of}</interface>${options.member?.[name] ?? ''}</member>`,
  );
  return bridgeDomain(`vlan${of}`, [], `${options.more ?? ''}${members.join('')}${options.static ?? ''}`);
}

/** What a test does in one VLAN. */
class Vlan {
  readonly id: number;
  readonly #wire: Wire;
  readonly #client: NetconfClient;

  constructor(id: number, wire: Wire, client: NetconfClient) {
    this.id = id;
    this.#wire = wire;
    this.#client = client;
  }

  /** Sends one frame; the cables where it came out, once each and with the VLAN's tag. */
  async frame(at: Port, frame: Omit<Frame, 'at' | 'tags'>): Promise<string> {
    const [out = {}] = await this.#wire.send([{ at, tags: `c${this.id}`, ...frame }], { quietMs: 100 });
    for (const tags of Object.values(out)) assert.equal(tags, `c${this.id}`);
    return Object.keys(out).sort().join('');
  }

  /** A broadcast of the station: everybody learns where it is. */
  hello(at: Port, number: number): Promise<string> {
    return this.frame(at, { from: station(number) });
  }

  /** Where a frame from a station at the port to another one comes out. */
  unicast(at: Port, from: number, to: number): Promise<string> {
    return this.frame(at, { from: station(from), to: station(to) });
  }

  async state(): Promise<string> {
    const filter = `<bridge-domains xmlns="${namespace.bridgeDomains}"><bridge-domain><name>vlan${this.id}</name></bridge-domain></bridge-domains>`;
    return await this.#client.rpc(`<get><filter>${filter}</filter></get>`);
  }

  /** The forwarding database: station → `interface type`. */
  async fdb(): Promise<Record<string, string>> {
    const entries = (await this.state()).matchAll(/<entry>([\s\S]*?)<\/entry>/g);
    const leaf = (xml: string, name: string): string => new RegExp(`<${name}>([^<]*)<`).exec(xml)?.[1] ?? '';
    return Object.fromEntries(
      [...entries].map(([, entry = '']) => [
        leaf(entry, 'mac-address'),
        `${leaf(entry, 'interface')} ${leaf(entry, 'type')}`,
      ]),
    );
  }

  async statistic(name: string): Promise<number> {
    return Number(
      new RegExp(`<${name}>(\\d+)</${name}>`).exec((await this.state()).split('<statistics>')[1] ?? '')?.[1],
    );
  }

  async drops(at: Port): Promise<Record<string, number>> {
    return (await InterfaceReading.of(this.#client, `${at}.${this.id}`)).allDrops();
  }
}

async function learns(it: Vlan): Promise<void> {
  assert.equal(await it.unicast('b', 2, 1), 'acd', 'unknown unicast is flooded');
  assert.equal(await it.hello('a', 1), 'bcd');
  assert.equal(await it.unicast('a', 1, 2), 'b');
  assert.equal(await it.unicast('b', 2, 1), 'a');
  assert.equal(await it.frame('a', { from: station(1), to: '01:00:5e:00:00:05' }), 'bcd', 'multicast is flooded');
  assert.deepEqual(await it.fdb(), { [station(1)]: `a.${it.id} learned`, [station(2)]: `b.${it.id} learned` });
  assert.equal(await it.frame('c', { from: '03:00:00:00:00:01' }), '', 'a group address is no source');
  assert.deepEqual(await it.drops('c'), { 'source-multicast': 1 });
  await it.hello('c', 1);
  assert.equal(await it.unicast('b', 2, 1), 'c', 'the station has moved');
  assert.equal(await it.statistic('moves'), 1);
  assert.equal(await it.statistic('learned-macs'), 2);
  assert.equal(await it.statistic('flooded-packets'), 4);
  assert.equal(await it.unicast('c', 3, 1), '', 'a frame does not go back where it came from');
  assert.deepEqual(await it.drops('c'), { 'source-multicast': 1, 'fdb-same-port': 1 });
}

async function doesNotLearn(it: Vlan): Promise<void> {
  await it.hello('a', 1);
  assert.equal(await it.unicast('b', 2, 1), 'acd');
  assert.deepEqual(await it.fdb(), {});
}

async function limits(it: Vlan, limit: number): Promise<void> {
  for (let number = 1; number <= limit + 2; number++) assert.equal(await it.hello('a', number), 'bcd');
  assert.equal(Object.keys(await it.fdb()).length, limit);
  assert.equal(await it.statistic('learned-macs'), limit);
  assert.equal(await it.statistic('limit-exceeded'), 2);
  assert.match(
    await it.state(),
    new RegExp(`<interface>a.${it.id}</interface>[\\s\\S]*?<learned-macs>${limit}</learned-macs>`),
  );
  assert.equal(await it.unicast('b', limit + 2, 1), 'a');
  assert.equal(await it.unicast('a', 1, limit + 1), 'bcd', 'an address above the limit is unknown');
}

async function doesNotFlood(it: Vlan): Promise<void> {
  assert.equal(await it.unicast('b', 2, 1), '');
  assert.deepEqual(await it.drops('b'), { 'unknown-unicast': 1 });
  assert.equal(await it.hello('a', 1), 'bcd', 'broadcast is flooded all the same');
  assert.equal(await it.unicast('b', 2, 1), 'a');
}

/** a and b are in group 1, d in group 2, c in none. */
async function splits(it: Vlan): Promise<void> {
  assert.equal(await it.hello('a', 1), 'cd');
  assert.equal(await it.hello('b', 2), 'cd');
  assert.equal(await it.hello('c', 3), 'abd');
  assert.equal(await it.hello('d', 4), 'abc');
  assert.equal(await it.unicast('a', 1, 2), '');
  assert.deepEqual(await it.drops('a'), { 'split-horizon': 1 });
  assert.equal(await it.unicast('a', 1, 3), 'c');
  assert.equal(await it.unicast('a', 1, 4), 'd');
}

const deleteStatic = (of: number, number: number): string =>
  editConfig(
    'running',
    bridgeDomains(
      bridgeDomain(
        `vlan${of}`,
        [],
        `<static-mac xmlns:nc="${namespace.netconf}" nc:operation="delete"><mac-address>${station(number)}</mac-address></static-mac>`,
      ),
    ),
  );

/** Station 50 is behind b by configuration. */
async function staysWhereConfigured(it: Vlan, client: NetconfClient): Promise<void> {
  assert.equal(await it.unicast('a', 1, 50), 'b');
  await it.hello('c', 50);
  assert.equal(await it.unicast('a', 1, 50), 'b');
  assert.deepEqual(await it.fdb(), { [station(1)]: `a.${it.id} learned`, [station(50)]: `b.${it.id} static` });
  assert.equal(await it.statistic('static-macs'), 1);
  await client.rpc(deleteStatic(it.id, 50));
  assert.equal(await it.unicast('a', 1, 50), 'bcd');
  await it.hello('c', 50);
  assert.equal(await it.unicast('a', 1, 50), 'c');
}

async function ages(it: Vlan): Promise<void> {
  await it.hello('a', 1);
  assert.equal(await it.unicast('b', 2, 1), 'a');
  await sleep((ageingSeconds + 1) * 1000);
  assert.equal(await it.unicast('b', 2, 1), 'acd');
  await until('the end of an aged address', 3000, async () => (await it.fdb())[station(1)] === undefined || undefined);
}

const bridge: Case = {
  id: 'bridge',
  shows: 'every leaf of a bridge domain does on the wire what its description says',
  async run() {
    const router = await Router.start();
    try {
      const wire = await Wire.connect(router, ports);
      const vlans = Object.values(vlan);
      await configure(router, [
        interfaces(
          ...ports.map((name) => port(name, router.device(name))),
          ...ports.flatMap((name) => [...vlans, second].map((of) => subInterface(name, of))),
        ),
        bridgeDomains(
          domain(vlan.defaults),
          domain(vlan.noLearning, { more: '<learning>false</learning>' }),
          domain(vlan.ageing, { more: `<ageing-time>${ageingSeconds}</ageing-time>` }),
          domain(vlan.macLimit, { more: '<mac-limit>3</mac-limit>' }),
          domain(vlan.memberLimit, { member: { a: '<mac-limit>2</mac-limit>' } }),
          domain(vlan.noFlood, { more: '<flood-unknown-unicast>false</flood-unknown-unicast>' }),
          domain(vlan.splitHorizon, {
            member: {
              a: '<split-horizon-group>1</split-horizon-group>',
              b: '<split-horizon-group>1</split-horizon-group>',
              d: '<split-horizon-group>2</split-horizon-group>',
            },
          }),
          domain(vlan.staticMac, {
            static: `<static-mac><mac-address>${station(50)}</mac-address><interface>b.${vlan.staticMac}</interface></static-mac>`,
          }),
          bridgeDomain('one-port', [`a.${vlan.onePort}`, `a.${second}`]),
        ),
      ]);
      const client = await router.connect();
      const at = (id: number): Vlan => new Vlan(id, wire, client);
      await learns(at(vlan.defaults));
      await doesNotLearn(at(vlan.noLearning));
      await limits(at(vlan.macLimit), 3);
      await limits(at(vlan.memberLimit), 2);
      await doesNotFlood(at(vlan.noFlood));
      await splits(at(vlan.splitHorizon));
      await staysWhereConfigured(at(vlan.staticMac), client);
      // Two services of one port are two members.
      assert.deepEqual(await wire.send([{ at: 'a', tags: `c${vlan.onePort}` }]), [{ a: `c${second}` }]);
      assert.deepEqual(await wire.send([{ at: 'b', tags: `c${vlan.onePort}` }]), [{}]);
      assert.deepEqual(await at(vlan.onePort).drops('b'), { 'no-bridge-domain': 1 });
      await ages(at(vlan.ageing));
      await client.close();
      await wire.close();
      return [{ what: 'bridge domains, one for each leaf, that did what the leaf says', value: vlans.length }];
    } finally {
      await router.stop();
    }
  },
};

export const cases: readonly Case[] = [bridge];
