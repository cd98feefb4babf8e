/**
 * The two slots of an appliance: what is in them, and a bundle's way into the one that is not running. The first block of
 * a slot's boot partition is cleared before and written after everything else, so that a slot is whole or does not start.
 */
import { createPublicKey } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { BundleError, CHUNK_BYTES, type Manifest, readBundle } from './bundle.ts';
import { BootEnvironment, type BootState, type SlotName } from './environment.ts';
import { Upload } from './upload.ts';

const HEAD_BYTES = 4096;

export interface SlotInfo {
  readonly name: SlotName;
  readonly state: 'booted' | 'inactive' | 'empty' | 'trial' | 'bad';
  readonly version: string | undefined;
  readonly buildTime: number | undefined;
}

export interface Install {
  readonly state: 'idle' | 'running' | 'done' | 'failed';
  readonly version: string | undefined;
  /** 0 to 100. */
  readonly percent: number;
  readonly error: string | undefined;
}

export interface SlotPlaces {
  /** The slot that runs. */
  readonly booted: SlotName;
  /** Device of a partition: `env`, `boot-a` … */
  readonly device: (name: string) => string;
  /** PEM; bundles have to be signed with it. */
  readonly bundleKey: string;
  /** What each slot holds, noted: `slot-a.json`. On the data partition. */
  readonly folder: string;
  readonly running: { readonly version: string; readonly buildTime: number };
}

/** What is done now does not go with what is going on. */
export class SlotsBusyError extends Error {}

export class Slots {
  readonly #places: SlotPlaces;
  readonly #environment: BootEnvironment;
  #upload: Upload | undefined;
  #install: Install = { state: 'idle', version: undefined, percent: 0, error: undefined };

  constructor(places: SlotPlaces) {
    this.#places = places;
    this.#environment = new BootEnvironment(places.device('env'));
  }

  get install(): Install {
    return this.#install;
  }

  /** The last one since the start. */
  get upload(): Upload | undefined {
    return this.#upload;
  }

  /** A bundle that is to come in chunks; otherwise as `installFrom`. */
  beginUpload(id: number, bytes: number, progress: (install: Install) => void, idleMs?: number): Upload {
    if (this.#install.state === 'running') throw new SlotsBusyError('a bundle is being installed');
    const upload = new Upload(id, bytes, idleMs);
    this.#upload = upload;
    upload.begin((source) => this.installFrom(source, progress));
    return upload;
  }

  state(): BootState {
    return this.#environment.read();
  }

  slots(): readonly SlotInfo[] {
    const { booted, running } = this.#places;
    const state = this.state();
    return (['a', 'b'] as const).map((name) => {
      if (name === booted) return { name, state: 'booted', ...running };
      const noted = this.#noted(name);
      const kind =
        state.bad === name ? 'bad' : state.trial === name ? 'trial' : noted === undefined ? 'empty' : 'inactive';
      return { name, state: kind, version: noted?.version, buildTime: noted?.buildTime };
    });
  }

  /**
   * Writes a bundle into the slot that does not run. Rejects with BundleError; the slot is empty then, unless nothing was
   * written yet. @param progress told at each whole percent
   */
  async installFrom(source: AsyncIterable<Buffer>, progress: (install: Install) => void): Promise<void> {
    if (this.#install.state === 'running') throw new SlotsBusyError('a bundle is being installed');
    const slot = this.#other();
    const tell = (next: Partial<Install>): void => {
      this.#install = { ...this.#install, ...next };
      progress(this.#install);
    };
    tell({ state: 'running', version: undefined, percent: 0, error: undefined });
    const devices = new Map<string, number>();
    try {
      await this.#write(source, slot, devices, tell);
      tell({ state: 'done', percent: 100 });
    } catch (error) {
      tell({ state: 'failed', error: (error as Error).message });
      throw error;
    } finally {
      for (const device of devices.values()) closeSync(device);
    }
  }

  /** The slot that does not run; throws where it could not be started. */
  checkOther(): SlotName {
    const slot = this.#other();
    if (this.#install.state === 'running') throw new SlotsBusyError('a bundle is being installed');
    if (this.#noted(slot) === undefined) throw new SlotsBusyError(`slot ${slot} holds nothing that could be started`);
    return slot;
  }

  /** The next boot tries the slot that does not run; a boot that is not confirmed is the last of it. */
  tryOther(): SlotName {
    const slot = this.checkOther();
    this.#environment.write({ ...this.state(), trial: slot, attempts: 0, bad: undefined });
    return slot;
  }

  /** The slot that does not run is booted from now on, with the configuration that it had. */
  returnToOther(): SlotName {
    const slot = this.checkOther();
    this.#environment.write({ slot, trial: undefined, attempts: 0, bad: undefined });
    return slot;
  }

  /** The slot that runs is good: it is the one that is booted from now on. */
  confirm(): void {
    const { booted } = this.#places;
    const { trial, bad } = this.state();
    // A trial that did not even reach its kernel: the boot loader went on to this slot.
    const failed = trial !== undefined && trial !== booted ? trial : bad;
    this.#environment.write({
      slot: booted,
      trial: undefined,
      attempts: 0,
      bad: failed === booted ? undefined : failed,
    });
    this.#note(booted, this.#places.running);
  }

  #other(): SlotName {
    return this.#places.booted === 'a' ? 'b' : 'a';
  }

  async #write(
    source: AsyncIterable<Buffer>,
    slot: SlotName,
    devices: Map<string, number>,
    tell: (next: Partial<Install>) => void,
  ): Promise<void> {
    const { device, bundleKey } = this.#places;
    let head: Buffer | undefined;
    let done = 0;
    let total = 0;
    let percent = 0;
    const manifest = await readBundle(
      source,
      createPublicKey(bundleKey),
      ({ version, images }) => {
        for (const { partition } of images) devices.set(partition, openSync(device(`${partition}-${slot}`), 'r+'));
        for (const { partition, bytes } of images) checkFits(partition, bytes, device(`${partition}-${slot}`));
        total = images.reduce((sum, { bytes }) => sum + bytes, 0);
        // From here on the slot holds nothing, and no trial of it is due.
        this.#environment.write({ ...this.state(), trial: undefined, attempts: 0, bad: undefined });
        this.#note(slot, undefined);
        put(devices.get('boot'), Buffer.alloc(HEAD_BYTES), 0);
        fsyncSync(devices.get('boot') ?? -1);
        tell({ version });
      },
      async ({ partition }, offset, chunk) => {
        const isHead = partition === 'boot' && offset === 0;
        if (isHead) head = Buffer.from(chunk.subarray(0, HEAD_BYTES));
        put(devices.get(partition), isHead ? chunk.subarray(HEAD_BYTES) : chunk, isHead ? HEAD_BYTES : offset);
        done += chunk.length;
        const now = Math.floor((done * 99) / total);
        if (now > percent) {
          percent = now;
          tell({ percent });
        }
        // What is dirty stays bounded, and others get their turn.
        if (offset % (16 * CHUNK_BYTES) === 0) fsyncSync(devices.get(partition) ?? -1);
        await new Promise((resolve) => setImmediate(resolve));
      },
    );
    for (const open of devices.values()) fsyncSync(open);
    if (head === undefined) throw new BundleError('the bundle has no boot image');
    put(devices.get('boot'), head, 0);
    fsyncSync(devices.get('boot') ?? -1);
    this.#note(slot, manifest);
  }

  #noted(slot: SlotName): { readonly version: string; readonly buildTime: number } | undefined {
    try {
      return JSON.parse(readFileSync(`${this.#places.folder}/slot-${slot}.json`, 'utf8')) ?? undefined;
    } catch {
      return undefined;
    }
  }

  #note(slot: SlotName, what: Pick<Manifest, 'version' | 'buildTime'> | undefined): void {
    const content = what === undefined ? null : { version: what.version, buildTime: what.buildTime };
    const file = `${this.#places.folder}/slot-${slot}.json`;
    const text = `${JSON.stringify(content)}\n`;
    if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
    // Renamed, so that neither a full disk nor a power cut leaves half of it.
    writeFileSync(`${file}.new`, text, { flush: true });
    renameSync(`${file}.new`, file);
  }
}

function put(device: number | undefined, bytes: Buffer, offset: number): void {
  if (device === undefined) throw new Error('the partition is not open');
  for (let done = 0; done < bytes.length; ) done += writeSync(device, bytes, done, bytes.length - done, offset + done);
}

/** Of a partition the kernel knows the size; a file of tests has any. */
function checkFits(partition: string, bytes: number, device: string): void {
  const name = device.split('/').at(-1) ?? '';
  let sectors: number;
  try {
    sectors = Number(readFileSync(`/sys/class/block/${name}/size`, 'latin1'));
  } catch {
    return;
  }
  if (bytes > sectors * 512)
    throw new BundleError(`${partition} of ${bytes} bytes does not fit its partition of ${sectors * 512}`);
}

/** The device of the partition with a name of ours, as GPT has it. */
export function partitionDevice(name: string): string {
  for (const block of readdirSync('/sys/class/block')) {
    const lines = readFileSync(`/sys/class/block/${block}/uevent`, 'utf8').split('\n');
    if (lines.includes(`PARTNAME=sluice-${name}`)) return `/dev/${block}`;
  }
  throw new Error(`no disk has a partition sluice-${name}`);
}
