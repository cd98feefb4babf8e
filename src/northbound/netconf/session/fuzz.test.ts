import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { BASE, chunk, hello, Raw } from '../testing/raw.ts';
import { edit, ethernets, IF, type TestServer, testServer } from '../testing/server.ts';

/** A small generator with a seed (mulberry32). */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const seeds = [
  hello('1.0', '1.1'),
  `<rpc xmlns="${BASE}" message-id="1">${edit(ethernets('a', 'b'), 'candidate')}</rpc>`,
  `<rpc xmlns="${BASE}" message-id="1"><get><filter type="xpath" select="/interfaces/interface[name='a' or count(//*) &gt; 3]"/></get></rpc>`,
  `<rpc xmlns="${BASE}" message-id="1"><get-config><source><running/></source><filter><interfaces ${IF}><interface><name>a</name><type/></interface></interfaces></filter></get-config></rpc>`,
  `<rpc xmlns="${BASE}" message-id="1"><action xmlns="urn:ietf:params:xml:ns:yang:1"><interfaces ${IF}><interface><name>a</name></interface></interfaces></action></rpc>`,
  `<rpc xmlns="${BASE}" message-id="1"><create-subscription xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0"><filter><x/></filter></create-subscription></rpc>`,
];
const bits = [
  '<',
  '>',
  '/',
  '"',
  "'",
  '&',
  '&lt;',
  ']]>]]>',
  '\n#1\n',
  '\n##\n',
  '[',
  ']',
  '(',
  '::',
  '//',
  '\0',
  '\uffff',
  'é',
  '<a>',
  '</a>',
  ' xmlns=""',
  '<!--',
  '<![CDATA[',
  '<?x?>',
  '999999999999',
  '-1',
];

/** The text with a few pieces cut, doubled or put in. */
function mutate(text: string, below: (limit: number) => number): string {
  let mutated = text;
  for (let times = 1 + below(4); times > 0; times--) {
    const at = below(mutated.length + 1);
    const length = below(20);
    const bit = bits[below(bits.length)] ?? '';
    const choice = below(3);
    if (choice === 0) mutated = mutated.slice(0, at) + mutated.slice(at + length);
    else if (choice === 1) mutated = mutated.slice(0, at) + bit + mutated.slice(at);
    else mutated = mutated.slice(0, at) + mutated.slice(at, at + length).repeat(2) + mutated.slice(at + length);
  }
  return mutated;
}

let router: TestServer;
before(async () => {
  router = await testServer({ limits: { helloMs: 300, messageBytes: 100_000 } });
});
after(() => router.close());

describe('Session', () => {
  it('survives mutated hellos, framing and rpcs without a bug, a hang or a lost server', async () => {
    const seed = Number(process.env['SLUICE_SEED'] ?? Date.now() % 1e9);
    const cases = Number(process.env['SLUICE_FUZZ_CASES'] ?? 1500);
    console.log(`seed ${seed}, ${cases} cases (SLUICE_SEED and SLUICE_FUZZ_CASES)`);
    const below = random(seed);
    for (let done = 0; done < cases; done += 50) {
      await Promise.all(
        Array.from({ length: 50 }, async () => {
          const kind = below(seeds.length);
          const message = mutate(seeds[kind] ?? '', below);
          const framed = below(8) === 0 ? mutate(chunk(message), below) : chunk(message);
          const raw = new Raw(router.socket);
          if (kind === 0) raw.send(message);
          else raw.send(hello('1.1'), framed, chunk(`<rpc xmlns="${BASE}" message-id="last"><close-session/></rpc>`));
          raw.socket.end();
          await raw.end();
        }),
      );
      assert.deepEqual(router.logged, []);
    }
    const client = await router.connect();
    assert.match(await client.rpc('<get/>'), /<yang-library/);
    const open = /<sessions>(.*)<\/sessions>/.exec(
      await client.rpc(
        '<get><filter><netconf-state xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"><sessions/></netconf-state></filter></get>',
      ),
    );
    assert.equal([...(open?.[1]?.matchAll(/<session>/g) ?? [])].length, 1, 'all other sessions are over');
    await client.close();
  });
});
