/** Two PEs in one process: TLS sessions between them, engines that take a millisecond, a CE that passes every probe. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { PeerSessions } from '../../../platform/peer-session/peer-sessions.ts';
import { makeIdentity } from '../../../platform/peer-session/testing/identity.ts';
import { defaultTimers, type Segment } from '../decision/segment.ts';
import { step } from '../decision/step.ts';
import {
  countVlans,
  difference,
  intersection,
  isEmpty,
  NO_VLANS,
  sameVlans,
  union,
  type VlanSet,
  vlanRange,
  vlanSet,
} from '../decision/vlan-set.ts';
import { MacTable } from '../exchange/mac-table.ts';
import { MacReplica } from '../exchange/replication.ts';
import { ExchangeSession } from '../exchange/session.ts';
import { SegmentAgent } from './segment-agent.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-agents-'));
after(() => rmSync(folder, { recursive: true }));

const ADDRESSES = ['192.0.2.1', '192.0.2.2'] as const;
const ALL = vlanRange(1, 4094);
const ESI = new Uint8Array(10);

const SEGMENT: Segment = {
  esi: ESI,
  address: ADDRESSES[0],
  peers: [ADDRESSES[1]],
  method: 'default-7432',
  preference: 32_767,
  revertive: true,
  acDf: true,
  splitBrain: 'block',
  // What is promised is shown in simulated time (../explorer); a loaded test machine needs more of real time.
  timers: { ...defaultTimers, recoveryMs: 0, peeringMs: 5_000, electionWaitMs: 50, claimMs: 2_000 },
};

/** Watches both engines: two forwarders are found at the moment when they are. */
class Site {
  readonly pes: Pe[] = [];
  overlaps = 0;

  watch(): void {
    const [a, b] = this.pes;
    if (a !== undefined && b !== undefined && !isEmpty(intersection(a.forwarding, b.forwarding))) this.overlaps += 1;
  }
}

class Pe {
  forwarding: VlanSet = NO_VLANS;
  readonly notices: string[] = [];
  readonly agent: SegmentAgent;
  readonly sessions: PeerSessions;
  isDead = false;
  #session: ExchangeSession | undefined;
  #wake = (): void => {};
  #end = (_: string): void => {};

  constructor(site: Site, at: 0 | 1, port: number | undefined, authority: ReturnType<typeof makeIdentity>) {
    const [address, peer] = [ADDRESSES[at], ADDRESSES[1 - at] as string];
    const segment: Segment = { ...SEGMENT, address, peers: [peer] };
    this.agent = new SegmentAgent(
      segment,
      { vlans: ALL },
      {
        send: (_, message) => {
          const isTaken = this.#session?.send(ESI, message) ?? true;
          this.#wake();
          return isTaken;
        },
        order: async ({ type, vlans }) => {
          await sleep(1);
          this.forwarding = type === 'block' ? difference(this.forwarding, vlans) : union(this.forwarding, vlans);
          site.watch();
        },
        probe: (probe) => {
          const other = site.pes[1 - at];
          if (!this.isDead && other !== undefined && !other.isDead) {
            setImmediate(() => other.agent.take({ type: 'probe', from: address, probe }));
          }
        },
        notify: ({ state }) => this.notices.push(state),
        checkCore: async () => true,
        resetSession: () => this.#end('reset'),
        drained: () => this.notices.push('drained'),
      },
    );
    const own = makeIdentity(folder, `pe${at}`, `IP:${address}`, authority);
    this.sessions = new PeerSessions({
      key: own.key,
      certificate: own.certificate,
      authorities: [authority.certificate],
      ...(port === undefined ? { listen: { host: '127.0.0.1', port: 0 } } : {}),
      peers: [{ address: peer, ...(port === undefined ? {} : { dials: { host: '127.0.0.1', port } }) }],
      refused: () => {},
      open: (_, link) => {
        const tables = { remote: new MacTable(), segment: new MacTable() };
        const theirs = { remote: new MacReplica(new MacTable()), segment: new MacReplica(new MacTable()) };
        const session = new ExchangeSession({
          nonce: crypto.getRandomValues(new Uint8Array(16)),
          key: 1,
          segments: [{ esi: ESI, own: tables, theirs }],
          onUp: () => this.agent.take({ type: 'session', peer, up: true }),
          onMessage: (_esi, message) => this.agent.take({ type: 'message', peer, message }),
        });
        this.#session = session;
        this.#wake = link.wake;
        this.#end = link.end;
        this.agent.take({ type: 'liveness', peer, alive: true });
        return {
          take: () => session.take(),
          receive: (octets) => session.receive(octets),
          sayAlive: () => session.sayAlive(),
          close: () => {
            session.close();
            if (this.#session === session) this.#session = undefined;
            if (!this.isDead) this.agent.take({ type: 'session', peer, up: false });
          },
        };
      },
    });
    site.pes[at] = this;
    this.agent.take({ type: 'segment', up: true });
  }

  async kill(): Promise<void> {
    this.isDead = true;
    this.forwarding = NO_VLANS;
    this.agent.close();
    await this.sessions.close();
  }
}

async function until(what: string, is: () => boolean): Promise<void> {
  for (const from = performance.now(); !is(); ) {
    assert.ok(performance.now() - from < 20_000, `in time: ${what}`);
    await sleep(1);
  }
}

test('4,094 VLANs between two PEs over TLS: carved, moved 200 times, taken over', async () => {
  const site = new Site();
  const authority = makeIdentity(folder, 'authority');
  const b = new Pe(site, 1, undefined, authority);
  const port = (await b.sessions.start()) as number;
  const a = new Pe(site, 0, port, authority);
  await a.sessions.start();
  const odd = vlanSet(Array.from({ length: 2047 }, (_, at) => at * 2 + 1));
  await until('carved', () => sameVlans(b.forwarding, odd) && sameVlans(a.forwarding, difference(ALL, odd)));

  const times: number[] = [];
  for (let move = 0; move < 200; move += 1) {
    const to = move % 2 === 0 ? b : a;
    const from = performance.now();
    a.agent.take({ type: 'pins', pins: [{ address: to === a ? ADDRESSES[0] : ADDRESSES[1], vlans: ALL }] });
    while (!sameVlans(to.forwarding, ALL)) await new Promise((resolve) => setImmediate(resolve));
    times.push(performance.now() - from);
  }
  times.sort((x, y) => x - y);
  console.log(
    `200 planned moves of up to 4,094 VLANs over TLS, engines of 1 ms: ${times[100]?.toFixed(1)} ms (median), ` +
      `${times.at(-1)?.toFixed(1)} ms (worst), ${site.overlaps} overlaps`,
  );
  assert.equal(site.overlaps, 0);
  await until('told', () => b.notices.includes('enabled') && b.notices.includes('disabled'));

  await a.kill();
  b.agent.take({ type: 'liveness', peer: ADDRESSES[0], alive: false });
  const from = performance.now();
  await until('taken over', () => sameVlans(b.forwarding, ALL));
  console.log(`4,094 VLANs of a dead PE taken over ${(performance.now() - from).toFixed(1)} ms after detection`);
  assert.equal(site.overlaps, 0);
  b.agent.close();
  await b.sessions.close();
});

test('an event costs what it touches', async () => {
  // A PE that forwards all, alone: what comes with every probe, and one circuit.
  const agent = new SegmentAgent(
    { ...SEGMENT, timers: { ...SEGMENT.timers, peeringMs: 0 } },
    { vlans: ALL },
    {
      send: () => true,
      order: async () => {},
      probe: () => {},
      notify: () => {},
      checkCore: async () => true,
      resetSession: () => {},
      drained: () => {},
    },
  );
  agent.take({ type: 'segment', up: true });
  await until('alone', () => sameVlans(agent.state.open, ALL));
  const { state } = agent;
  agent.close();
  assert.equal(countVlans(state.open), 4094);
  const cost = (what: string, rounds: number, run: (round: number) => void): void => {
    run(0);
    const from = performance.now();
    for (let round = 0; round < rounds; round += 1) run(round);
    console.log(`${what}: ${(((performance.now() - from) / rounds) * 1000).toFixed(0)} µs`);
  };
  const probe = { kind: 'query', vlans: ALL, stamp: 1 } as const;
  cost('a probe of 4,094 VLANs', 2000, () => step(state, { type: 'probe', from: ADDRESSES[1], probe }));
  cost('one circuit of 4,094', 2000, (round) => step(state, { type: 'circuits', down: vlanSet([1 + (round % 4094)]) }));
  cost('all elected anew', 200, () => step(state, { type: 'drain', on: true }));
});
