/** One appliance for a test: its disk, its machine, booted as often as wanted, and NETCONF to it. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { run, until } from '../../lab/run.ts';
import { freePort } from '../../test/snmp.ts';
import { overlay, rawCopy } from './image.ts';
import { Machine, type MachineOptions } from './machine.ts';
import { Netconf } from './netconf.ts';

/** With jobs beside it a boot takes several times as long as alone. */
export const BOOT_MS = 900_000;
/** Of the user admin, on the config drive. */
export const PASSWORD = 'not a secret of anybody';

export class Appliance {
  readonly folder: string;
  readonly netconf: Netconf;
  readonly disk: string;
  readonly #format: 'raw' | 'qcow2';
  readonly #ports: { readonly netconf: number; readonly snmp: number };
  #machine: Machine | undefined;

  private constructor(folder: string, format: 'raw' | 'qcow2', ports: { netconf: number; snmp: number }) {
    this.folder = folder;
    this.disk = `${folder}/disk.${format}`;
    this.#format = format;
    this.#ports = ports;
    this.netconf = new Netconf(ports.netconf, `${folder}/drive/password`);
  }

  /**
   * With an overlay as its disk, or a raw disk that others can look at while the power is off.
   * @param password on the config drive; empty: none
   */
  static async make(image: string, format: 'raw' | 'qcow2' = 'qcow2', password = PASSWORD): Promise<Appliance> {
    const folder = mkdtempSync('/tmp/sluice-image-');
    mkdirSync(`${folder}/drive`);
    if (password !== '') writeFileSync(`${folder}/drive/password`, `${password}\n`);
    const it = new Appliance(folder, format, { netconf: await freePort(), snmp: await freePort() });
    await (format === 'raw' ? rawCopy(image, it.disk) : overlay(image, it.disk, '4G'));
    return it;
  }

  /**
   * In slot a, found good after its first boot. The boot, minutes under emulation, is one for all that use the image:
   * the machine that was running is kept beside it.
   */
  static async running(image: string): Promise<Appliance> {
    const kept = `${dirname(image)}/running`;
    const key = `${image} ${statSync(image).mtimeMs}`;
    if (!existsSync(`${kept}/key`) || readFileSync(`${kept}/key`, 'utf8') !== key) await keepRunning(image, kept, key);
    const it = await Appliance.make(`${kept}/disk.qcow2`);
    await it.powerOn(it.disk, { running: `${kept}/machine` });
    await it.answers();
    return it;
  }

  get machine(): Machine {
    if (this.#machine === undefined) throw new Error('the machine is not on');
    return this.#machine;
  }

  /** @param disk where it is to be had, if not as a file */
  async powerOn(disk = this.disk, more: Pick<MachineOptions, 'running' | 'endsAtRestart'> = {}): Promise<void> {
    this.#machine = await Machine.start({
      disk,
      format: this.#format,
      folder: this.folder,
      firmware: 'bios',
      ports: [],
      netconfPort: this.#ports.netconf,
      snmpPort: this.#ports.snmp,
      configDrive: `${this.folder}/drive`,
      memoryMegabytes: 1024,
      ...more,
    });
  }

  async powerOff(): Promise<void> {
    await this.#machine?.kill();
  }

  /** Where the serial console is now: what is said later is behind it. */
  mark(): number {
    return this.machine.serial().length;
  }

  /** Waits for a boot of this slot, then until its NETCONF answers. */
  async isUp(slot: 'a' | 'b', from = 0): Promise<void> {
    await this.machine.says(new RegExp(`sluice-init: slot ${slot},`), BOOT_MS, from);
    await this.answers();
  }

  async answers(): Promise<void> {
    await this.machine.answers(BOOT_MS);
    await until('a session', BOOT_MS, () => {
      if (!this.machine.isRunning) throw new Error('the machine ended before there was a session');
      return this.contact().catch(() => undefined);
    });
  }

  /** Waits until the slot that runs was found good. */
  async isGood(from = 0): Promise<void> {
    await this.machine.says(/this slot is good/, BOOT_MS, from);
  }

  /** Sets a leaf that is easy to look at. */
  async setContact(text: string): Promise<void> {
    await this.netconf.edit(
      `<system xmlns="urn:ietf:params:xml:ns:yang:ietf-system"><contact>${text}</contact></system>`,
    );
  }

  async contact(): Promise<string> {
    const data = await this.netconf.get('<system xmlns="urn:ietf:params:xml:ns:yang:ietf-system"><contact/></system>');
    return /<contact>([^<]*)</.exec(data)?.[1] ?? '';
  }

  /** `a booted 1.2, b empty` */
  async slots(): Promise<string> {
    const data = await this.netconf.get('<software xmlns="urn:sluice:yang:sluice-software"/>');
    return [...data.matchAll(/<slot>(.*?)<\/slot>/gs)]
      .map(([, slot = '']) => {
        const leaf = (name: string): string => new RegExp(`<${name}>([^<]*)<`).exec(slot)?.[1] ?? '';
        return `${leaf('name')} ${leaf('state')} ${leaf('version')}`.trim();
      })
      .join(', ');
  }

  async installState(): Promise<string> {
    const data = await this.netconf.get('<software xmlns="urn:sluice:yang:sluice-software"><install/></software>');
    return /<state>([^<]*)</.exec(data)?.[1] ?? '';
  }

  software(operation: string, input = ''): Promise<string> {
    return this.netconf.rpc(`<${operation} xmlns="urn:sluice:yang:sluice-software">${input}</${operation}>`);
  }

  keepLog(name: string): void {
    copyFileSync(this.machine.serialLog, name);
  }

  async remove(): Promise<void> {
    await this.powerOff();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function keepRunning(image: string, folder: string, key: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const it = await Appliance.make(image);
  try {
    await it.powerOn();
    await it.isUp('a');
    await it.isGood();
    await it.machine.saveAndEnd(`${folder}/machine`);
    await run('cp', [it.disk, `${folder}/disk.qcow2`]);
    writeFileSync(`${folder}/key`, key);
  } catch (error) {
    it.keepLog('build/image/running.log');
    throw error;
  } finally {
    await it.remove();
  }
}
