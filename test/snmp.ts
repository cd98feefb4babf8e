/** SNMP for tests: a router with an engine on loopback, and Debian's tools as its stations. */
import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { hexString, localizedKey } from '../src/features/snmp/localize.ts';

export const namespace = { snmp: 'urn:ietf:params:xml:ns:yang:ietf-snmp', sluice: 'urn:sluice:yang:sluice-snmp' };
export const passphrases = { auth: 'authentication phrase', priv: 'privacy phrase' };
/** Of the tests' engine: a key is localized before the engine runs. */
export const engineId = '80001f8880112233445566';

export const authKey = hexString(localizedKey(passphrases.auth, 'sha-256', Buffer.from(engineId, 'hex')));

/** A UDP port of loopback that is free now. */
export async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

export interface EngineOptions {
  readonly port: number;
  /** What the view of `public` and `operator` leaves out. */
  readonly excluded?: readonly string[];
  /** Where traps and informs go. */
  readonly receivers?: readonly { readonly name: string; readonly port: number; readonly type: 'trap' | 'inform' }[];
}

/**
 * An engine with the community `public`, the user `operator` (SHA-256, AES), and one group for both; the user `limited`
 * sees the system group alone.
 */
export function snmpConfiguration({ port, excluded = [], receivers = [] }: EngineOptions): string {
  const id = Buffer.from(engineId, 'hex');
  const priv = hexString(localizedKey(passphrases.priv, 'sha-256', id).subarray(0, 16));
  const user = (name: string): string =>
    `<user><name>${name}</name><auth><sha-256 xmlns="${namespace.sluice}"><key>${authKey}</key></sha-256></auth><priv><aes><key>${priv}</key></aes></priv></user>`;
  const access = (model: string, level: string, view: string): string =>
    `<access><context/><security-model>${model}</security-model><security-level>${level}</security-level><read-view>${view}</read-view><notify-view>${view}</notify-view></access>`;
  const group = (name: string, members: readonly (readonly [string, string])[], accesses: string): string =>
    `<group><name>${name}</name>${members.map(([who, model]) => `<member><security-name>${who}</security-name><security-model>${model}</security-model></member>`).join('')}${accesses}</group>`;
  const targets = receivers.map(
    ({ name, port: to, type }) =>
      `<notify><name>${name}</name><tag>${name}</tag><type>${type}</type></notify><target><name>${name}</name><udp><ip>127.0.0.1</ip><port>${to}</port></udp><tag>${name}</tag><timeout>100</timeout><target-params>by-community</target-params></target>`,
  );
  return `<snmp xmlns="${namespace.snmp}"><engine><enabled>true</enabled><listen><name>loopback</name><udp><ip>127.0.0.1</ip><port>${port}</port></udp></listen><version><v2c/><v3/></version><engine-id>${hexString(id)}</engine-id><enable-authen-traps>true</enable-authen-traps></engine>
<community><index>c</index><text-name>public</text-name><security-name>reader</security-name></community>
<usm><local>${user('operator')}${user('limited')}</local></usm>
<vacm>${group(
    'readers',
    [
      ['reader', 'v2c'],
      ['operator', 'usm'],
    ],
    access('v2c', 'no-auth-no-priv', 'all') + access('usm', 'auth-priv', 'all'),
  )}${group('limited', [['limited', 'usm']], access('usm', 'auth-priv', 'system'))}<view><name>all</name><include>1.3</include>${excluded.map((each) => `<exclude>${each}</exclude>`).join('')}</view><view><name>system</name><include>1.3.6.1.2.1.1</include></view></vacm>
${targets.join('')}<target-params><name>by-community</name><v2c><security-name>reader</security-name></v2c></target-params></snmp>`;
}

/** Options of a v3 user for Debian's tools. */
export function asUser(name: string, change: { auth?: string; priv?: string; level?: string } = {}): string[] {
  const { auth = passphrases.auth, priv = passphrases.priv, level = 'authPriv' } = change;
  return ['-v3', '-u', name, '-l', level, '-a', 'SHA-256', '-A', auth, '-x', 'AES', '-X', priv];
}
export const asCommunity: readonly string[] = ['-v2c', '-c', 'public'];

export interface Answer {
  readonly ok: boolean;
  /** One `OID = value` a line. */
  readonly lines: readonly string[];
  readonly error: string;
}

const run = promisify(execFile);

/** Runs a tool of Debian's `snmp`, numeric and without retries. */
export async function station(
  tool: string,
  port: number,
  who: readonly string[],
  ...args: readonly string[]
): Promise<Answer> {
  const options = ['-On', '-OU', '-Oe', '-r', '1', '-t', '3'];
  const objects = (stdout: string): string[] =>
    stdout.split('\n').filter((line) => line.startsWith('.') && !line.includes('= No more variables'));
  try {
    const { stdout, stderr } = await run(tool, [...options, ...who, `127.0.0.1:${port}`, ...args], {
      env: { ...process.env, MIBS: '', MIBDIRS: '/nonexistent' },
      maxBuffer: 256 * 1024 * 1024,
    });
    const isNothing = /= No Such (Object|Instance)|^Timeout/m.test(stdout);
    return {
      ok: !isNothing,
      lines: objects(stdout),
      error: stderr + (isNothing ? stdout : ''),
    };
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    return { ok: false, lines: objects(stdout), error: stderr + stdout };
  }
}

/** What a station sent and what came back, through a socket in between that keeps it. */
export class Tap {
  readonly requests: Buffer[] = [];
  readonly replies: Buffer[] = [];
  readonly #socket = createSocket('udp4');
  readonly #engine: number;
  #station = 0;
  #arrived: () => void = () => undefined;

  constructor(engine: number) {
    this.#engine = engine;
    this.#socket.on('message', (message, { port }) => {
      if (port === engine) {
        this.replies.push(message);
        this.#socket.send(message, this.#station, '127.0.0.1');
        this.#arrived();
      } else {
        this.#station = port;
        this.requests.push(message);
        this.#socket.send(message, engine, '127.0.0.1');
      }
    });
  }

  /** The port that a station talks to. */
  async open(): Promise<number> {
    this.#socket.bind(0, '127.0.0.1');
    await once(this.#socket, 'listening');
    return this.#socket.address().port;
  }

  /** Sends a request again; what the engine says to it. */
  async replay(request: Buffer): Promise<Buffer> {
    const arrived = new Promise<void>((resolve) => {
      this.#arrived = resolve;
    });
    this.#socket.send(request, this.#engine, '127.0.0.1');
    await arrived;
    return this.replies.at(-1) as Buffer;
  }

  close(): void {
    this.#socket.close();
  }
}

/** The value behind ` = TYPE: `. */
export function valueIn(line: string | undefined): string {
  return (line ?? '').replace(/^\S+ = (?:[A-Za-z0-9-]+: )?/, '').replace(/^"|"$/g, '');
}
