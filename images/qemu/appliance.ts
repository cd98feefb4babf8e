/** One appliance for a test: its disk, its machine, booted as often as wanted, and NETCONF to it. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { until } from '../../lab/run.ts';
import { freePort } from '../../test/snmp.ts';
import { overlay } from './image.ts';
import { answers, Machine } from './machine.ts';
import { Netconf } from './netconf.ts';

/** With jobs beside it a boot takes several times as long as alone. */
export const BOOT_MS = 900_000;

export class Appliance {
  readonly folder: string;
  readonly netconf: Netconf;
  readonly #ports: { readonly netconf: number; readonly snmp: number };
  #machine: Machine | undefined;

  private constructor(folder: string, ports: { netconf: number; snmp: number }) {
    this.folder = folder;
    this.#ports = ports;
    this.netconf = new Netconf(ports.netconf, `${folder}/drive/password`);
  }

  static async make(image: string, size = '4G'): Promise<Appliance> {
    const folder = mkdtempSync('/tmp/sluice-image-');
    mkdirSync(`${folder}/drive`);
    writeFileSync(`${folder}/drive/password`, 'not a secret of anybody\n');
    await overlay(image, `${folder}/disk.qcow2`, size);
    return new Appliance(folder, { netconf: await freePort(), snmp: await freePort() });
  }

  get machine(): Machine {
    if (this.#machine === undefined) throw new Error('the machine is not on');
    return this.#machine;
  }

  async powerOn(firmware: 'bios' | 'uefi' = 'bios'): Promise<void> {
    this.#machine = await Machine.start({
      disk: `${this.folder}/disk.qcow2`,
      format: 'qcow2',
      folder: this.folder,
      firmware,
      ports: [],
      netconfPort: this.#ports.netconf,
      snmpPort: this.#ports.snmp,
      configDrive: `${this.folder}/drive`,
      memoryMegabytes: 1024,
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
    await answers(this.#ports.netconf, BOOT_MS);
    await until('a session', BOOT_MS, () => this.contact().catch(() => undefined));
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
