/** One YANG statement as written (RFC 7950 section 6.3), with its place. */
export interface Statement {
  /** `leaf`, or `prefix:extension`. */
  readonly keyword: string;
  readonly argument: string | undefined;
  readonly children: readonly Statement[];
  readonly file: string;
  readonly line: number;
  readonly column: number;
}
