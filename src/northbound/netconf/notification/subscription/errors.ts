/** Errors of the rpcs on subscriptions, as RFC 8640 section 7 gives them NETCONF's form. */
import { type ErrorTag, FaultError, type FaultInfo } from '../../../../yang/fault.ts';

export const SUBSCRIBED = 'ietf-subscribed-notifications';
export const PUSH = 'ietf-yang-push';

/** Identities of RFC 8639 section 2.4.6 and RFC 8641 appendix A.1, with the module that has them and their error-tag. */
const IDENTITIES = {
  'encoding-unsupported': [SUBSCRIBED, 'invalid-value'],
  'filter-unsupported': [SUBSCRIBED, 'invalid-value'],
  'insufficient-resources': [SUBSCRIBED, 'resource-denied'],
  'no-such-subscription': [SUBSCRIBED, 'invalid-value'],
  'replay-unsupported': [SUBSCRIBED, 'operation-not-supported'],
  'cant-exclude': [PUSH, 'operation-not-supported'],
  'datastore-not-subscribable': [PUSH, 'invalid-value'],
  'no-such-subscription-resync': [PUSH, 'invalid-value'],
  'on-change-unsupported': [PUSH, 'operation-not-supported'],
  'on-change-sync-unsupported': [PUSH, 'operation-not-supported'],
  'period-unsupported': [PUSH, 'invalid-value'],
  'update-too-big': [PUSH, 'too-big'],
  'sync-too-big': [PUSH, 'too-big'],
  'unchanging-selection': [PUSH, 'operation-failed'],
} as const satisfies Readonly<Record<string, readonly [module: string, tag: ErrorTag]>>;

export type ErrorIdentity = keyof typeof IDENTITIES;

/** What the error's yang-data is of: it holds hints, and is left out where there are none. */
export type ErrorStructure =
  | 'establish-subscription-stream-error-info'
  | 'modify-subscription-stream-error-info'
  | 'establish-subscription-datastore-error-info'
  | 'modify-subscription-datastore-error-info';

export interface Hints {
  readonly 'filter-failure-hint'?: string;
  /** Centiseconds. */
  readonly 'period-hint'?: number;
}

export function subscriptionFault(
  identity: ErrorIdentity,
  message: string,
  structure?: ErrorStructure,
  hints: Hints = {},
): FaultError {
  const [module, tag] = IDENTITIES[identity];
  const children = Object.entries(hints).map(([name, value]): FaultInfo => {
    return { name, value: String(value), module: structure?.includes('datastore') ? PUSH : SUBSCRIBED };
  });
  const hasHints = structure !== undefined && children.length > 0;
  return new FaultError({
    type: 'application',
    tag,
    appTag: `${module}:${identity}`,
    message,
    ...(hasHints
      ? {
          info: [{ name: structure, value: '', module: structure.includes('datastore') ? PUSH : SUBSCRIBED, children }],
        }
      : {}),
  });
}
