/**
 * Debian's snmpd as the router's master agent: configured from the settings, started, and started again whenever it ends.
 * It outlives a control plane that is killed: the next one finds it, and if it is configured as it should be, keeps it.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { chownSync, closeSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import type { PlannedOperation, Prepared, Target } from '../../commit/feature.ts';
import type { Fault } from '../../yang/fault.ts';
import { openLog } from '../log-file.ts';
import { end, isAlive, nameOf, type ProcessName } from '../processes.ts';
import { type Identity, MODULES_OFF, snmpdConfiguration } from './configuration.ts';
import type { EngineIdentity } from './engine.ts';
import { type Listen, SNMP_TARGET, type SnmpSettings } from './settings.ts';

export interface MasterOptions {
  /** For the log and for what the next control plane has to know. */
  readonly stateFolder: string;
  readonly identity: Identity;
  readonly engine: EngineIdentity;
  /** native/snmpd's module. */
  readonly bulkModule: string;
  /** Called when a commit has started the engine; the commit waits for it. */
  readonly started: () => Promise<void>;
  readonly log: (message: string) => void;
}

export interface MasterState {
  readonly isRunning: boolean;
  readonly engineId: string;
  readonly engineBoots: number;
  readonly restarts: number;
  readonly lastError: string | undefined;
}

const PROGRAM = '/usr/sbin/snmpd';
/** The user of Debian's package: what a stranger's datagram can reach has no rights on this machine. */
const USER = 'Debian-snmp';
const GRACE_MS = 2_000;
/** Restarts are immediate unless it ended within this time of its start; then the pause doubles up to the most. */
const QUICK_END_MS = 5_000;
const FIRST_PAUSE_MS = 100;
const MOST_PAUSE_MS = 10_000;
/** How often a process that is not our child is looked at. */
const LOOK_MS = 1_000;
const MAX_LOG_BYTES = 4 * 1024 * 1024;

interface Record extends ProcessName {
  /** Milliseconds since 1970. */
  readonly startedMs: number;
  /** Of the configuration that it has. */
  readonly digest: string;
}

export class SnmpMaster implements Target {
  readonly name = SNMP_TARGET;
  /** Where the subagent connects. */
  readonly agentxSocket: string;
  readonly #options: MasterOptions;
  readonly #folder: string;
  #settings: SnmpSettings | undefined;
  #child: ChildProcess | undefined;
  #running: ProcessName | undefined;
  #startedAt = 0;
  #startedMs = Date.now();
  #pauseMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #restarts = 0;
  #lastError: string | undefined;
  /** Changes follow one another. */
  #changing: Promise<void> = Promise.resolve();
  #isStarted = false;

  constructor(options: MasterOptions) {
    const digest = createHash('sha256').update(options.stateFolder).digest('hex').slice(0, 12);
    this.#options = options;
    // Not below the state folder, into which the user of snmpd cannot look.
    this.#folder = `/run/sluice-snmp-${digest}`;
    this.agentxSocket = `${this.#folder}/agentx`;
  }

  get state(): MasterState {
    const engineId = this.#engineId;
    return {
      isRunning: this.#running !== undefined,
      engineId,
      engineBoots: this.#options.engine.bootsOf(engineId),
      restarts: this.#restarts,
      lastError: this.#lastError,
    };
  }

  /** When the engine started, milliseconds since 1970: where its sysUpTime counts from. */
  get startedMs(): number {
    return this.#startedMs;
  }

  get #engineId(): string {
    return this.#settings?.engineId ?? this.#options.engine.ownId;
  }

  // ------------------------------------------------------------------------------------------------------ commits

  async prepare(operations: readonly PlannedOperation[]): Promise<Prepared | { readonly refused: readonly Fault[] }> {
    const wanted = operations.findLast(({ target }) => target === SNMP_TARGET)?.operation as SnmpSettings | undefined;
    if (wanted === undefined || !this.#isStarted) {
      if (wanted !== undefined) this.#settings = wanted;
      return { commit: async () => undefined, abort: async () => undefined };
    }
    const refused = wanted.enabled ? await this.#unavailable(wanted.listen) : [];
    if (refused.length > 0) return { refused };
    return { commit: () => this.#change(wanted), abort: async () => undefined };
  }

  /** Addresses that cannot be listened at, but for those that the engine has already. */
  async #unavailable(listen: readonly Listen[]): Promise<readonly Fault[]> {
    const own = new Set(
      this.#settings?.enabled ? this.#settings.listen.map(({ address, port }) => `${address} ${port}`) : [],
    );
    const faults: Fault[] = [];
    for (const { address, port, path } of listen) {
      if (own.has(`${address} ${port}`)) continue;
      const reason = await bindError(address, port);
      if (reason === undefined) continue;
      const message = `UDP ${address} port ${port} cannot be listened at: ${reason}.`;
      faults.push({ type: 'application', tag: 'resource-denied', path, message });
    }
    return faults;
  }

  /** What running says at the start: a process of before is kept if it is as it should be. */
  async start(operations: readonly PlannedOperation[]): Promise<void> {
    this.#isStarted = true;
    const wanted = operations.at(-1)?.operation as SnmpSettings | undefined;
    const left = this.#read();
    this.#settings = wanted;
    if (left !== undefined && isAlive(left)) {
      if (wanted?.enabled && left.digest === this.#digest(wanted)) {
        this.#running = left;
        this.#startedMs = left.startedMs;
        this.#watch();
        return;
      }
      await end(left, GRACE_MS);
    }
    if (wanted?.enabled) this.#spawn();
    else this.#clear();
  }

  async close(): Promise<void> {
    await this.#changing;
    await this.#stop();
    this.#clear();
  }

  #change(settings: SnmpSettings): Promise<void> {
    this.#changing = this.#changing.then(async () => {
      await this.#stop();
      this.#settings = settings;
      this.#pauseMs = 0;
      if (!settings.enabled) return this.#clear();
      this.#spawn();
      await this.#options.started();
    });
    return this.#changing;
  }

  // ------------------------------------------------------------------------------------------------------ process

  #spawn(): void {
    const settings = this.#settings;
    if (settings === undefined) return;
    try {
      const engineId = this.#engineId;
      const boots = this.#options.engine.boot(engineId);
      this.#prepareFolder(settings, engineId, boots);
      const output = openLog(`${this.#options.stateFolder}/snmpd.log`, MAX_LOG_BYTES);
      const child = spawn(
        PROGRAM,
        [
          '-f',
          '-Lo',
          '-u',
          USER,
          '-g',
          USER,
          '-C',
          '-c',
          `${this.#folder}/snmpd.conf`,
          '-I',
          `-${MODULES_OFF.join(',')}`,
        ],
        {
          stdio: ['ignore', output, output],
          detached: true,
          // Its MIB files are of no use to it; its own state is what was written above.
          env: {
            PATH: process.env['PATH'],
            MIBS: '',
            MIBDIRS: this.#folder,
            SNMP_PERSISTENT_DIR: this.#folder,
            SNMPCONFPATH: this.#folder,
          },
        },
      );
      closeSync(output);
      this.#child = child;
      this.#startedAt = performance.now();
      this.#startedMs = Date.now();
      this.#running = child.pid === undefined ? undefined : nameOf(child.pid);
      if (this.#running !== undefined) {
        this.#write({ ...this.#running, digest: this.#digest(settings), startedMs: this.#startedMs });
      }
      child.once('error', (error) => this.#ended(child, error.message));
      child.once('exit', (code, signal) => this.#ended(child, signal ?? `code ${code}`));
    } catch (error) {
      this.#fail(String(error));
    }
  }

  #prepareFolder(settings: SnmpSettings, engineId: string, boots: number): void {
    const [uid, gid] = idsOf(USER);
    rmSync(this.#folder, { recursive: true, force: true });
    mkdirSync(this.#folder, { mode: 0o700 });
    chownSync(this.#folder, uid, gid);
    const write = (name: string, text: string): void => {
      writeFileSync(`${this.#folder}/${name}`, text, { mode: 0o600 });
      chownSync(`${this.#folder}/${name}`, uid, gid);
    };
    write('snmpd.conf', this.#configuration(settings) + persistent(engineId, boots));
  }

  #ended(child: ChildProcess, how: string): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#fail(`snmpd ended: ${how}`);
  }

  /** Starts it again, soon. */
  #fail(reason: string): void {
    this.#running = undefined;
    this.#lastError = reason;
    const isQuick = performance.now() - this.#startedAt < QUICK_END_MS;
    this.#pauseMs = isQuick ? Math.min(Math.max(this.#pauseMs * 2, FIRST_PAUSE_MS), MOST_PAUSE_MS) : 0;
    this.#options.log(`${reason}; it is started again in ${this.#pauseMs} ms`);
    this.#timer = setTimeout(() => {
      this.#restarts += 1;
      this.#spawn();
    }, this.#pauseMs);
  }

  /** A process of an earlier control plane tells nobody when it ends. */
  #watch(): void {
    this.#timer = setTimeout(() => {
      if (this.#running === undefined) return;
      if (isAlive(this.#running)) this.#watch();
      else this.#fail('snmpd is gone');
    }, LOOK_MS);
  }

  async #stop(): Promise<void> {
    clearTimeout(this.#timer);
    const running = this.#running;
    this.#child = undefined;
    this.#running = undefined;
    if (running !== undefined) await end(running, GRACE_MS);
  }

  // ------------------------------------------------------------------------------------------------------ files

  #digest(settings: SnmpSettings): string {
    return createHash('sha256').update(this.#configuration(settings)).digest('hex');
  }

  #configuration(settings: SnmpSettings): string {
    const { bulkModule, engine, identity } = this.#options;
    const engineId = settings.engineId ?? engine.ownId;
    return snmpdConfiguration(settings, { agentxSocket: this.agentxSocket, bulkModule, engineId }, identity);
  }

  get #recordPath(): string {
    return `${this.#options.stateFolder}/snmpd.json`;
  }

  #read(): Record | undefined {
    try {
      return JSON.parse(readFileSync(this.#recordPath, 'utf8')) as Record;
    } catch {
      return undefined;
    }
  }

  #write(record: Record): void {
    writeFileSync(`${this.#recordPath}.new`, `${JSON.stringify(record)}\n`, { mode: 0o600 });
    renameSync(`${this.#recordPath}.new`, this.#recordPath);
  }

  #clear(): void {
    rmSync(this.#folder, { recursive: true, force: true });
    rmSync(this.#recordPath, { force: true });
  }
}

/** Directives that snmpd itself would have kept: it goes on counting from here. */
function persistent(engineId: string, boots: number): string {
  return `engineBoots ${boots - 1}\noldEngineID 0x${engineId}\n`;
}

function idsOf(user: string): readonly [number, number] {
  const ids = (flag: string): number => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }));
  return [ids('-u'), ids('-g')];
}

/** Why nobody could listen there; undefined: it can be. */
function bindError(address: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(address) ? { type: 'udp6', ipv6Only: true } : { type: 'udp4' });
    socket.once('error', (error) => {
      socket.close();
      resolve((error as NodeJS.ErrnoException).code ?? error.message);
    });
    socket.bind({ address, port, exclusive: true }, () => {
      socket.close();
      resolve(undefined);
    });
  });
}
