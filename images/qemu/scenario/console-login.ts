/** The serial console of an appliance that nobody gave a password: it asks for one, and is the router's own shell from then on. */
import { writeFileSync } from 'node:fs';
import { Appliance, BOOT_MS, PASSWORD } from '../appliance.ts';

/** Each answer waits for a session of NETCONF, under emulation. */
const ANSWER_MS = 300_000;

export async function consoleLogin(image: string): Promise<string> {
  const it = await Appliance.make(image, 'qcow2', '');
  try {
    await it.powerOn();
    const terminal = new Terminal(it);
    await terminal.reads(/This router has no password yet\./, BOOT_MS);
    await terminal.answers(/Password for admin: /, 'short');
    await terminal.answers(/Once more: /, 'short');
    await terminal.reads(/It needs 8 characters\./);
    await terminal.answers(/Password for admin: /, PASSWORD);
    await terminal.answers(/Once more: /, PASSWORD);

    await terminal.answers(/Press Enter to log in\./, '');
    await terminal.answers(/login: /, 'admin');
    await terminal.answers(/password: /, 'not this one');
    await terminal.reads(/Login refused: /);
    await terminal.answers(/Press Enter to log in\./, '');
    await terminal.answers(/login: /, 'admin');
    await terminal.answers(/password: /, PASSWORD);

    await terminal.answers(/admin> /, 'show software');
    await terminal.reads(/^a +booted +\S+/m);
    await terminal.answers(/admin> /, 'show addresses');
    await terminal.reads(/10\.0\.2\.15\/24/);
    await terminal.answers(/admin> /, 'show log 5');
    await terminal.reads(/ sluice \S+\[\d+\]: /);
    await terminal.answers(/admin> /, 'no such thing');
    await terminal.reads(/show interfaces/);
    if (it.machine.serial().includes(PASSWORD)) throw new Error('the password was shown');
    // What was chosen there counts for NETCONF.
    writeFileSync(`${it.folder}/drive/password`, `${PASSWORD}\n`);
    await it.setContact('by NETCONF');

    await terminal.answers(/admin> /, 'restart');
    await terminal.reads(/sluice-init: slot a,/, BOOT_MS);
    await terminal.reads(/Press Enter to log in\./, BOOT_MS);
    if (terminal.sinceRestart().includes('no password yet')) throw new Error('it asks for a password again');
    return 'a password was chosen, a wrong one refused; the shell answers; a restart forgets nothing';
  } catch (error) {
    it.keepLog('build/image/console.log');
    throw error;
  } finally {
    await it.remove();
  }
}

/** The console, read onward: what was read is behind. */
class Terminal {
  readonly #it: Appliance;
  #at = 0;

  constructor(it: Appliance) {
    this.#it = it;
  }

  async reads(pattern: RegExp, timeoutMs = ANSWER_MS): Promise<void> {
    const found = await this.#it.machine.says(pattern, timeoutMs, this.#at);
    this.#at += found.index + found[0].length;
  }

  /** Types a line once the prompt is there. */
  async answers(prompt: RegExp, line: string): Promise<void> {
    await this.reads(prompt);
    this.#it.machine.type(`${line}\r`);
  }

  sinceRestart(): string {
    const text = this.#it.machine.serial();
    return text.slice(text.lastIndexOf('sluice-init: slot'));
  }
}
