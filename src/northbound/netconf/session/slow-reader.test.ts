/** Clients that do not read delay nobody, and cost no memory that grows. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BASE, chunk, hello, Raw } from '../testing/raw.ts';
import { edit, IF, type TestServer, testServer } from '../testing/server.ts';

const entries = 20_000;
const stalledReaders = 100;
const edits = 40;

let router: TestServer;
/** One socket takes 64 connections. */
let second: string;

before(async () => {
  router = await testServer({ limits: { stallMs: 120_000 } });
  second = `${router.folder}/second.sock`;
  await router.server.listenUnix(second);
  const client = await router.connect();
  const each = Array.from(
    { length: entries },
    (_, i) =>
      `<interface><name>e${i}</name><type>ianaift:ethernetCsmacd</type><description>${'d'.repeat(80)}</description></interface>`,
  );
  await client.rpc(edit(`<interfaces ${IF}>${each.join('')}</interfaces>`));
  await client.close();
});
after(() => router.close());

const get = chunk(`<rpc xmlns="${BASE}" message-id="1"><get-config><source><running/></source></get-config></rpc>`);
const subscribe = chunk(
  `<rpc xmlns="${BASE}" message-id="1"><create-subscription xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0"/></rpc>`,
);

/** A session that has asked for more than any buffer holds, and reads no more than its beginning. */
async function stalled(request: string, socket = router.socket): Promise<Raw> {
  const raw = new Raw(socket);
  raw.send(hello('1.1'), request);
  await raw.until(/<rpc-reply/);
  raw.socket.pause();
  return raw;
}

/** Milliseconds of each of some edits by another session. */
async function editTimes(): Promise<number[]> {
  const client = await router.connect();
  const times: number[] = [];
  for (let i = 0; i < edits; i++) {
    const started = performance.now();
    await client.rpc(
      edit(
        `<interfaces ${IF}><interface><name>e7</name><description>${i} ${Math.random()}</description></interface></interfaces>`,
      ),
    );
    times.push(performance.now() - started);
  }
  await client.close();
  return times.sort((a, b) => a - b);
}

const median = (times: readonly number[]): number => times[times.length >> 1] ?? Number.NaN;
const worst = (times: readonly number[]): number => times.at(-1) ?? Number.NaN;

const heldMiB = (): number => {
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
};

test(`${stalledReaders} sessions that stop reading a large reply delay no edit, and cost a bounded amount`, async (t) => {
  const alone = await editTimes();
  const before = heldMiB();
  const readers = await Promise.all(
    Array.from({ length: stalledReaders }, (_, i) => stalled(get, i % 2 ? router.socket : second)),
  );
  try {
    const beside = await editTimes();
    const grown = heldMiB() - before;
    t.diagnostic(`an edit: ${median(alone).toFixed(1)} ms alone (worst ${worst(alone).toFixed(1)})`);
    t.diagnostic(
      `beside ${stalledReaders} stalled readers: ${median(beside).toFixed(1)} ms (worst ${worst(beside).toFixed(1)})`,
    );
    t.diagnostic(`memory grew by ${grown.toFixed(0)} MiB in this process, client and server`);
    // A reply is about 5 MB; what waits for a reader is bounded by its buffers.
    assert.ok(grown < stalledReaders * 2, `${grown} MiB`);
    assert.ok(median(beside) < Math.max(10 * median(alone), 200), `${median(beside)} ms, ${median(alone)} ms alone`);
    // Those who read on get all of it, from the snapshot of their request.
    const [first] = readers;
    assert.ok(first);
    first.socket.resume();
    await first.until(/<\/rpc-reply>\n##\n/);
    assert.equal(first.received.match(/<interface>/g)?.length, entries);
  } finally {
    for (const reader of readers) reader.close();
  }
});

test('a subscriber that stops reading delays no edit, and events for it are bounded', async (t) => {
  const raw = await stalled(subscribe);
  const other = await router.connect();
  await other.rpc('<create-subscription xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0"/>');
  const received = (async () => {
    let count = 0;
    for await (const { xml } of other.notifications())
      if (xml.includes('netconf-config-change') && ++count === edits) return;
  })();
  const before = heldMiB();
  const times = await editTimes();
  await received; // the subscriber that reads has all of them
  const grown = heldMiB() - before;
  t.diagnostic(
    `an edit beside a stalled subscriber: ${median(times).toFixed(1)} ms; memory grew by ${grown.toFixed(0)} MiB`,
  );
  assert.ok(grown < 100, `${grown} MiB`);
  assert.equal(raw.ended, false);
  raw.close();
  await other.close();
  assert.deepEqual(router.logged, []);
});
