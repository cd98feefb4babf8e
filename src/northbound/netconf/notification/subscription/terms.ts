/** What a subscription is about, read from the input of an rpc and written into state and notifications. */
import type { View } from '../../../../datastore/view/view.ts';
import { dateAndTime } from '../../../../features/time.ts';
import type { PlainData } from '../../../../yang/data/build.ts';
import { findAll, findNode, findValue } from '../../../../yang/data/find.ts';
import type { DataNode } from '../../../../yang/data/node.ts';
import { FaultError } from '../../../../yang/fault.ts';
import type { Filter } from '../../filter/filter.ts';
import { type EventStream, eventStream } from '../event-streams.ts';
import { timeOf } from '../timer.ts';
import { type ErrorStructure, PUSH, SUBSCRIBED, subscriptionFault } from './errors.ts';
import type { Filters } from './filters.ts';

/** A filter with where it comes from. */
export interface FilterTerms {
  /** Name of the configured filter that it is. */
  readonly name?: string;
  /** Subtree filter of the subscription's own, as XML. */
  readonly xml?: string;
  /** XPath filter of the subscription's own, prefixes being module names. */
  readonly xpath?: string;
  readonly filter: Filter;
}

export interface StreamTerms {
  readonly kind: 'stream';
  readonly stream: EventStream;
  readonly filter?: FilterTerms;
  /** Milliseconds since 1970, as all times here. */
  readonly replayFrom?: number;
  readonly stopAt?: number;
}

export type ChangeType = 'create' | 'delete' | 'insert' | 'move' | 'replace';

export type Trigger =
  | { readonly kind: 'periodic'; readonly periodMs: number; readonly anchor?: number }
  | {
      readonly kind: 'on-change';
      readonly dampeningMs: number;
      readonly syncOnStart: boolean;
      readonly excluded: ReadonlySet<ChangeType>;
    };

export interface DatastoreTerms {
  readonly kind: 'datastore';
  /** Identity: `ietf-datastores:operational`. */
  readonly datastore: string;
  readonly filter?: FilterTerms;
  readonly stopAt?: number;
  readonly trigger: Trigger;
}

export type Terms = StreamTerms | DatastoreTerms;

/** The terms of establish-subscription. Throws a FaultError. */
export function readTerms(input: readonly DataNode[], filters: Filters, running: View): Terms {
  const encoding = findValue(input, 'encoding');
  if (encoding !== undefined && encoding !== `${SUBSCRIBED}:encode-xml`) {
    throw subscriptionFault('encoding-unsupported', 'Notifications are sent as XML.');
  }
  const datastore = findValue(input, 'datastore');
  return datastore === undefined
    ? streamTerms(input, filters, running)
    : datastoreTerms(input, datastore, filters, running);
}

/** The terms of modify-subscription: what is left out of what can be changed is so from now on. Throws a FaultError. */
export function modifiedTerms(input: readonly DataNode[], old: Terms, filters: Filters, running: View): Terms {
  const datastore = findValue(input, 'datastore');
  if (old.kind === 'stream') {
    if (datastore !== undefined) throw misplaced('datastore', 'The subscription is to an event stream.');
    refuseTrigger(input);
    const { stream, replayFrom } = old;
    const filter = filters.ofStream(input, running, 'modify-subscription-stream-error-info');
    return { kind: 'stream', stream, ...given({ replayFrom, filter, stopAt: stopTime(input, undefined) }) };
  }
  if (datastore !== old.datastore) {
    throw misplaced(
      datastore === undefined ? 'stream-filter-name' : 'datastore',
      `The subscription is to ${old.datastore}; which datastore it is to cannot be changed.`,
    );
  }
  const structure = 'modify-subscription-datastore-error-info';
  const filter = filters.ofDatastore(input, running, structure);
  const trigger = readTrigger(input, structure, old.trigger) ?? old.trigger;
  if (trigger.kind !== old.trigger.kind) {
    throw misplaced(trigger.kind, `The subscription is ${old.trigger.kind}, which cannot be changed.`);
  }
  return { kind: 'datastore', datastore, trigger, ...given({ filter, stopAt: stopTime(input, undefined) }) };
}

function streamTerms(input: readonly DataNode[], filters: Filters, running: View): StreamTerms {
  refuseTrigger(input);
  const name = findValue(input, 'stream') ?? '';
  const stream = eventStream(name);
  if (stream === undefined) {
    throw new FaultError({
      type: 'application',
      tag: 'invalid-value',
      path: `/${SUBSCRIBED}:establish-subscription/stream`,
      message: `There is no event stream ${name}.`,
      info: [{ name: 'bad-element', value: 'stream' }],
    });
  }
  const filter = filters.ofStream(input, running, 'establish-subscription-stream-error-info');
  const start = findValue(input, 'replay-start-time');
  const replayFrom = start === undefined ? undefined : timeOf(start);
  if (replayFrom !== undefined && replayFrom >= Date.now()) {
    throw badTime('replay-start-time', 'A replay begins in the past.');
  }
  return { kind: 'stream', stream, ...given({ filter, replayFrom, stopAt: stopTime(input, replayFrom) }) };
}

function datastoreTerms(
  input: readonly DataNode[],
  datastore: string,
  filters: Filters,
  running: View,
): DatastoreTerms {
  const structure = 'establish-subscription-datastore-error-info';
  const trigger = readTrigger(input, structure);
  if (trigger === undefined) {
    throw new FaultError({
      type: 'application',
      tag: 'data-missing',
      appTag: 'missing-choice',
      path: `/${SUBSCRIBED}:establish-subscription`,
      message: 'A subscription to a datastore is periodic or on-change.',
      info: [{ name: 'missing-choice', value: 'update-trigger', module: 'yang' }],
    });
  }
  const filter = filters.ofDatastore(input, running, structure);
  return { kind: 'datastore', datastore, trigger, ...given({ filter, stopAt: stopTime(input, undefined) }) };
}

/** The shortest period and, where there is one at all, dampening period: RFC 9196 tells of it. */
export const MINIMUM_PERIOD_MS = 100;

function readTrigger(input: readonly DataNode[], structure: ErrorStructure, old?: Trigger): Trigger | undefined {
  const periodic = findNode(input, 'periodic');
  if (periodic !== undefined) {
    const periodMs = Number(findValue(periodic.children, 'period')) * 10;
    if (periodMs < MINIMUM_PERIOD_MS) {
      throw subscriptionFault('period-unsupported', 'The period is too short.', structure, {
        'period-hint': MINIMUM_PERIOD_MS / 10,
      });
    }
    const anchor = findValue(periodic.children, 'anchor-time');
    return { kind: 'periodic', periodMs, ...(anchor === undefined ? {} : { anchor: timeOf(anchor) }) };
  }
  const onChange = findNode(input, 'on-change');
  if (onChange === undefined) return undefined;
  const dampeningMs = Number(findValue(onChange.children, 'dampening-period') ?? 0) * 10;
  const fixed =
    old?.kind === 'on-change'
      ? old
      : {
          syncOnStart: findValue(onChange.children, 'sync-on-start') !== 'false',
          excluded: new Set(
            findAll(onChange.children, 'excluded-change').map(({ value }) => value as ChangeType),
          ) as ReadonlySet<ChangeType>,
        };
  return { kind: 'on-change', dampeningMs, syncOnStart: fixed.syncOnStart, excluded: fixed.excluded };
}

function refuseTrigger(input: readonly DataNode[]): void {
  for (const name of ['periodic', 'on-change']) {
    if (findNode(input, name) !== undefined) throw misplaced(name, 'Events of a stream come when they happen.');
  }
}

function stopTime(input: readonly DataNode[], replayFrom: number | undefined): number | undefined {
  const text = findValue(input, 'stop-time');
  if (text === undefined) return undefined;
  const time = timeOf(text);
  if (replayFrom !== undefined && time <= replayFrom) throw badTime('stop-time', 'It is not after the replay begins.');
  if (replayFrom === undefined && time <= Date.now()) throw badTime('stop-time', 'It has passed.');
  return time;
}

function badTime(element: string, message: string): FaultError {
  return new FaultError({
    type: 'application',
    tag: 'invalid-value',
    message,
    info: [{ name: 'bad-element', value: element }],
  });
}

function misplaced(element: string, message: string): FaultError {
  return new FaultError({
    type: 'application',
    tag: 'bad-element',
    message,
    info: [{ name: 'bad-element', value: element }],
  });
}

/** Without what is undefined. */
function given<T extends object>(parts: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as T;
}

/** The terms as children of a subscription, a subscription-modified, …. */
export function termsData(terms: Terms): PlainData {
  const stop = terms.stopAt === undefined ? undefined : dateAndTime(new Date(terms.stopAt));
  const encoding = `${SUBSCRIBED}:encode-xml`;
  const { filter } = terms;
  if (terms.kind === 'stream') {
    return {
      'stream-filter-name': filter?.name,
      'stream-subtree-filter': filter?.xml,
      'stream-xpath-filter': filter?.xpath,
      stream: terms.stream.name,
      'replay-start-time': terms.replayFrom === undefined ? undefined : dateAndTime(new Date(terms.replayFrom)),
      'stop-time': stop,
      encoding,
    };
  }
  return {
    [`${PUSH}:datastore`]: terms.datastore,
    [`${PUSH}:selection-filter-ref`]: filter?.name,
    [`${PUSH}:datastore-subtree-filter`]: filter?.xml,
    [`${PUSH}:datastore-xpath-filter`]: filter?.xpath,
    'stop-time': stop,
    encoding,
    ...triggerData(terms.trigger),
  };
}

function triggerData(trigger: Trigger): PlainData {
  if (trigger.kind === 'periodic') {
    const anchor = trigger.anchor === undefined ? undefined : dateAndTime(new Date(trigger.anchor));
    return { [`${PUSH}:periodic`]: { period: trigger.periodMs / 10, 'anchor-time': anchor } };
  }
  return {
    [`${PUSH}:on-change`]: {
      'dampening-period': trigger.dampeningMs / 10,
      'sync-on-start': trigger.syncOnStart,
      'excluded-change': [...trigger.excluded],
    },
  };
}
