/**
 * Writes the annotation `or:origin` (RFC 8342 section 7) on configuration: where it is not what the parent has. The prefix
 * `or` is declared further out.
 */
import type { Origins } from '../../../commit/operational/origins.ts';
import type { ElementSink } from '../../../datastore/reading/walk.ts';
import type { Row, RowKey } from '../../../datastore/view/view.ts';
import type { XmlWriter } from '../../../yang/codec/xml-writer.ts';
import type { DataSchemaNode } from '../../../yang/schema/node.ts';

export const ORIGIN_NAMESPACE = 'urn:ietf:params:xml:ns:yang:ietf-origin';

export class OriginSink implements ElementSink {
  readonly #writer: XmlWriter;
  readonly #origins: Origins;
  /** The origin that holds inside of each open element. */
  readonly #inside: (string | undefined)[] = [];
  /** Of the element that comes next; undefined: it has none. */
  #next: string | undefined;

  constructor(writer: XmlWriter, origins: Origins) {
    this.#writer = writer;
    this.#origins = origins;
  }

  get length(): number {
    return this.#writer.length;
  }

  readonly announce = (node: DataSchemaNode, key: RowKey, _row: Row | undefined, isDefault: boolean): void => {
    if (!node.config) this.#next = undefined;
    else if (isDefault) this.#next = 'ietf-origin:default';
    // Only presence gives a container an origin of its own; but for the top, from which all inherit.
    else if (node.kind === 'container' && !node.presence && node.dataParent !== undefined) this.#next = this.#around;
    else this.#next = this.#origins.of(node, key);
  };

  openElement(node: DataSchemaNode): void {
    this.#writer.openElement(node, this.#attribute());
    this.#inside.push(this.#next ?? this.#around);
  }

  close(): void {
    this.#inside.pop();
    this.#writer.close();
  }

  leaf(node: Extract<DataSchemaNode, { kind: 'leaf' | 'leaf-list' }>, value: string, asDefault?: boolean): void {
    this.#writer.leaf(node, value, asDefault, this.#attribute());
  }

  anydata(node: DataSchemaNode, xml: string): void {
    this.#writer.anydata(node, xml, this.#attribute());
  }

  get #around(): string | undefined {
    return this.#inside.at(-1);
  }

  #attribute(): string {
    const origin = this.#next;
    if (origin === undefined || origin === this.#around) return '';
    return ` or:origin="${origin.replace('ietf-origin:', 'or:')}"`;
  }
}
