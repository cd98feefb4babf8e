/** The text is no XPath 1.0 expression. `compile.ts` turns it into the module's or the client's error. */
export class XPathSyntaxError extends Error {
  /** Offset in the source, from 0. */
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.name = 'XPathSyntaxError';
    this.at = at;
  }
}
