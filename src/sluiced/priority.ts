/** How sluiced shares a core with what else runs on the machine. */
import { setPriority } from 'node:os';

/** Of the main thread, in nice. The engine's workers and its control thread take -10 (native/main/priority.c). */
const NICE = -5;

/**
 * Block points wait for the main thread: once it is ready it goes before other programs (snmpd, FRR's slow work, an operator's
 * shell). Its start, which is seconds of compiling, does not.
 */
export function takePriority(log: (message: string) => void): void {
  try {
    setPriority(NICE);
  } catch (error) {
    log(`goes on without priority: ${error instanceof Error ? error.message : error}`);
  }
}
