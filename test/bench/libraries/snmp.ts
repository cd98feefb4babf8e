/** `node snmp.ts`: prints what the agent of npm's net-snmp does, as JSON. The agent is a child on loopback. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const rows = 10_000;
const walked = 300;
const table = '1.3.6.1.2.1.2.2.1';

export interface SnmpFigures {
  /** The datagram, in hex, after which the agent's process was gone; undefined: it lived. */
  readonly killedBy: string | undefined;
  readonly emptyUserReads: boolean;
  readonly emptyUserWrites: boolean;
  /** engineBoots and engineTime of two starts. */
  readonly engineStarts: readonly string[];
  readonly varbindsPerSecond: number;
}

interface Varbind {
  readonly oid: string;
  readonly value: unknown;
}
interface Session {
  get(oids: readonly string[], callback: (error: Error | null, varbinds: readonly Varbind[]) => void): void;
  set(varbinds: readonly object[], callback: (error: Error | null, varbinds: readonly Varbind[]) => void): void;
  getBulk(
    oids: readonly string[],
    none: number,
    count: number,
    callback: (error: Error | null, varbinds: readonly (readonly Varbind[])[]) => void,
  ): void;
  close(): void;
}
interface NetSnmp {
  createSession(host: string, community: string, options: object): Session;
  createV3Session(host: string, user: object, options: object): Session;
  readonly Version2c: number;
  readonly SecurityLevel: { readonly noAuthNoPriv: number };
  readonly ObjectType: { readonly OctetString: number };
}
const snmp = createRequire(import.meta.url)('net-snmp') as NetSnmp;

async function startAgent(
  port: number,
  count: number,
): Promise<{ readonly child: ChildProcess; readonly engine: string }> {
  const program = fileURLToPath(new URL('snmp-agent.ts', import.meta.url));
  const child = spawn(process.execPath, ['--no-warnings', program, String(port), String(count)], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  process.once('exit', () => child.kill('SIGKILL'));
  const [said] = (await once(child.stdout ?? child, 'data')) as [Buffer];
  return { child, engine: said.toString().replace('ready ', '').trim() };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** A free port of loopback. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

/** Type, length, value: for lengths below 128. */
const tlv = (type: number, ...parts: readonly (Buffer | number)[]): Buffer => {
  const value = Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : part)));
  return Buffer.concat([Buffer.from([type, value.length]), value]);
};

/** SNMPv3 requests of no user, without authentication, whose OID is broken in one way or another (RFC 3412 section 6, BER). */
function malformed(): Buffer[] {
  const oids = [
    Buffer.from([6, 0]),
    Buffer.from([6, 1, 0x80]),
    Buffer.from([6, 3, 0x2b, 0x86, 0x80]),
    Buffer.from([6, 7, 0x2b, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]),
  ];
  const none = tlv(4);
  const parameters = tlv(0x30, tlv(4, Buffer.from('8000000001', 'hex')), tlv(2, 0), tlv(2, 0), none, none, none);
  const global = tlv(0x30, tlv(2, 1), tlv(2, 0x7f, 0xff), tlv(4, 4), tlv(2, 3));
  return [0xa0, 0xa1, 0xa5].flatMap((request) =>
    oids.map((oid) => {
      const varbind = tlv(0x30, oid, Buffer.from([5, 0]));
      const pdu = tlv(request, tlv(2, 1), tlv(2, 0), tlv(2, 1), tlv(0x30, varbind));
      return tlv(0x30, tlv(2, 3), global, tlv(4, parameters), tlv(0x30, none, none, pdu));
    }),
  );
}

async function deadlyDatagram(): Promise<string | undefined> {
  for (const datagram of malformed()) {
    const port = await freePort();
    const { child } = await startAgent(port, 1);
    const ended = once(child, 'exit').then(() => true);
    const socket = createSocket('udp4');
    socket.send(datagram, port, '127.0.0.1');
    const died = await Promise.race([ended, new Promise<boolean>((resolve) => setTimeout(resolve, 1000, false))]);
    socket.close();
    await stop(child);
    if (died) return datagram.toString('hex');
  }
  return undefined;
}

const answered = (
  ask: (callback: (error: Error | null, varbinds: readonly Varbind[]) => void) => void,
): Promise<boolean> =>
  new Promise((resolve) => ask((error, varbinds) => resolve(error === null && varbinds.length > 0)));

const engineStarts: string[] = [];
const port = await freePort();
let { child, engine } = await startAgent(port, 10);
engineStarts.push(engine);
const nobody = snmp.createV3Session(
  '127.0.0.1',
  { name: '', level: snmp.SecurityLevel.noAuthNoPriv },
  { port, timeout: 2000, retries: 0 },
);
const emptyUserReads = await answered((callback) => nobody.get([`${table}.2.1`], callback));
const written = { oid: `${table}.2.1`, type: snmp.ObjectType.OctetString, value: 'changed' };
const emptyUserWrites = await answered((callback) => nobody.set([written], callback));
nobody.close();
await stop(child);
({ child, engine } = await startAgent(port, rows));
engineStarts.push(engine);
const session = snmp.createSession('127.0.0.1', 'bench', { port, version: snmp.Version2c, timeout: 60_000 });
const started = performance.now();
let next = `${table}.1`;
let count = 0;
while (count < walked) {
  const varbinds = await new Promise<readonly (readonly Varbind[])[]>((resolve, reject) => {
    session.getBulk([next], 0, 20, (error, found) => (error === null ? resolve(found) : reject(error)));
  });
  const [column = []] = varbinds;
  count += column.length;
  next = column.at(-1)?.oid ?? next;
  if (column.length === 0) break;
}
const varbindsPerSecond = count / ((performance.now() - started) / 1000);
session.close();
await stop(child);
const figures: SnmpFigures = {
  killedBy: await deadlyDatagram(),
  emptyUserReads,
  emptyUserWrites,
  engineStarts,
  varbindsPerSecond,
};
process.stdout.write(`\n${JSON.stringify(figures)}\n`);
process.exit(0);
