/** Where something is written in a YANG file; lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A YANG module cannot be used: it breaks RFC 7950 at this place. The message begins with `file:line:column: `. */
export class ModuleError extends Error {
  readonly place: Place;
  /** Without the place. */
  readonly reason: string;

  constructor(place: Place, reason: string) {
    super(`${place.file}:${place.line}:${place.column}: ${reason}`);
    this.name = 'ModuleError';
    this.place = { file: place.file, line: place.line, column: place.column };
    this.reason = reason;
  }
}

/** `file:line`, for naming a second place inside a reason. */
export function at(place: Place): string {
  return `${place.file}:${place.line}`;
}
