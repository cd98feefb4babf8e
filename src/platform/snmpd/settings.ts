/** What the SNMP engine is configured to be, as values (ietf-snmp, RFC 7407). */

export type SecurityModel = 'v2c' | 'usm';
export type SecurityLevel = 'no-auth-no-priv' | 'auth-no-priv' | 'auth-priv';
export type AuthProtocol = 'sha-224' | 'sha-256' | 'sha-384' | 'sha-512';

export interface Listen {
  readonly name: string;
  /** Instance path: where a refusal is reported. */
  readonly path: string;
  readonly address: string;
  readonly port: number;
}

export interface Community {
  readonly index: string;
  readonly community: string;
  readonly securityName: string;
  /** Prefixes (10.0.0.0/8) from which it is taken; undefined: from everywhere. */
  readonly sources: readonly string[] | undefined;
}

/** Keys are localized, in hexadecimal without colons. */
export interface User {
  readonly name: string;
  /** Of the engine that the user belongs to; undefined: this one. */
  readonly engineId?: string;
  readonly auth?: { readonly protocol: AuthProtocol; readonly key: string };
  readonly priv?: { readonly key: string };
}

export interface Access {
  readonly model: SecurityModel | 'any';
  readonly level: SecurityLevel;
  readonly read?: string;
  readonly notify?: string;
}

export interface Group {
  readonly name: string;
  readonly members: readonly { readonly securityName: string; readonly models: readonly SecurityModel[] }[];
  readonly access: readonly Access[];
}

/** Object identifiers in which a sub-identifier may be `*`. */
export interface ObjectView {
  readonly name: string;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

export interface Receiver {
  readonly target: string;
  readonly type: 'trap' | 'inform';
  readonly address: string;
  readonly port: number;
  readonly timeoutHundredths: number;
  readonly retries: number;
  readonly by:
    | { readonly model: 'v2c'; readonly community: string }
    | { readonly model: 'usm'; readonly user: string; readonly level: SecurityLevel; readonly engineId?: string };
}

export interface SnmpSettings {
  readonly enabled: boolean;
  readonly listen: readonly Listen[];
  readonly v2c: boolean;
  readonly v3: boolean;
  /** In hexadecimal without colons; undefined: the router's own. */
  readonly engineId: string | undefined;
  readonly authenticationTraps: boolean;
  readonly communities: readonly Community[];
  readonly users: readonly User[];
  readonly groups: readonly Group[];
  readonly views: readonly ObjectView[];
  readonly receivers: readonly Receiver[];
  /** Of ietf-system. */
  readonly location: string | undefined;
  readonly contact: string | undefined;
}

/** The target that acts on them. */
export const SNMP_TARGET = 'snmp';
