/** Filters of subscriptions: their own, and those of /filters (RFC 8639 section 2.2, RFC 8641 section 3.6). */
import type { KeySpace } from '../../../../datastore/key/key.ts';
import type { Row, View } from '../../../../datastore/view/view.ts';
import { findNode, findValue } from '../../../../yang/data/find.ts';
import type { DataNode } from '../../../../yang/data/node.ts';
import { FaultError } from '../../../../yang/fault.ts';
import type { ListNode } from '../../../../yang/schema/node.ts';
import type { Filter } from '../../filter/filter.ts';
import { subtreeFilter, xpathFilter } from '../../filter/stored.ts';
import { type ErrorStructure, PUSH, SUBSCRIBED, subscriptionFault } from './errors.ts';
import type { FilterTerms, Terms } from './terms.ts';

export const FILTERS = `/${SUBSCRIBED}:filters`;

type Kind = 'stream' | 'datastore';

/** Lists of configured filters, and the parameters that refer to them. */
const LISTS = {
  stream: { list: `${FILTERS}/stream-filter`, reference: 'stream-filter-name' },
  datastore: { list: `${FILTERS}/${PUSH}:selection-filter`, reference: 'selection-filter-ref' },
} as const;

export class Filters {
  readonly #keys: KeySpace;

  constructor(keys: KeySpace) {
    this.#keys = keys;
  }

  ofStream(input: readonly DataNode[], running: View, structure: ErrorStructure): FilterTerms | undefined {
    return this.#read('stream', input, running, structure);
  }

  ofDatastore(input: readonly DataNode[], running: View, structure: ErrorStructure): FilterTerms | undefined {
    return this.#read('datastore', input, running, structure);
  }

  /** The terms with the configured filter as it is now; undefined: it is gone, or cannot be used any more. */
  renewed(terms: Terms, running: View): Terms | undefined {
    const name = terms.filter?.name;
    if (name === undefined) return terms;
    try {
      const filter = this.#configured(terms.kind, name, running);
      return filter === undefined ? undefined : { ...terms, filter: { name, filter } };
    } catch (error) {
      if (error instanceof FaultError) return undefined;
      throw error;
    }
  }

  #read(kind: Kind, input: readonly DataNode[], running: View, structure: ErrorStructure): FilterTerms | undefined {
    const name = findValue(input, LISTS[kind].reference);
    const xml = findNode(input, `${kind}-subtree-filter`)?.xml;
    const xpath = findValue(input, `${kind}-xpath-filter`);
    try {
      if (name !== undefined) return { name, filter: this.#referred(kind, name, running) };
      if (xml !== undefined) return { xml, filter: subtreeFilter(this.#keys.schema, xml) };
      return xpath === undefined ? undefined : { xpath, filter: xpathFilter(xpath) };
    } catch (error) {
      const fault = error instanceof FaultError ? error.faults[0] : undefined;
      if (fault === undefined || fault.appTag === 'instance-required') throw error;
      throw subscriptionFault('filter-unsupported', fault.message, structure, { 'filter-failure-hint': fault.message });
    }
  }

  #referred(kind: Kind, name: string, running: View): Filter {
    const filter = this.#configured(kind, name, running);
    if (filter !== undefined) return filter;
    throw new FaultError({
      type: 'application',
      tag: 'data-missing',
      appTag: 'instance-required',
      message: `There is no filter ${name} in ${LISTS[kind].list}.`,
      info: [{ name: 'bad-element', value: LISTS[kind].reference }],
    });
  }

  #configured(kind: Kind, name: string, running: View): Filter | undefined {
    const { schema } = this.#keys;
    const top = schema.find(FILTERS);
    const list = schema.find(LISTS[kind].list) as ListNode | undefined;
    if (top?.kind !== 'container' || list === undefined) return undefined;
    const row = running.get(this.#keys.child(this.#keys.child('', top), list, [name]));
    return row && this.#inRow(kind, row);
  }

  /** An entry without a filter selects nothing. */
  #inRow(kind: Kind, row: Row): Filter {
    for (const [leaf, value] of row.leaves) {
      if (leaf.name === `${kind}-xpath-filter`) return xpathFilter(value);
      if (leaf.name === `${kind}-subtree-filter`) return subtreeFilter(this.#keys.schema, value);
    }
    return { kind: 'subtree', elements: [] };
  }
}
