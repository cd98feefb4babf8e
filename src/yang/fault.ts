/**
 * A failure that a client caused or must hear of, with everything an `rpc-error` needs
 * (RFC 6241 section 4.3 and appendix A). Northbound protocols map it in one place each.
 */
export type ErrorType = 'transport' | 'rpc' | 'protocol' | 'application';

/** RFC 6241 appendix A. */
export type ErrorTag =
  | 'in-use'
  | 'invalid-value'
  | 'too-big'
  | 'missing-attribute'
  | 'bad-attribute'
  | 'unknown-attribute'
  | 'missing-element'
  | 'bad-element'
  | 'unknown-element'
  | 'unknown-namespace'
  | 'access-denied'
  | 'lock-denied'
  | 'resource-denied'
  | 'rollback-failed'
  | 'data-exists'
  | 'data-missing'
  | 'operation-not-supported'
  | 'operation-failed'
  | 'malformed-message';

/**
 * One child of `<error-info>`; without a module it is in NETCONF's base namespace, with the module name `yang` in YANG's
 * own, `urn:ietf:params:xml:ns:yang:1` (`non-unique`, `missing-choice`).
 */
export interface FaultInfo {
  readonly name: string;
  readonly value: string;
  readonly module?: string;
  /** The value is an instance path like `Fault.path` and is printed as such. */
  readonly isPath?: boolean;
  /** The element holds these instead of a value. */
  readonly children?: readonly FaultInfo[];
}

export interface Fault {
  readonly type: ErrorType;
  readonly tag: ErrorTag;
  /** RFC 7950 section 15 (`data-not-unique`, `must-violation`, …) or the model's own `error-app-tag`. */
  readonly appTag?: string;
  /**
   * Instance path with module names as prefixes where the module changes (RFC 7951 section 6.11):
   * `/ietf-interfaces:interfaces/interface[name='uplink1']/mtu`. Northbound gives it the protocol's form.
   */
  readonly path?: string;
  /** A sentence for people that names what was wrong and, where there is one, what would be right. */
  readonly message: string;
  readonly info?: readonly FaultInfo[];
  /** Instance paths, besides `path`, that the message speaks of: who may not read them is not shown the message. */
  readonly mentions?: readonly string[];
}

/** Carries faults up to the one place that turns them into the protocol's errors. Bugs throw plain errors. */
export class FaultError extends Error {
  readonly faults: readonly Fault[];

  constructor(...faults: Fault[]) {
    super(faults.map((fault) => (fault.path ? `${fault.path}: ${fault.message}` : fault.message)).join('; '));
    this.name = 'FaultError';
    this.faults = faults;
  }
}
