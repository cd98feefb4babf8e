/**
 * The power is cut right behind some write, at boots, during commits, during installations of a bundle and at a trial; what
 * the disk had not flushed is lost, kept or torn. After every cut the machine boots, and every acknowledged commit is there.
 *
 * POWER_CUTS is how many, POWER_SEED repeats a run's random numbers.
 */
import { randomInt } from 'node:crypto';
import { statSync } from 'node:fs';
import { run, until } from '../../../lab/run.ts';
import { SECTOR } from '../../disk/layout.ts';
import { Appliance, BOOT_MS } from '../appliance.ts';
import { DiskServer, type Done } from '../disk-server.ts';
import { newestImage } from '../image.ts';
import { partition, readPartition } from '../partitions.ts';
import { type Serving, serve } from './serve.ts';

type Moment = 'growth' | 'boot' | 'commits' | 'upgrade' | 'trial';

// The first boot grows and formats the data partition and makes the first configuration.
const MOMENTS: readonly Moment[] = [
  ...(['growth', 'growth', 'growth', 'growth', 'boot', 'boot', 'commits', 'boot', 'upgrade', 'commits'] as const),
  ...(['boot', 'commits', 'commits', 'boot', 'upgrade', 'commits', 'boot', 'commits', 'trial', 'boot'] as const),
];
const CUTS = Number(process.env['POWER_CUTS'] ?? MOMENTS.length);
const SEED = Number(process.env['POWER_SEED'] ?? randomInt(2 ** 31));
const DISK_BYTES = 4 * 2 ** 30;
/**
 * The partition table is moved, then changed, each time the second table before the first one, entries before headers, in
 * blocks of 8 sectors. At which write of a sector the power is cut: the last one leaves the first table broken.
 */
const GROWTHS = [
  { what: "the second table's header", sector: DISK_BYTES / SECTOR - 1, time: 4 },
  { what: "the first table's header, moved", sector: 1, time: 2 },
  { what: "the first table's entries", sector: 1, time: 3 },
  { what: "the first table's header", sector: 1, time: 4 },
] as const;
/** A commit is a few of them; the log writes too. */
const WRITES_OF_COMMITS = 150;
/** Of a first boot; later ones are counted. */
const WRITES_OF_A_BOOT = 400;

export async function power(image: string): Promise<string> {
  say(`POWER_SEED=${SEED}`);
  const cutting = new Cutting(await Appliance.make(image, 'raw'), newestImage('bundle'));
  try {
    return await cutting.all();
  } catch (error) {
    cutting.it.keepLog('build/image/power.log');
    throw error;
  } finally {
    await cutting.end();
  }
}

class Cutting {
  readonly it: Appliance;
  readonly #bundle: string;
  readonly #random = randomNumbers(SEED);
  #disk: DiskServer | undefined;
  #serving: Serving | undefined;
  #acknowledged = 0;
  #growths = 0;
  #bootWrites = WRITES_OF_A_BOOT;

  constructor(it: Appliance, bundle: string) {
    this.it = it;
    this.#bundle = bundle;
  }

  async all(): Promise<string> {
    const disk = await DiskServer.start(this.it.disk, DISK_BYTES, `${this.it.folder}/disk.sock`);
    this.#disk = disk;
    this.#serving = await serve(this.#bundle);
    const sum = { unflushed: 0, lost: 0, torn: 0 };
    for (let cut = 0; cut < CUTS; cut++) {
      const moment = MOMENTS[cut % MOMENTS.length] ?? 'boot';
      await this.it.powerOn(disk.address);
      await this[moment](disk);
      const { writes, flushes } = disk.done;
      await this.it.powerOff();
      const { unflushed, lost, torn } = disk.settle(moment === 'growth' ? nothing : this.#random);
      sum.unflushed += unflushed;
      sum.lost += lost;
      sum.torn += torn;
      this.#checkOther();
      // The cut that the others lead up to.
      if (moment === 'growth' && this.#growths % GROWTHS.length === 0 && !(await this.#isTableBroken()))
        throw new Error('the first partition table is whole: nothing was tried');
      say(
        `cut ${cut + 1}, ${moment}: ${writes} writes and ${flushes} flushes since power-on, of ${unflushed} writes behind ` +
          `the last flush ${lost} lost, ${torn} torn; ${this.#acknowledged} commits acknowledged`,
      );
    }
    await this.it.powerOn(disk.address);
    await this.#isWhole();
    if (await this.#isTableBroken()) throw new Error('the partition table was not mended');
    return (
      `${CUTS} cuts, ${this.#acknowledged} commits acknowledged, none lost; ` +
      `of ${sum.unflushed} writes behind a last flush ${sum.lost} were lost and ${sum.torn} torn`
    );
  }

  async end(): Promise<void> {
    this.#serving?.close();
    await this.it.powerOff();
    this.#disk?.close();
    await this.it.remove();
  }

  /** Everything behind the last flush is lost. */
  async growth(disk: DiskServer): Promise<void> {
    const { what, sector, time } = GROWTHS[this.#growths++ % GROWTHS.length] ?? GROWTHS[0];
    let times = 0;
    await this.#cut(disk, ({ from, to }) => from <= sector && sector < to && ++times === time, this.#isWhole());
    if (times < time) throw new Error(`it booted without writing ${what}`);
  }

  /** At any write of a boot, or where it has fewer, at its end. */
  async boot(disk: DiskServer): Promise<void> {
    await this.#cut(disk, this.#writes(this.#bootWrites), this.#isWhole());
  }

  async commits(disk: DiskServer): Promise<void> {
    await this.#isWhole();
    await this.#cut(disk, this.#writes(disk.done.writes + WRITES_OF_COMMITS, disk.done.writes), this.#commit());
  }

  /** At any byte of the bundle, commits beside it. */
  async upgrade(disk: DiskServer): Promise<void> {
    await this.#isWhole();
    const at = disk.done.bytes + this.#random() * statSync(this.#bundle).size;
    const installation = this.it
      .software('install-bundle', `<url>${this.#serving?.url}</url>`)
      .then(() => this.#commit());
    await this.#cut(disk, ({ bytes }) => bytes >= at, installation);
  }

  /** An installation, and at any write of the other slot's first boot. */
  async trial(disk: DiskServer): Promise<void> {
    await this.#isWhole();
    await this.it.software('install-bundle', `<url>${this.#serving?.url}</url>`);
    await until('the bundle is installed', BOOT_MS, async () => (await this.it.installState()) === 'done');
    const mark = this.it.mark();
    await this.it.software('try-slot');
    await this.it.machine.says(/sluice-init: slot b,/, BOOT_MS, mark);
    const writes = this.#writes(disk.done.writes + this.#bootWrites / 2, disk.done.writes);
    await this.#cut(disk, writes, this.it.isGood(mark));
  }

  /** Until the disk stops, or what goes on meanwhile has ended. */
  async #cut(disk: DiskServer, when: (done: Done) => boolean, meanwhile: Promise<unknown>): Promise<void> {
    const stopped = disk.cutWhen(when);
    let hasStopped = false;
    const ended = meanwhile.catch((error) => {
      if (!hasStopped) throw error;
    });
    ended.catch(() => undefined);
    await Promise.race([
      stopped.then(() => {
        hasStopped = true;
      }),
      ended,
    ]);
    await this.it.powerOff();
    await ended;
  }

  /** Up, by whichever slot, with the last commit that was acknowledged or the one that was under way. */
  async #isWhole(): Promise<void> {
    await this.it.machine.says(/sluice-init: slot [ab],/, BOOT_MS);
    await this.it.answers();
    this.#bootWrites = this.#disk?.done.writes ?? this.#bootWrites;
    const found = Number((await this.it.contact()) || 0);
    if (found !== this.#acknowledged && found !== this.#acknowledged + 1)
      throw new Error(`${found} is there, ${this.#acknowledged} was acknowledged`);
    this.#acknowledged = found;
    if (/the data partition cannot be used/.test(this.it.machine.serial()))
      throw new Error('there is no data partition');
  }

  #commit(): Promise<void> {
    return this.it.netconf.count(this.#acknowledged + 1, (number) => {
      this.#acknowledged = number;
    });
  }

  /** A moment by the count of writes. */
  #writes(to: number, from = 0): (done: Done) => boolean {
    const at = from + 1 + Math.floor(this.#random() * (to - from));
    return ({ writes }) => writes >= at;
  }

  async #isTableBroken(): Promise<boolean> {
    const text = await run('bash', ['-c', 'sfdisk -d "$1" 2>&1', 'sfdisk', this.it.disk]);
    return /GPT.* corrupt/.test(text);
  }

  /** The other slot has a first block where everything behind it is there: the bundle is that of the slot that runs. */
  #checkOther(): void {
    if (readPartition(this.it.disk, partition('sluice-boot-b'), 4096).every((byte) => byte === 0)) return;
    for (const what of ['boot', 'root']) {
      const [a, b] = ['a', 'b'].map((slot) => readPartition(this.it.disk, partition(`sluice-${what}-${slot}`)));
      if (a?.compare(b as Buffer) !== 0)
        throw new Error(`${what} of the slot that was written is not whole, and it starts`);
    }
  }
}

/** Of the writes that were not flushed. */
const nothing = (): number => 0;

/** Mulberry32: evenly from 0 to 1. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function say(text: string): void {
  process.stdout.write(`[power] ${text}\n`);
}
