/**
 * npm start: checks, clears what a killed start left, builds the lab, runs engine and sluiced until Ctrl-C, and takes
 * everything down again. The state folder stays.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { nameOf } from '../platform/processes.ts';
import { banner } from './banner.ts';
import { checkFiles, checkNotRunning, checkPort, checkRoot, StartError } from './checks.ts';
import { clear } from './clear.ts';
import { buildSites, loadDemo } from './demo.ts';
import { reserveHugePages } from './huge-pages.ts';
import { sluicedFlags } from './node-flags.ts';
import { DEFAULT_ENDPOINT, type Options, parseOptions, UsageError, usage } from './options.ts';
import { bootId, type Places, placesOf, type RunRecord, readRecord, writeRecord } from './record.ts';
import { Service } from './service.ts';

/** Memory of the engine, in huge pages of 2 MiB. */
const engineHugePages = 128;
const readyTimeoutMs = 30_000;
const stopGraceMs = 5000;

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options === undefined) {
    say(usage);
    return 0;
  }
  // Where Node keeps what it has compiled: the services, which inherit this, are ready in half the time.
  process.env['NODE_COMPILE_CACHE'] ??= pathOf('../../build/compile-cache');
  checkRoot();
  checkFiles(options);
  const places = placesOf(options.state);
  const earlier = readRecord(places);
  checkNotRunning(places, earlier);
  if (earlier !== undefined) say('Clearing what an earlier start left behind …');
  await clear(places, earlier);
  // Later starts listen where the configuration says; what is taken then is in the state, and tried again.
  const endpoint = options.netconf ?? (existsSync(places.database) ? undefined : DEFAULT_ENDPOINT);
  if (endpoint !== undefined) await checkPort(endpoint);

  const stop = stopSignal();
  const record = newRecord();
  writeRecord(places, record);
  try {
    await Promise.race([runRouter(options, places, record, stop), stop.then(() => undefined)]);
    say(`Stopping after ${await stop} …`);
  } finally {
    await stopServices();
    await clear(places, record);
  }
  say(`Stopped. The state stays in ${places.state}`);
  return 0;
}

const services: Service[] = [];

/** sluiced before the engine, through which it gives its VLANs to other PEs and says goodbye. */
async function stopServices(): Promise<void> {
  for (const name of ['sluiced', 'engine'])
    for (const service of services.filter((one) => one.name === name)) await service.stop(stopGraceMs);
}

async function runRouter(options: Options, places: Places, record: RunRecord, stop: Promise<string>): Promise<void> {
  mkdirSync(places.run, { recursive: true, mode: 0o700 });
  const isNew = !existsSync(places.database);
  const hugePages = reserveHugePages(engineHugePages, (added) => {
    record.hugePagesAdded = added;
    writeRecord(places, record);
  });
  if (!hugePages.available) {
    say(`No huge pages: ${hugePages.reason}. The engine runs without them, slower at large tables.`);
  }
  const engine = (memory: readonly string[]): Service =>
    service('engine', pathOf('../../build/native/sluice-engine'), places, record, [
      ...['--socket', places.engineSocket, '--memory', String(engineHugePages * 2)],
      ...memory,
    ]);
  const startEngine = async (): Promise<void> => {
    if (hugePages.available) {
      try {
        return await engine([]).start();
      } catch (error) {
        // Another program may have taken the pages between our look and the engine's.
        say(`${(error as Error).message}. Trying without huge pages.`);
      }
    }
    await engine(['--no-huge']).start();
  };
  const sluiced = service('sluiced', process.execPath, places, record, [
    ...sluicedFlags,
    pathOf('../main.ts'),
    ...['--state', places.state, '--run', places.run, '--engine', places.engineSocket],
    ...(options.netconf === undefined ? [] : ['--netconf', `[${options.netconf.address}]:${options.netconf.port}`]),
    ...(options.config === undefined ? [] : ['--config', options.config]),
    ...options.yangPaths.flatMap((path) => ['--yang-path', path]),
  ]);

  const step = async (what: string, work: Promise<unknown>): Promise<void> => {
    const started = performance.now();
    await work;
    say(`  ${what.padEnd(44)} ${(performance.now() - started).toFixed(0).padStart(6)} ms`);
  };
  say('Starting');
  const sites = options.lab ? step('lab: two sites, two VLANs', buildSites(places)) : Promise.resolve();
  const started = await Promise.allSettled([
    step('packet engine', startEngine()),
    step('sluiced', sluiced.start()),
    sites,
  ]);
  for (const result of started) if (result.status === 'rejected') throw result.reason;
  if (options.lab && options.config === undefined) {
    await step('demo configuration, through NETCONF', loadDemo(places));
  }
  await banner(options, places, isNew);
  await stop;
}

function service(
  name: 'engine' | 'sluiced',
  program: string,
  places: Places,
  record: RunRecord,
  args: string[],
): Service {
  const made = new Service({
    name,
    program,
    args,
    log: `${places.logs}/${name}.log`,
    readyTimeoutMs,
    started: (process) => {
      record[name] = process;
      writeRecord(places, record);
    },
    died: (how) => say(`${name} ${how}; it is started again.`),
  });
  services.push(made);
  return made;
}

function newRecord(): RunRecord {
  const starter = nameOf(process.pid);
  if (starter === undefined) throw new Error('/proc is not mounted');
  return { starter, bootId: bootId() };
}

/** Resolves with the name of the first signal to stop. Further ones are ignored while everything is taken down. */
function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(signal));
  });
}

/** What went wrong, for people; the end of a service's log where the error names one. */
function explain(error: unknown): string {
  if (error instanceof StartError) return `${error.message}\n${error.advice}`;
  if (error instanceof UsageError) return `${error.message}\n\n${usage}`;
  const text = error instanceof Error ? error.message : String(error);
  const log = /; see (\S+\.log)$/.exec(text)?.[1];
  if (log === undefined) return error instanceof Error ? (error.stack ?? text) : text;
  return `${text}\n${readFileSync(log, 'utf8').trimEnd().split('\n').slice(-10).join('\n')}`;
}

main().then(
  (code) => process.exit(code),
  (error) => {
    process.stderr.write(`npm start: ${explain(error)}\n`);
    process.exit(error instanceof UsageError ? 2 : 1);
  },
);
