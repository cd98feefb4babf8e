/** Timers beyond what setTimeout takes (24.8 days). */

const LONGEST_MS = 2_000_000_000;

/** Calls back at a time in milliseconds since 1970; returns how to stop that. Keeps no process running. */
export function at(time: number, callback: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const arm = (): void => {
    const wait = time - Date.now();
    timer = setTimeout(wait > LONGEST_MS ? arm : callback, Math.max(0, Math.min(wait, LONGEST_MS)));
    timer.unref();
  };
  arm();
  return () => clearTimeout(timer);
}

/** Milliseconds since 1970 of a yang:date-and-time; a leap second is the one before it. */
export function timeOf(dateAndTime: string): number {
  return Date.parse(dateAndTime.replace(/(T\d\d:\d\d):60/, '$1:59'));
}
