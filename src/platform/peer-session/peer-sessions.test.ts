import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import type { Message } from '../../features/ethernet-segments/decision/message.ts';
import { vlanRange } from '../../features/ethernet-segments/decision/vlan-set.ts';
import { MacTable } from '../../features/ethernet-segments/exchange/mac-table.ts';
import { MacReplica } from '../../features/ethernet-segments/exchange/replication.ts';
import { ExchangeSession } from '../../features/ethernet-segments/exchange/session.ts';
import { PeerSessions, type PeerSessionsOptions } from './peer-sessions.ts';
import { type Identity, makeIdentity } from './testing/identity.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-peers-'));
after(() => rmSync(folder, { recursive: true }));

const [ONE, TWO] = ['192.0.2.1', '192.0.2.2'];
const ESI = new Uint8Array(10);

const authority = identity('authority');
const stranger = identity('stranger');
const one = identity('one', `IP:${ONE}`, authority);
const two = identity('two', `IP:${TWO}`, authority);

function identity(name: string, names?: string, issuer?: Identity): Identity {
  return makeIdentity(folder, name, names, issuer);
}

/** A PE with its tables, and what it heard. */
class Pe {
  readonly own = { remote: new MacTable(), segment: new MacTable() };
  readonly theirs = { remote: new MacReplica(new MacTable()), segment: new MacReplica(new MacTable()) };
  readonly heard: { readonly message: Message; readonly at: number }[] = [];
  readonly refused: string[] = [];
  readonly ended: string[] = [];
  session: ExchangeSession | undefined;
  wake = (): void => {};
  end = (_: string): void => {};
  readonly sessions: PeerSessions;
  #sessions = 0;

  constructor(options: Pick<PeerSessionsOptions, 'peers'> & Partial<PeerSessionsOptions>, own: Identity) {
    this.sessions = new PeerSessions({
      key: own.key,
      certificate: own.certificate,
      authorities: [authority.certificate],
      open: (_, link) => {
        this.#sessions += 1;
        const session = new ExchangeSession({
          nonce: crypto.getRandomValues(new Uint8Array(16)),
          key: this.#sessions,
          segments: [{ esi: ESI, own: this.own, theirs: this.theirs }],
          onUp: () => {},
          onMessage: (_esi, message) => this.heard.push({ message, at: performance.now() }),
        });
        this.session = session;
        this.wake = link.wake;
        this.end = link.end;
        return {
          take: () => session.take(),
          receive: (octets) => session.receive(octets),
          sayAlive: () => session.sayAlive(),
          close: (reason) => {
            session.close();
            this.session = undefined;
            this.ended.push(reason);
          },
        };
      },
      refused: (reason) => this.refused.push(reason),
      times: { redialMs: 50 },
      ...options,
    });
  }
}

async function until(what: string, is: () => boolean): Promise<void> {
  for (let waited = 0; !is(); waited += 5) {
    assert.ok(waited < 20_000, `in time: ${what}`);
    await sleep(5);
  }
}

async function pair(): Promise<{ readonly a: Pe; readonly b: Pe; readonly close: () => Promise<void> }> {
  const b = new Pe({ peers: [{ address: ONE }], listen: { host: '127.0.0.1', port: 0 } }, two);
  const port = (await b.sessions.start()) as number;
  const a = new Pe({ peers: [{ address: TWO, dials: { host: '127.0.0.1', port } }] }, one);
  await a.sessions.start();
  await until('both up', () => a.session?.isUp === true && b.session?.isUp === true);
  const close = async (): Promise<void> => {
    await a.sessions.close();
    await b.sessions.close();
  };
  return { a, b, close };
}

test('100,000 addresses cross TLS 1.3 while decisions go first; a cut session is taken up again', async () => {
  const { a, b, close } = await pair();
  const macs = 100_000;
  for (let mac = 0; mac < macs; mac += 1) a.own.segment.add(1 + (mac % 4094), mac);
  const from = performance.now();
  a.wake();
  const message = { type: 'relinquish', vlans: vlanRange(1, 4094) } as const;
  const sentAt: number[] = [];
  while (b.theirs.segment.table.size < macs) {
    assert.ok(a.session?.send(ESI, message));
    sentAt.push(performance.now());
    a.wake();
    await sleep(2);
    assert.ok(performance.now() - from < 20_000);
  }
  const allMs = performance.now() - from;
  await until('all heard', () => b.heard.length === sentAt.length);
  const waits = b.heard.map(({ at }, index) => at - (sentAt[index] as number)).sort((x, y) => x - y);
  console.log(
    `${macs} addresses over TLS 1.3 in ${allMs.toFixed(0)} ms; meanwhile ${waits.length} decisions arrived after ` +
      `${(waits[Math.floor(waits.length / 2)] as number).toFixed(1)} ms (median), ${(waits.at(-1) as number).toFixed(1)} ms (worst)`,
  );

  for (let mac = 0; mac < 1000; mac += 1) a.own.segment.remove(1 + (mac % 4094), mac);
  a.end('cut by the test');
  await until('again', () => b.theirs.segment.table.size === macs - 1000);
  assert.deepEqual(a.ended, ['cut by the test']);
  await close();
});

test('who is no peer is refused', async () => {
  const b = new Pe({ peers: [{ address: ONE }], listen: { host: '127.0.0.1', port: 0 } }, two);
  const port = (await b.sessions.start()) as number;
  const peers = [{ address: TWO, dials: { host: '127.0.0.1', port } }];
  /** Both ends' words for it. */
  const refusal = async (pe: Pe): Promise<void> => {
    await pe.sessions.start();
    await until('refused', () => b.refused.length > 0);
    assert.equal(b.session, undefined);
    await pe.sessions.close();
  };

  await refusal(new Pe({ peers }, identity('foreign', `IP:${ONE}`, stranger)));
  assert.match(b.refused.join(), /CN=foreign: /);
  b.refused.length = 0;
  await refusal(new Pe({ peers }, identity('third', 'IP:192.0.2.3', authority)));
  assert.match(b.refused.join(), /names no peer/);
  b.refused.length = 0;

  // Without a certificate, and with TLS 1.2.
  for (const [options, pattern] of [
    [{}, /no certificate/],
    [{ key: one.key, cert: one.certificate, maxVersion: 'TLSv1.2' }, /VERSION|PROTOCOL/i],
  ] as const) {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
    socket.on('error', () => {});
    await until('refused', () => b.refused.length > 0);
    assert.match(b.refused.join(), pattern);
    socket.destroy();
    b.refused.length = 0;
  }
  assert.equal(b.session, undefined);

  // And who answers in place of the peer.
  const a = new Pe({ peers: [{ address: '192.0.2.9', dials: { host: '127.0.0.1', port } }] }, one);
  await a.sessions.start();
  await until('refused', () => a.refused.length > 0);
  assert.match(a.refused.join(), /names no peer/);
  await a.sessions.close();
  await b.sessions.close();
});

test('a peer that begins anew replaces its old connection', async () => {
  const { a, b, close } = await pair();
  const before = b.session;
  // A second process of the same PE, such as after a restart that the network did not show.
  const address = b.sessions.port as number;
  const again = new Pe({ peers: [{ address: TWO, dials: { host: '127.0.0.1', port: address } }] }, one);
  await again.sessions.start();
  await until('replaced', () => b.ended.includes('replaced') && b.session !== undefined && b.session !== before);
  await again.sessions.close();
  await until('ended', () => a.ended.length > 0);
  await close();
});

test('a peer that is silent is given up', async () => {
  const b = new Pe(
    { peers: [{ address: ONE }], listen: { host: '127.0.0.1', port: 0 }, times: { silentMs: 200 } },
    two,
  );
  const port = (await b.sessions.start()) as number;
  const socket = connect({
    host: '127.0.0.1',
    port,
    key: one.key,
    cert: one.certificate,
    ca: authority.certificate,
    checkServerIdentity: () => undefined,
  });
  socket.on('error', () => {});
  socket.resume();
  await until('given up', () => b.ended.includes('silent'));
  socket.destroy();
  await b.sessions.close();
});
