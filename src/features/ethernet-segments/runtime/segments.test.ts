/**
 * Two PEs in one process, each with its runtime and its engine client, an engine that speaks the contract and forwards
 * nothing, TLS between them, and a CE that passes every probe. What they forward is compared after each order.
 */
import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '../../../datastore/lmdb/environment.ts';
import { openKept } from '../../../datastore/testing/kept.ts';
import type { MemoryView } from '../../../datastore/view/memory.ts';
import { EngineClient } from '../../../engine/client.ts';
import { BfdState, CfmEventKind, LinkState, AnnounceMacs_To as To } from '../../../engine/gen/sluice_pb.js';
import { ReferenceEngine } from '../../../engine/testing/reference-engine.ts';
import { BgpSpeaker } from '../../../platform/bgp/speaker.ts';
import { PeerSessions } from '../../../platform/peer-session/peer-sessions.ts';
import { type Identity, makeIdentity } from '../../../platform/peer-session/testing/identity.ts';
import { addressBytes } from '../../address.ts';
import { objectName } from '../../object-name.ts';
import { type Rows, rowsWith, viewOf } from '../../testing/schema.ts';
import type { Notice } from '../agent/segment-agent.ts';
import { isEmpty, NO_VLANS, vlanRange, vlansText } from '../decision/vlan-set.ts';
import { ETHERNET_SEGMENTS, peerSession, SEGMENT } from '../model.ts';
import { indexes, modelParts, replayOf } from '../testing/parts.ts';
import { blocked, pinned, type SegmentCommands } from './commands.ts';
import { drainAll } from './drain.ts';
import { EthernetSegments } from './segments.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-segments-'));
const open: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of open) await close();
  rmSync(folder, { recursive: true });
});

const authority = makeIdentity(folder, 'authority');
const ADDRESSES = ['192.0.2.1', '192.0.2.2'] as const;
const identities = ADDRESSES.map((address, at) => makeIdentity(folder, `pe${at}`, `IP:${address}`, authority));
const VLANS = [10, 11, 12, 13];

/** A TCP port that is free now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function base64(pem: string): string {
  return new X509Certificate(pem).raw.toString('base64');
}

function rowsOf(at: 0 | 1, port: number, identity: Identity): Rows {
  const own = ADDRESSES[at];
  const peer = ADDRESSES[1 - at] as string;
  const iface = '/ietf-interfaces:interfaces/interface';
  const edge = `${ETHERNET_SEGMENTS}/provider-edge`;
  const segment = `${SEGMENT}[name='s']`;
  const key = "/ietf-keystore:keystore/asymmetric-keys/asymmetric-key[name='pe']";
  const bag = "/ietf-truststore:truststore/certificate-bags/certificate-bag[name='peers']";
  const pkcs8 = createPrivateKey(identity.key).export({ type: 'pkcs8', format: 'der' }).toString('base64');
  const rows: Record<string, Record<string, string>> = {
    [`${iface}[name='p']`]: { type: 'iana-if-type:ethernetCsmacd', 'sluice-interfaces:port/ring': 'r' },
    [key]: {
      'private-key-format': 'ietf-crypto-types:one-asymmetric-key-format',
      'cleartext-private-key': pkcs8,
    },
    [`${key}/certificates/certificate[name='c']`]: { 'cert-data': base64(identity.certificate) },
    [bag]: {},
    [`${bag}/certificate[name='authority']`]: { 'cert-data': base64(authority.certificate) },
    [edge]: {
      'local-address': own,
      'session/asymmetric-key': 'pe',
      'session/certificate': 'c',
      'session/peer-authorities': 'peers',
      'session/listen-address': '127.0.0.1',
      'session/listen-port': String(port),
    },
    [`${edge}/peer[address='${peer}']`]: { 'remote-address': '127.0.0.1', 'remote-port': String(port) },
    [`${edge}/peer[address='${peer}']/bfd`]: { 'network-instance': 'default' },
    [segment]: {
      'ethernet-segment-identifier': '00:11:22:33:44:55:66:77:88:99',
      interface: 'p',
      'probe-key': Array(16).fill('01').join(':'),
      'df-election/election-wait-time': '50',
      'timers/recovery-time': '0',
      'timers/claim-time': '200',
    },
    [`${segment}/vlan[.='10-13']`]: {},
    [`${segment}/peer[.='${peer}']`]: {},
  };
  for (const vlan of VLANS) {
    rows[`${iface}[name='p.${vlan}']`] = {
      type: 'iana-if-type:l2vlan',
      'sluice-interfaces:parent-interface': 'p',
      'sluice-interfaces:encapsulation/outer-vlan-id': String(vlan),
    };
  }
  return rows;
}

class Pe {
  readonly notices: (Notice & { readonly sayer: string })[] = [];
  readonly address: string;
  readonly log: string[] = [];
  engine: ReferenceEngine;
  segments!: EthernetSegments;
  isPeerAlive = true;
  isLinkUp = true;
  isLinkHeld = false;
  overlaps = 0;
  other: Pe | undefined;
  #client!: EngineClient;
  #environment: Environment | undefined;
  #view: MemoryView;
  readonly #at: 0 | 1;
  readonly #port: number;

  constructor(at: 0 | 1, port: number) {
    this.#at = at;
    this.#port = port;
    this.address = ADDRESSES[at];
    this.engine = this.#newEngine();
    this.#view = this.#read({});
  }

  get forwarded(): string {
    return this.engine.segments.open('s').join();
  }

  /** A control plane begins, with what the last one kept. */
  async start(): Promise<void> {
    const { environment, kept } = await openKept(join(folder, `kept${this.#port}-${this.#at}`));
    this.#environment = environment;
    this.#client = new EngineClient({
      socketPath: this.#socket,
      owner: 'sluiced',
      intent: () => replayOf(this.#view),
      log: () => {},
    });
    this.segments = new EthernetSegments({
      ...modelParts,
      engine: this.#client,
      running: () => this.#view,
      kept,
      transport: (options) => new PeerSessions(options),
      speaker: (options) => new BgpSpeaker(options),
      notify: (_run, notice) => this.notices.push({ ...notice, sayer: this.address }),
      log: (line) => this.log.push(line),
    });
    this.segments.start();
    this.#client.start();
  }

  /** The control plane ends, the engine does not. */
  async stop(): Promise<void> {
    await this.segments.close();
    await this.#client.stop();
    await this.#environment?.close();
  }

  /** Another configuration. */
  async configure(more: Rows, less: readonly string[] = []): Promise<void> {
    this.#view = this.#read(more, less);
    await this.#client.replay();
    this.segments.committed([{}]);
  }

  command(change: (before: SegmentCommands) => Omit<SegmentCommands, 'at'>): Promise<boolean> {
    return this.segments.command('s', change);
  }

  async restartEngine(): Promise<void> {
    await this.engine.kill();
    this.engine = this.#newEngine();
    await this.engine.listen();
  }

  setPeerAlive(alive: boolean): void {
    this.isPeerAlive = alive;
    const name = peerSession(ADDRESSES[1 - this.#at] as string);
    this.engine.emit({ case: 'bfd', value: { name, state: alive ? BfdState.BFD_UP : BfdState.BFD_DOWN } });
  }

  setLink(isUp: boolean, isHeld = false): void {
    this.isLinkUp = isUp;
    this.isLinkHeld = isHeld;
    this.engine.emit({ case: 'link', value: this.#linkState });
  }

  get #linkState(): { port: string; link: LinkState; held: boolean } {
    const link = this.isLinkUp ? LinkState.LINK_UP : LinkState.LINK_DOWN;
    return { port: 'p', link, held: this.isLinkHeld };
  }

  get #socket(): string {
    return join(folder, `engine${this.#at}.sock`);
  }

  #read(more: Rows, less: readonly string[] = []): MemoryView {
    const rows = rowsOf(this.#at, this.#port, identities[this.#at] as Identity);
    return viewOf(rowsWith(rows, more, less), indexes);
  }

  #newEngine(): ReferenceEngine {
    const engine = new ReferenceEngine(this.#socket);
    engine.answers.set('ports', () => [{ ports: [{ ...this.#linkState, name: 'p' }] }]);
    engine.answers.set('bfdSessions', () => {
      const state = this.isPeerAlive ? BfdState.BFD_UP : BfdState.BFD_DOWN;
      return [{ bfdSessions: [{ name: peerSession(ADDRESSES[1 - this.#at] as string), state }] }];
    });
    engine.onProbe = (probe) => {
      const from = addressBytes(this.address);
      setImmediate(() => this.other?.engine.emit({ case: 'segmentProbe', value: { ...probe, from } }));
    };
    const { orders } = engine.segments;
    const push = orders.push.bind(orders);
    orders.push = (...lines) => {
      const theirs = new Set(this.other?.engine.segments.open('s') ?? []);
      if (this.engine === engine && engine.segments.open('s').some((vid) => theirs.has(vid))) this.overlaps += 1;
      return push(...lines);
    };
    return engine;
  }
}

async function two(): Promise<readonly [Pe, Pe]> {
  const port = await freePort();
  const pes = [new Pe(0, port), new Pe(1, port)] as const;
  const [a, b] = pes;
  a.other = b;
  b.other = a;
  for (const pe of pes) {
    await pe.engine.listen();
    await pe.start();
    open.push(async () => {
      await pe.stop();
      await pe.engine.kill().catch(() => {});
    });
  }
  await until('carved', () => a.forwarded === '10,12' && b.forwarded === '11,13', pes);
  return pes;
}

async function until(what: string, is: () => boolean, pes: readonly Pe[]): Promise<void> {
  for (const from = performance.now(); !is(); ) {
    const said = (): string => pes.map((pe) => `${pe.address} ${pe.forwarded}\n${pe.log.join('\n')}`).join('\n');
    assert.ok(performance.now() - from < 20_000, `in time: ${what}\n${said()}`);
    await sleep(2);
  }
}

test('two PEs carve the VLANs, move them by command, by drain, and back', async () => {
  const [a, b] = await two();
  const run = a.segments.run('s');
  assert.ok(run !== undefined);
  await a.command((before) => pinned(before, vlanRange(10, 13), b.address));
  await until('moved', () => a.forwarded === '' && b.forwarded === '10,11,12,13', [a, b]);
  await until('told', () => a.notices.some(({ state }) => state === 'disabled') && b.notices.length > 1, [a, b]);
  const told = b.notices.map(({ vlans, state, cause }) => `${vlansText(vlans)} ${state} ${cause}`);
  assert.deepEqual(told, ['11,13 enabled election', '10,12 enabled election']);
  const [move] = b.segments.run('s')?.record.moves ?? [];
  assert.ok(move !== undefined);
  const { claimedAt = 0, grantedAt = 0, orderedAt, effectiveAt = 0, notifiedAt = 0, ...rest } = move;
  assert.ok(claimedAt > 0 && claimedAt <= grantedAt && grantedAt <= orderedAt && orderedAt <= notifiedAt);
  assert.ok(effectiveAt > 0);
  assert.equal(`${vlansText(rest.vlans)} ${rest.state}`, '10,12 forwarding');
  await a.command((before) => pinned(before, vlanRange(10, 13), undefined));
  await until('carved again', () => a.forwarded === '10,12' && b.forwarded === '11,13', [a, b]);
  await a.command((before) => ({ ...before, isDraining: true }));
  await run.drained();
  assert.equal(a.forwarded, '');
  await until('all there', () => b.forwarded === '10,11,12,13', [a, b]);
  await a.command((before) => ({ ...before, isDraining: false }));
  await until('carved once more', () => a.forwarded === '10,12' && b.forwarded === '11,13', [a, b]);
  await a.command((before) => blocked(before, vlanRange(10, 10), true));
  await until('blocked by command', () => a.forwarded === '12' && b.forwarded === '10,11,13', [a, b]);
  await a.command((before) => blocked(before, vlanRange(10, 10), false));
  await until('released', () => a.forwarded === '10,12' && b.forwarded === '11,13', [a, b]);
  assert.equal(a.overlaps + b.overlaps, 0);
});

test('a control plane that restarts finds what is forwarded and moves nothing', async () => {
  const [a, b] = await two();
  const [before, others] = [a.engine.segments.orders.length, b.engine.segments.orders.length];
  await a.stop();
  await a.start();
  const state = (pe: Pe) => pe.segments.run('s')?.state;
  await until('it takes part again', () => state(a)?.phase === 'DF_DONE' && state(b)?.peers[0]?.isSynced === true, [
    a,
    b,
  ]);
  assert.equal(a.forwarded, '10,12');
  assert.deepEqual(a.engine.segments.orders.slice(before), []);
  assert.deepEqual(b.engine.segments.orders.slice(others), []);
  assert.equal(a.segments.run('s')?.record.cause(10), 'start');
});

test('what was commanded holds over restarts of control plane and engine, until it is taken back or has no place', async () => {
  const [a, b] = await two();
  const commands = () => a.segments.run('s')?.commands;
  await a.command((before) => pinned(before, vlanRange(10, 10), b.address));
  await a.command((before) => blocked(before, vlanRange(12, 12), true));
  await until('moved', () => a.forwarded === '' && b.forwarded === '10,11,12,13', [a, b]);
  const before = b.engine.segments.orders.length;
  const isBack = () =>
    a.segments.run('s')?.state?.phase === 'DF_DONE' && b.segments.run('s')?.state?.peers[0]?.isSynced;
  await a.stop();
  await a.start();
  await until('it takes part again', () => isBack() === true, [a, b]);
  assert.equal(vlansText(commands()?.blocked ?? NO_VLANS), '12');
  assert.deepEqual(
    commands()?.pins.map(({ address, vlans }) => `${vlansText(vlans)} ${address}`),
    [`10 ${b.address}`],
  );
  // A reboot of the router: another engine, which forwards nothing, and another control plane.
  await a.stop();
  await a.restartEngine();
  await a.start();
  await until('it takes part again', () => isBack() === true, [a, b]);
  assert.equal(b.forwarded, '10,11,12,13');
  assert.deepEqual(b.engine.segments.orders.slice(before), []);

  // A VLAN leaves the segment and comes back: what was commanded of it is forgotten, also by the one that restarts at once.
  const [all, without12] = [`${SEGMENT}[name='s']/vlan[.='10-13']`, `${SEGMENT}[name='s']/vlan[.='10-11']`];
  await a.configure({ [without12]: {} }, [all]);
  await a.stop();
  await a.start();
  await a.configure({});
  await until('back', () => a.forwarded === '12', [a, b]);
  assert.ok(isEmpty(commands()?.blocked ?? NO_VLANS));
  await a.command((now) => pinned(now, vlanRange(10, 10), undefined));
  await until('carved again', () => a.forwarded === '10,12' && b.forwarded === '11,13', [a, b]);
  await a.command((now) => ({ ...now, isDraining: true }));
  await until('drained', () => a.forwarded === '', [a, b]);
  await a.stop();
  await a.start();
  await until('it takes part again', () => isBack() === true, [a, b]);
  assert.deepEqual([commands()?.isDraining, a.forwarded], [true, '']);
  assert.equal(a.overlaps + b.overlaps, 0);
});

test('an engine that restarts forwards nothing until the PE has claimed anew', async () => {
  const [a, b] = await two();
  a.setPeerAlive(true);
  b.setPeerAlive(false);
  await a.restartEngine();
  await until('taken over', () => b.forwarded === '10,11,12,13', [a, b]);
  const told = () => a.notices.find(({ cause }) => cause === 'segment-down');
  await until('told', () => told() !== undefined, [a, b]);
  assert.equal(vlansText(told()?.vlans ?? NO_VLANS), '10,12');
  b.setPeerAlive(true);
  await until('carved again', () => a.forwarded === '10,12' && b.forwarded === '11,13', [a, b]);
  assert.equal(a.overlaps + b.overlaps, 0);
});

test('a dead PE is taken over from; one that leaves is at once, without detection', async () => {
  const [a, b] = await two();
  await a.stop();
  await a.engine.kill();
  a.engine.segments.committed(new Map());
  b.setPeerAlive(false);
  await until('taken over', () => b.forwarded === '10,11,12,13', [a, b]);

  const [c, d] = await two();
  const told = new Set<string>();
  c.segments.changes.add((segment) => void told.add(segment ?? 'provider-edge'));
  const before = d.engine.segments.orders.length;
  await c.segments.leave();
  assert.equal(c.forwarded, '');
  // Given away, and not only blocked: the other one has claimed what it takes over before it is told that this one ends.
  assert.deepEqual(d.engine.segments.orders.slice(before), ['s +10 +12']);
  assert.ok(d.notices.some(({ state, vlans }) => state === 'enabled' && vlansText(vlans) === '10,12'));
  assert.deepEqual([...told], ['s']);
  assert.deepEqual(c.segments.run('s')?.commands.isDraining, false);
  await until('taken over', () => d.forwarded === '10,11,12,13', [c, d]);
  assert.equal(c.overlaps + d.overlaps, 0);
});

test('a drain of all ends when the peer forwards, or tells what nobody took', async () => {
  const [a, b] = await two();
  const runs = [...a.segments.runs()];
  await a.command((before) => ({ ...before, isDraining: true }));
  const byAction = runs[0]?.drained();
  const done = await drainAll(runs, 20_000);
  // At this moment, and not some time later.
  assert.equal(`${a.forwarded}/${b.forwarded}`, '/10,11,12,13');
  assert.deepEqual(done.remaining, []);
  await byAction;
  done.takeBack();
  assert.equal(runs[0]?.state?.isDraining, true, 'it is drained by command still');
  await a.command((before) => ({ ...before, isDraining: false }));
  await until('carved again', () => a.forwarded === '10,12' && b.forwarded === '11,13', [a, b]);

  // The peer can serve one of the two.
  await b.configure({ "/ietf-interfaces:interfaces/interface[name='p.12']": { enabled: 'false' } });
  const late = await drainAll(runs, 300);
  assert.equal(`${a.forwarded}/${b.forwarded}`, '12/10,11,13');
  assert.deepEqual(late.remaining, [{ segment: 's', vlans: ['12'], reason: 'not-taken' }]);
  late.takeBack();
  await until('taken back', () => a.forwarded === '10,12' && b.forwarded === '11,13', [a, b]);

  await a.engine.kill();
  await until('away', () => runs[0]?.state === undefined, [a]);
  const away = await drainAll(runs, 0);
  assert.deepEqual(away.remaining, [{ segment: 's', vlans: ['10-13'], reason: 'engine-away' }]);
  assert.equal(a.overlaps + b.overlaps, 0);
});

test('a port that goes down, a circuit, and another configuration are followed', async () => {
  const [a, b] = await two();
  a.setLink(false);
  await until('down', () => a.forwarded === '' && b.forwarded === '10,11,12,13', [a, b]);
  a.setLink(true);
  await until('up', () => a.forwarded === '10,12' && b.forwarded === '11,13', [a, b]);
  const circuit = { "/ietf-interfaces:interfaces/interface[name='p.12']": { enabled: 'false' } };
  await a.configure(circuit);
  await until('circuit down', () => a.forwarded === '10' && b.forwarded === '11,12,13', [a, b]);
  await a.configure({
    [`${SEGMENT}[name='s']/pin[provider-edge='${b.address}']`]: {},
    [`${SEGMENT}[name='s']/pin[provider-edge='${b.address}']/vlan[.='10']`]: {},
  });
  await until('pinned', () => a.forwarded === '12' && b.forwarded === '10,11,13', [a, b]);
  const domain = "/sluice-cfm:cfm/maintenance-domain[md-id='d']";
  const association = `${domain}/maintenance-association[ma-id='a']`;
  const meps = {
    [domain]: {},
    [association]: { 'primary-vid': '12' },
    [`${association}/maintenance-association-mep[mep-id='1']`]: {},
    [`${association}/mep[mep-id='1']`]: { port: 'p', 'vlan-id': '12' },
  };
  const fault = (isFault: boolean): void => {
    const mep = { name: objectName('d', 'a', 1), defects: isFault ? 5 : 1 };
    a.engine.answers.set('cfmMeps', () => [{ cfmMeps: [mep] }]);
    a.engine.emit({ case: 'cfm', value: { ...mep, port: 'p', vid: 12, kind: CfmEventKind.CFM_DEFECTS } });
  };
  // Watched alone: nothing follows.
  await a.configure(meps);
  await until('as it was', () => a.forwarded === '10,12' && b.forwarded === '11,13', [a, b]);
  fault(true);
  await a.configure(meps);
  assert.equal(a.segments.run('s')?.state?.circuitsDown.length, 0);
  const followed = { ...meps, [`${SEGMENT}[name='s']`]: { 'df-election/cfm-influenced': 'true' } };
  await a.configure(followed);
  await until('a fault that was there', () => a.forwarded === '10' && b.forwarded === '11,12,13', [a, b]);
  fault(false);
  await until('heard again', () => a.forwarded === '10,12' && b.forwarded === '11,13', [a, b]);
  fault(true);
  await until('a fault', () => a.forwarded === '10' && b.forwarded === '11,12,13', [a, b]);
  assert.equal(a.segments.run('s')?.record.cause(12), 'circuit-down');
  // Without the MEP there is nobody to say so.
  a.engine.answers.delete('cfmMeps');
  await a.configure({ [`${SEGMENT}[name='s']`]: { 'df-election/cfm-influenced': 'true' } });
  await until('no MEP', () => a.forwarded === '10,12' && b.forwarded === '11,13', [a, b]);
  assert.equal(a.overlaps + b.overlaps, 0);
});

test('a PE whose port the router itself keeps out of use for its CE takes over, and gives back a link that stays down', async () => {
  const [a, b] = await two();
  // Port-active (RFC 9786): all VLANs are at the one PE, and the other one has told its CE by LACP or the carrier.
  const all = vlanRange(10, 13);
  await a.command((before) => pinned(before, all, a.address));
  await until('all at the one', () => a.forwarded === '10,11,12,13' && b.forwarded === '', [a, b]);
  b.setLink(true, true);
  b.setLink(false, true);
  // A commit meanwhile reads it anew.
  await b.configure({});
  await a.command((before) => pinned(before, all, b.address));
  await until('moved', () => a.forwarded === '' && b.forwarded === '10,11,12,13', [a, b]);
  // The link never came up again, and the engine waits no longer.
  b.setLink(false, false);
  await until('given back', () => a.forwarded === '10,11,12,13' && b.forwarded === '', [a, b]);
  assert.equal(a.overlaps + b.overlaps, 0);
});

test('what the engine learned behind the segment and in the transfer network is known to the peer', async () => {
  const [a, b] = await two();
  const entry = (octet: number, logicalPort: string, bridgeDomain = 'd') => ({
    bridgeDomain,
    logicalPort,
    mac: Uint8Array.of(2, 0, 0, 0, 0, octet),
  });
  let fdb = [entry(1, 'p.10'), entry(2, 'core.10'), entry(3, 'core.10'), entry(4, 'core.77', 'another')];
  a.engine.answers.set('fdb', () => [{ fdb: fdb.slice(0, 2) }, { fdb: fdb.slice(2) }]);
  const domain = "/sluice-bridge-domains:bridge-domains/bridge-domain[name='d']";
  await a.configure({ [domain]: {}, [`${domain}/member[interface='p.10']`]: {} });
  const theirs = () => b.segments.run('s')?.theirs(a.address);
  const macs = (set: 'remote' | 'segment') => [...(theirs()?.[set].table.of(10) ?? [])].sort();
  await until('told', () => macs('segment').length === 1 && macs('remote').length === 2, [a, b]);
  assert.deepEqual(macs('segment'), [0x0200_0000_0001]);
  assert.deepEqual(macs('remote'), [0x0200_0000_0002, 0x0200_0000_0003]);
  // The new forwarder tells: before the release that what it learned is wrong, then both sides what it knows.
  const notification = { "/sluice-ce-notification:ce-notifications/ce-notification[port='p']": {} };
  await b.configure({ [domain]: {}, [`${domain}/member[interface='p.10']`]: {}, ...notification });
  b.engine.segments.announced.length = 0;
  await a.command((before) => pinned(before, vlanRange(10, 10), b.address));
  const wanted = [
    `p.10 ${To.NOBODY} 020000000001`,
    `p.10 ${To.OTHERS} 020000000001`,
    `p.10 ${To.PORT} 020000000002020000000003`,
  ];
  await until('announced', () => b.engine.segments.announced.length >= 3, [a, b]);
  assert.deepEqual(b.engine.segments.announced.slice(0, 3), wanted);
  await until('announced again', () => b.engine.segments.announced.length >= 5, [a, b]);
  assert.deepEqual(b.engine.segments.announced.slice(3, 5), wanted.slice(1));
  fdb = fdb.slice(1, 2);
  await until('forgotten', () => macs('segment').length === 0 && macs('remote').length === 1, [a, b]);
});

test('a release says for how long the peer redirects what a CE floods that was told to forget', async () => {
  const [a, b] = await two();
  const entry = "/sluice-ce-notification:ce-notifications/ce-notification[port='p']";
  const redirect = { [`${SEGMENT}[name='s']/redirect`]: { vni: '7', 'grace-time': '500' } };
  const moved = async (pe: Pe, to: string): Promise<string | undefined> => {
    await a.command((before) => pinned(before, vlanRange(10, 10), to));
    await until('moved', () => pe.engine.segments.open('s').includes(10), [a, b]);
    return pe.engine.segments.orders.findLast((order) => order.includes('+10'));
  };
  await b.configure({ ...redirect, [entry]: { 'mvrp/enabled': 'true' } });
  assert.equal(await moved(b, b.address), 's +10 peers 500 ms');
  await a.configure({ ...redirect, [entry]: {} });
  assert.equal(await moved(a, a.address), 's +10');
});
