/** Time that goes on while this process does not run, and that nobody sets: seconds since the kernel began. */
import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';

export interface BootClock {
  /** Another one after each boot of the machine. */
  readonly bootId: string;
  /** Seconds since that boot, suspended time included. */
  now(): number;
}

export function bootClock(): BootClock {
  return { bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(), now: uptime };
}
