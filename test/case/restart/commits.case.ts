import assert from 'node:assert/strict';
import { until } from '../../../lab/run.ts';
import type { NetconfClient } from '../../../src/northbound/netconf/client.ts';
import type { Case } from '../../case.ts';
import { editConfig, interfaces, namespace, port } from '../../configuration.ts';
import { Router } from '../../router.ts';
import { configure } from '../../topology.ts';

const commits = 1000;
const kills = 12;

/**
 * Must show (d) of the walking router, second part. Commit n writes n in two places at once: a state in which they
 * differ was never committed, and one below the last acknowledged number lost a commit.
 */
const killedInCommits: Case = {
  id: 'killed-in-commits',
  shows: 'kill -9 of sluiced and engine at random moments in 1,000 commits loses no acknowledged commit',
  async run() {
    const seed = Number(process.env['SLUICE_SEED'] ?? Date.now() % 2 ** 31);
    const random = xorshift(seed);
    const killAt = new Set(Array.from({ length: kills }, () => 1 + Math.floor(random() * (commits - 1))));
    const router = await Router.start();
    try {
      await configure(router, [interfaces(port('a'), port('b'))]);
      let client = await router.connect();
      let acknowledged = 0;
      let unacknowledged = 0;
      for (let n = 1; n <= commits; n++) {
        const death = killAt.has(n) ? killSoon(router, random() * 4) : undefined;
        try {
          await client.rpc(editConfig('running', interfaces(described('a', n), described('b', n))));
          acknowledged = n;
        } catch {
          unacknowledged++;
        }
        if (death === undefined) continue;
        await death;
        client = await reconnect(router);
        const stored = await numbers(client);
        assert.equal(stored[0], stored[1], `seed ${seed}: half a commit`);
        assert.ok((stored[0] ?? 0) >= acknowledged, `seed ${seed}: ${stored[0]} stored, ${acknowledged} acknowledged`);
        assert.ok((stored[0] ?? 0) <= n, `seed ${seed}: ${stored[0]} stored of ${n}`);
      }
      await client.close();
      return [
        { what: 'seed', value: seed },
        { what: 'commits', value: commits },
        { what: 'times that both processes were killed', value: killAt.size },
        { what: 'commits without an answer', value: unacknowledged },
        { what: 'acknowledged commits lost', value: 0 },
      ];
    } finally {
      await router.stop();
    }
  },
};

const described = (name: string, n: number): string =>
  `<interface><name>${name}</name><description>${n}</description></interface>`;

async function killSoon(router: Router, afterMs: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  await Promise.all([router.kill('sluiced'), router.kill('engine')]);
}

async function reconnect(router: Router): Promise<NetconfClient> {
  return until('sluiced answers', 20_000, () => router.connect().catch(() => undefined));
}

async function numbers(client: NetconfClient): Promise<number[]> {
  const reply = await client.rpc(
    `<get-config><source><running/></source><filter><interfaces xmlns="${namespace.interfaces}"><interface><description/></interface></interfaces></filter></get-config>`,
  );
  return [...reply.matchAll(/<description>(\d+)<\/description>/g)].map((match) => Number(match[1]));
}

/** xorshift32: numbers from 0 to 1. */
function xorshift(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

export const cases: readonly Case[] = [killedInCommits];
