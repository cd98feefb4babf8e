/**
 * Listeners and calls home as the configuration has them, over real sockets with real clients.
 * (Above 500 lines, because all cases share one router and its keys.)
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, mock } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ssh2 from 'ssh2';
import { connectSsh, type NetconfClient } from '../client.ts';
import { cmsOf, makeCertificate } from '../testing/certificates.ts';
import { edit, type TestServer, testServer, user } from '../testing/server.ts';
import {
  bag,
  bound,
  called,
  callHome,
  client,
  endpoint,
  listen,
  mapping,
  netconfServer,
  ssh,
  storedKey,
  tls,
} from '../testing/transports.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-transports-'));
const run = promisify(execFile);
const script = (name: string): string => fileURLToPath(new URL(`../testing/${name}`, import.meta.url));
const key = makeCertificate(folder, 'key', { commonName: 'k' });
const otherKey = makeCertificate(folder, 'other', { commonName: 'o' });
const GET = '<get-config><source><running/></source></get-config>';
const PERSISTENT = '<persistent/>';

let router: TestServer;
let recovery: NetconfClient;

function portOf(name: string, address = '127.0.0.1'): number {
  return [...router.transports.listeners()].find((each) => each.name === name)?.ports.get(address) ?? 0;
}
function callOf(name: string) {
  return [...router.transports.calls()].find((each) => each.name === name);
}
const login = (port: number) => connectSsh({ host: '127.0.0.1', port, username: 'admin', password: 'secret' });

/** A port that nobody listens at, for the next moments. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function until(what: string, condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 20_000; !condition(); ) {
    if (Date.now() > deadline) throw new Error(`${what} did not come`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The fingerprint-to-be of the SSH host key that a port shows. */
function hostKeyAt(port: number, algorithms: ssh2.Algorithms = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const probe = new ssh2.Client();
    probe.on('error', reject);
    probe.connect({
      host: '127.0.0.1',
      port,
      username: 'x',
      algorithms,
      hostVerifier: (blob: Buffer) => {
        resolve(blob.toString('base64'));
        return false;
      },
    });
    probe.on('error', () => undefined);
  });
}

before(async () => {
  router = await testServer();
  recovery = await router.connect();
  await recovery.rpc(edit(user('admin', 'secret')));
  await recovery.rpc(
    edit(`<nacm xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm"><enable-nacm>false</enable-nacm></nacm>`),
  );
});
after(async () => {
  await recovery.close();
  await router.close();
  rmSync(folder, { recursive: true });
});

describe('Transports, listening', () => {
  it('listens, moves and stops with the commit, and no session bounces', { timeout: 60_000 }, async () => {
    await recovery.rpc(edit(listen(endpoint('a', ssh(bound(), key)), endpoint('b', ssh(bound(), otherKey)))));
    const [a, b] = [portOf('a'), portOf('b')];
    assert.ok(a > 0 && b > 0 && a !== b);
    const first = await login(a);
    // A commit in which nothing of it differs, one about the other, one that moves it.
    await first.rpc(edit(listen(endpoint('a', ssh(bound(), key)))));
    assert.equal(portOf('a'), a);
    await first.rpc(edit(listen(endpoint('b', '', 'delete'))));
    await assert.rejects(login(b), /ECONNREFUSED/);
    const moved = await freePort();
    await first.rpc(edit(listen(endpoint('a', ssh(bound(moved), key)))));
    assert.equal(portOf('a'), moved);
    await assert.rejects(login(a), /ECONNREFUSED/);
    assert.match(await first.rpc(GET), new RegExp(`<local-port>${moved}<`));
    const second = await login(moved);
    // Another name for the same place takes the socket over: whoever connects meanwhile finds it.
    await first.rpc(edit(listen(endpoint('a', '', 'delete'), endpoint('c', ssh(bound(moved), key)))));
    const third = await login(moved);
    for (const session of [first, second, third]) {
      await session.rpc(GET);
      await session.close();
    }
  });

  it('keeps the last way in until there is another', { timeout: 60_000 }, async () => {
    await recovery.rpc(edit(listen(endpoint('c', ssh(bound(), key), 'replace'))));
    const c = portOf('c');
    await recovery.rpc(edit(netconfServer('<listen nc:operation="delete"/>')));
    assert.ok(!(await recovery.rpc(GET)).includes('<netconf-server'));
    await (await login(c)).close();
    await recovery.rpc(edit(listen(endpoint('d', ssh(bound(), key)))));
    await assert.rejects(login(c), /ECONNREFUSED/);
    await (await login(portOf('d'))).close();
    // The same place under another name, and the same name once more.
    await recovery.rpc(edit(netconfServer('<listen nc:operation="delete"/>')));
    await recovery.rpc(edit(listen(endpoint('d', ssh(bound(c), key)))));
    await recovery.rpc(edit(netconfServer('<listen nc:operation="delete"/>')));
    await recovery.rpc(edit(listen(endpoint('e', ssh(bound(c), key)))));
    await (await login(c)).close();
    assert.deepEqual(
      [...router.transports.listeners()].map(({ name }) => name),
      ['e'],
    );
  });

  it('goes from one address to all of them and back, at one port', { timeout: 60_000 }, async () => {
    const port = await freePort();
    const at = (address: string): string =>
      `<tcp-server-parameters><local-bind><local-address>${address}</local-address><local-port>${port}</local-port></local-bind></tcp-server-parameters>`;
    await recovery.rpc(edit(listen(endpoint('a', ssh(at('127.0.0.1'), key), 'replace'))));
    await recovery.rpc(edit(listen(endpoint('a', ssh(at('0.0.0.0'), key), 'replace'))));
    assert.equal(portOf('a', '0.0.0.0'), port);
    await (await login(port)).close();
    await recovery.rpc(edit(listen(endpoint('a', ssh(at('127.0.0.1'), key), 'replace'))));
    await (await login(port)).close();
    await recovery.rpc(edit(netconfServer('<listen nc:operation="delete"/>')));
  });

  it('refuses a commit whose address cannot be had, and nothing changes', { timeout: 60_000 }, async () => {
    await recovery.rpc(edit(listen(endpoint('a', ssh(bound(), key)))));
    const a = portOf('a');
    const holder: Server = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as { port: number };
    const taken = await recovery.send(edit(listen(endpoint('a', ssh(bound(port), key)))));
    assert.match(taken, /<error-tag>in-use</);
    assert.match(
      taken,
      /endpoint\[ncs:name='a'\]\/ncs:ssh\/ncs:tcp-server-parameters\/ncs:local-bind\[ncs:local-address='127.0.0.1'\]\/ncs:local-port</,
    );
    const nowhere = bound().replace('127.0.0.1', '192.0.2.1');
    const absent = await recovery.send(edit(listen(endpoint('n', ssh(nowhere, key)))));
    assert.match(absent, /<error-tag>invalid-value<[\s\S]*no address 192.0.2.1/);
    const twice = listen(endpoint('x', ssh(bound(7), key)), endpoint('y', ssh(bound(7), key)));
    assert.match(await recovery.send(edit(twice)), /invalid-value[\s\S]*The endpoint x listens there/);
    assert.equal(portOf('a'), a);
    await (await login(a)).close();
    assert.ok(!(await recovery.rpc(GET)).includes(`<local-port>${port}<`));
    holder.close();
    await recovery.rpc(edit(netconfServer('<listen nc:operation="delete"/>')));
  });

  it('shows the host keys and offers the algorithms that are configured', { timeout: 60_000 }, async () => {
    await recovery.rpc(edit(listen(endpoint('a', ssh(bound(), key)))));
    const a = portOf('a');
    const before = await hostKeyAt(a);
    const session = await login(a);
    await session.rpc(edit(listen(endpoint('a', ssh(bound(), otherKey), 'replace'))));
    assert.notEqual(await hostKeyAt(portOf('a')), before);
    await session.rpc(GET);
    await session.close();
    const params =
      '<transport-params><key-exchange><key-exchange-alg>ecdh-sha2-nistp384</key-exchange-alg></key-exchange><encryption><encryption-alg>aes256-ctr</encryption-alg></encryption><mac><mac-alg>hmac-sha2-512</mac-alg></mac><host-key><host-key-alg>ecdsa-sha2-nistp256</host-key-alg></host-key></transport-params>';
    await recovery.rpc(edit(listen(endpoint('a', ssh(bound(), key, params), 'replace'))));
    await hostKeyAt(portOf('a'));
    for (const algorithms of [
      { kex: ['curve25519-sha256'] },
      { cipher: ['aes128-ctr'] },
      { hmac: ['hmac-sha2-256'] },
      { serverHostKey: ['ssh-ed25519'] },
    ] as const) {
      await assert.rejects(hostKeyAt(portOf('a'), algorithms as unknown as ssh2.Algorithms), /no matching/i);
    }
    const format =
      '<public-key-format xmlns:ct="urn:ietf:params:xml:ns:yang:ietf-crypto-types">ct:ssh-public-key-format</public-key-format>';
    const shown = await hostKeyAt(portOf('a'));
    const inline = (publicKey: string): string =>
      ssh(bound(), key).replace(
        '<inline-definition>',
        `<inline-definition>${format}<public-key>${publicKey}</public-key>`,
      );
    await recovery.rpc(edit(listen(endpoint('p', inline(shown)))));
    const wrong = await recovery.send(edit(listen(endpoint('p', inline(before), 'replace'))));
    assert.ok(before === shown || /does not belong to the private key/.test(wrong), wrong);
    const hidden = `<ssh>${bound()}<ssh-server-parameters><server-identity><host-key><name>k</name><public-key><inline-definition>${format}<public-key>${shown}</public-key><hidden-private-key/></inline-definition></public-key></host-key></server-identity></ssh-server-parameters></ssh>`;
    assert.match(await recovery.send(edit(listen(endpoint('h', hidden)))), /holds no private key/);
    const weak = params.replace('hmac-sha2-512', 'hmac-sha1');
    assert.match(
      await recovery.send(edit(listen(endpoint('w', ssh(bound(), key, weak))))),
      /hmac-sha1 is not supported/,
    );
    const none = params.replace('ecdsa-sha2-nistp256', 'ssh-ed25519');
    assert.match(await recovery.send(edit(listen(endpoint('w', ssh(bound(), key, none))))), /None of the host-key-alg/);
    await recovery.rpc(edit(netconfServer('<listen nc:operation="delete"/>')));
  });

  it('ends idle sessions after the configured time, changed while they are there', { timeout: 60_000 }, async () => {
    const idle = (seconds: number): string =>
      netconfServer(
        `<listen><idle-timeout>${seconds}</idle-timeout><endpoints>${endpoint('a', ssh(bound(), key))}</endpoints></listen>`,
      );
    await recovery.rpc(edit(idle(1)));
    const session = await login(portOf('a'));
    const started = Date.now();
    await session.closed;
    const tookMs = Date.now() - started;
    assert.ok(tookMs >= 900 && tookMs < 10_000, `${tookMs} ms`);
    await recovery.rpc(edit(idle(0)));
    const lasting = await login(portOf('a'));
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await lasting.rpc(GET);
    await lasting.close();
    await recovery.rpc(edit(netconfServer('<listen nc:operation="delete"/>')));
  });

  it('drops a client that gives no sign of life, by SSH', { timeout: 60_000 }, async () => {
    const quick = '<keepalives><max-wait>1</max-wait><max-attempts>1</max-attempts></keepalives>';
    await recovery.rpc(edit(listen(endpoint('a', ssh(bound(0, KEEPALIVES), key, quick)))));
    const session = await login(portOf('a'));
    // Nothing is read any more: as a client that hangs.
    const dead = new ssh2.Client();
    const socket = connect(portOf('a'), '127.0.0.1');
    await new Promise<void>((resolve) => {
      dead.on('ready', () => resolve());
      dead.on('error', () => undefined);
      dead.connect({ sock: socket, username: 'admin', password: 'secret' });
    });
    socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const closed = once(socket, 'close');
    socket.resume();
    await closed;
    await session.rpc(GET);
    await session.close();
    await recovery.rpc(edit(netconfServer('<listen nc:operation="delete"/>')));
  });

  it('comes back after a restart; what cannot be had is tried again', { timeout: 60_000 }, async () => {
    const port = await freePort();
    await recovery.rpc(edit(listen(endpoint('a', ssh(bound(port), key)))));
    await recovery.close();
    await router.restart();
    await (await login(port)).close();
    // The port is taken while the router is away.
    const holder = createServer();
    await router.transports.close();
    holder.listen(port, '127.0.0.1');
    await once(holder, 'listening');
    await router.restart();
    recovery = await router.connect();
    const state = () => [...router.transports.listeners()][0];
    assert.equal(state()?.isUp, false);
    assert.match(state()?.error ?? '', /Something listens at 127.0.0.1/);
    const shown = await recovery.rpc(
      '<get><filter type="subtree"><netconf-server-state xmlns="urn:sluice:yang:sluice-netconf-server"/></filter></get>',
    );
    assert.match(shown, /<name>a<\/name><oper-status>down<\/oper-status><last-error>/);
    holder.close();
    await until('the listener', () => state()?.isUp === true);
    await (await login(port)).close();
    await recovery.rpc(edit(netconfServer('<listen nc:operation="delete"/>')));
  });
});

const KEEPALIVES =
  '<keepalives><idle-time>5</idle-time><max-probes>2</max-probes><probe-interval>3</probe-interval></keepalives>';

describe('Transports, calling home', () => {
  const stop = () => recovery.rpc(edit(netconfServer('<call-home nc:operation="remove"/>')));

  it('serves ncclient over SSH, again after it is gone', { timeout: 60_000 }, async () => {
    const port = await freePort();
    await recovery.rpc(
      edit(callHome(client('nms', PERSISTENT, '', endpoint('e', ssh(called(port, KEEPALIVES), key))))),
    );
    const { stdout } = await run('/usr/bin/python3', [script('call_home.py'), String(port), 'admin', 'secret', '2']);
    const [first, firstId, second, secondId] = JSON.parse(stdout);
    assert.deepEqual([first, second], [1, 1]);
    assert.notEqual(firstId, secondId);
    assert.ok((callOf('nms')?.connections ?? 0) >= 2);
    await stop();
    assert.deepEqual([...router.transports.calls()], []);
  });

  it('serves Python over TLS', { timeout: 60_000 }, async () => {
    const root = makeCertificate(folder, 'root', { commonName: 'Root', isAuthority: true });
    const own = makeCertificate(folder, 'own', { commonName: 'r', names: 'DNS:router.example', issuer: root });
    const nms = makeCertificate(folder, 'nms', { commonName: 'nms', issuer: root });
    await recovery.rpc(edit(storedKey('own', own, { c: cmsOf(folder, own) }) + bag('roots', cmsOf(folder, root))));
    const child = execFile('/usr/bin/python3', [
      script('tls_client.py'),
      ...['accept', '0', root.certificateFile, nms.certificateFile, nms.keyFile, '1.3'],
    ]);
    let out = '';
    child.stdout?.on('data', (piece: string) => {
      out += piece;
    });
    await until('its port', () => out.includes('\n'));
    const options = {
      key: 'own',
      certificate: 'c',
      clients: '<ca-certs><central-truststore-reference>roots</central-truststore-reference></ca-certs>',
      mappings: mapping(1, 'common-name'),
    };
    const transport = tls(called(Number.parseInt(out, 10)), options);
    await recovery.rpc(edit(callHome(client('nms', PERSISTENT, '', endpoint('e', transport)))));
    await once(child, 'close');
    const seen = JSON.parse(out.split('\n')[1] ?? '');
    assert.equal(seen.version, 'TLSv1.3');
    assert.match(seen.messages[1], /message-id="1"><data/);
    await stop();
  });

  it('tries the endpoints in their order, each as often as configured, and ends with what is taken away', {
    timeout: 60_000,
  }, async () => {
    const [closed, silent] = [await freePort(), createServer()];
    const sockets: Socket[] = [];
    silent.on('connection', (socket) => {
      sockets.push(socket);
      socket.resume();
      socket.on('error', () => undefined);
    });
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as { port: number };
    const strategy = '<max-attempts>2</max-attempts><max-wait>1</max-wait>';
    const endpoints = [endpoint('first', ssh(called(closed), key)), endpoint('second', ssh(called(port), key))];
    await recovery.rpc(edit(callHome(client('nms', PERSISTENT, strategy, ...endpoints))));
    await until('the second endpoint', () => sockets.length === 1);
    // Two attempts at the first, which nobody answers, then one at the second.
    assert.equal(callOf('nms')?.attempts, 3);
    assert.match(callOf('nms')?.lastError ?? '', /first: connect ECONNREFUSED/);
    sockets[0]?.destroy();
    await until('its second try', () => sockets.length === 2);
    sockets[1]?.destroy();
    await until('the first endpoint', () => (callOf('nms')?.attempts ?? 0) >= 5);
    assert.match(router.logged.join('\n'), /second: the client did not log in/);
    await stop();
    const count = sockets.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.ok(sockets.length <= count + 1);
    silent.close();
    for (const socket of sockets) socket.destroy();
  });

  it('calls once a period, and again at once when the connection is lost', { timeout: 60_000 }, async () => {
    const nms = await caller();
    const periodic = '<periodic><period>1</period></periodic>';
    await recovery.rpc(edit(callHome(client('nms', periodic, '', endpoint('e', ssh(called(nms.port), key))))));
    const lost = await nms.session();
    await lost.rpc(GET);
    nms.cut();
    const session = await nms.session();
    await session.rpc(GET);
    await session.close();
    await until('the wait', () => callOf('nms')?.status === 'waiting');
    const wait = (callOf('nms')?.nextAttempt?.getTime() ?? 0) - Date.now();
    assert.ok(wait > 0 && wait <= 60_000, `${wait} ms`);
    assert.equal(callOf('nms')?.connections, 2);
    await stop();
    nms.close();
  });

  it('calls from the address and port that are configured', { timeout: 60_000 }, async () => {
    const nms = await caller();
    const local = await freePort();
    const from = `<local-address>127.0.0.2</local-address><local-port>${local}</local-port>`;
    await recovery.rpc(edit(callHome(client('nms', PERSISTENT, '', endpoint('e', ssh(called(nms.port, from), key))))));
    const session = await nms.session();
    assert.equal(nms.from(), `127.0.0.2 ${local}`);
    await stop();
    // What is taken away calls no more; the session stays.
    await session.rpc(GET);
    await session.close();
    nms.close();
  });

  it('begins with the endpoint that is to be first', { timeout: 60_000 }, async () => {
    const [one, two] = [await caller(), await caller()];
    const closed = await freePort();
    const at = (name: string, port: number): string => endpoint(name, ssh(called(port), key));
    const strategy = (start: string): string => `<start-with>${start}</start-with><max-attempts>1</max-attempts>`;
    const clients = (start: string, first: number): string =>
      callHome(client('nms', PERSISTENT, strategy(start), at('one', first), at('two', two.port)));
    await recovery.rpc(edit(clients('last-connected', closed)));
    const before = await two.session();
    assert.equal(callOf('nms')?.endpoint, 'two');
    await recovery.rpc(edit(clients('last-connected', one.port)));
    await before.rpc(GET);
    two.cut();
    const after = await two.session();
    assert.equal(callOf('nms')?.endpoint, 'two');
    const random = mock.method(Math, 'random', () => 0);
    await recovery.rpc(edit(clients('random-selection', one.port)));
    two.cut();
    const third = await one.session();
    assert.equal(callOf('nms')?.endpoint, 'one');
    random.mock.restore();
    await recovery.rpc(edit(clients('first-listed', one.port)));
    one.cut();
    const fourth = await one.session();
    assert.equal(callOf('nms')?.endpoint, 'one');
    await stop();
    await Promise.allSettled([after, third, fourth].map((session) => session.close()));
    one.close();
    two.close();
  });

  it('gives an attempt its time, and no more', { timeout: 60_000 }, async () => {
    // A listener whose queue is full: who connects hears nothing.
    const full = spawn('/usr/bin/python3', [
      '-c',
      'import socket,sys;s=socket.socket();s.bind(("127.0.0.1",0));s.listen(0);print(s.getsockname()[1],flush=True);sys.stdin.read()',
    ]);
    const [line] = await once(full.stdout, 'data');
    const port = Number(String(line));
    const fillers = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
    for (const filler of fillers) filler.on('error', () => undefined);
    await once(fillers[0] as Socket, 'connect');
    await recovery.rpc(
      edit(callHome(client('nms', PERSISTENT, '<max-wait>1</max-wait>', endpoint('e', ssh(called(port), key))))),
    );
    await until('the end of the attempt', () => callOf('nms')?.lastError !== undefined);
    assert.match(callOf('nms')?.lastError ?? '', /no connection within 1 s/);
    await stop();
    for (const filler of fillers) filler.destroy();
    full.stdin.end();
  });

  it('counts periods from the anchor, and ends idle sessions of a period', { timeout: 60_000 }, async () => {
    const nms = await caller();
    const call = (content: string): string =>
      callHome(client('nms', `<periodic>${content}</periodic>`, '', endpoint('e', ssh(called(nms.port), key))));
    await recovery.rpc(edit(call('<period>60</period><anchor-time>2026-01-01T00:17:00Z</anchor-time>')));
    await until('the wait', () => callOf('nms')?.status === 'waiting');
    assert.equal(callOf('nms')?.nextAttempt?.toISOString().slice(14), '17:00.000Z');
    await stop();
    assert.equal(nms.from(), 'undefined undefined', 'a call that is taken back is not made');
    await recovery.rpc(edit(call('<idle-timeout>1</idle-timeout>')));
    const idle = await nms.session();
    assert.equal(callOf('nms')?.status, 'connected');
    await idle.closed;
    const next = await nms.session();
    await next.close();
    await stop();
    nms.close();
  });
});

/** A client that waits for calls, and is one of SSH when one comes. */
async function caller() {
  const waiting: ((socket: Socket) => void)[] = [];
  const arrived: Socket[] = [];
  let last: Socket | undefined;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    last = socket;
    const next = waiting.shift();
    if (next === undefined) arrived.push(socket);
    else next(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    port,
    async session(): Promise<NetconfClient> {
      const sock = arrived.shift() ?? (await new Promise<Socket>((resolve) => waiting.push(resolve)));
      return await connectSsh({ host: '', port: 0, sock, username: 'admin', password: 'secret' });
    },
    cut: () => last?.destroy(),
    from: () => `${last?.remoteAddress} ${last?.remotePort}`,
    close: () => server.close(),
  };
}
