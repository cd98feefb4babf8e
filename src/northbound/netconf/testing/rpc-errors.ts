/** For tests: the rpc-errors of a reply, and whether they are as RFC 6241 appendix A has them. */
import assert from 'node:assert/strict';
import type { ErrorTag, ErrorType } from '../../../yang/fault.ts';

export interface ReadError {
  readonly type: string;
  readonly tag: string;
  readonly appTag?: string;
  readonly path?: string;
  readonly message: string;
  /** Children of error-info, `name=value`, or `{namespace}name=value` where it is not NETCONF's. */
  readonly info?: readonly string[];
}

export interface Rule {
  readonly types: readonly ErrorType[];
  /** What error-info has to hold. Other tags may only have what an app-tag of RFC 7950 section 15 brings. */
  readonly info: readonly string[];
}

const PROTOCOL: readonly ErrorType[] = ['protocol', 'application'];
const RPC: readonly ErrorType[] = ['rpc', ...PROTOCOL];
const ALL: readonly ErrorType[] = ['transport', ...RPC];

/** RFC 6241 appendix A. */
export const APPENDIX_A: Readonly<Record<ErrorTag, Rule>> = {
  'in-use': { types: PROTOCOL, info: [] },
  'invalid-value': { types: PROTOCOL, info: [] },
  'too-big': { types: ALL, info: [] },
  'missing-attribute': { types: RPC, info: ['bad-attribute', 'bad-element'] },
  'bad-attribute': { types: RPC, info: ['bad-attribute', 'bad-element'] },
  'unknown-attribute': { types: RPC, info: ['bad-attribute', 'bad-element'] },
  'missing-element': { types: PROTOCOL, info: ['bad-element'] },
  'bad-element': { types: PROTOCOL, info: ['bad-element'] },
  'unknown-element': { types: PROTOCOL, info: ['bad-element'] },
  'unknown-namespace': { types: PROTOCOL, info: ['bad-element', 'bad-namespace'] },
  'access-denied': { types: PROTOCOL, info: [] },
  'lock-denied': { types: ['protocol'], info: ['session-id'] },
  'resource-denied': { types: ALL, info: [] },
  'rollback-failed': { types: PROTOCOL, info: [] },
  'data-exists': { types: ['application'], info: [] },
  'data-missing': { types: ['application'], info: [] },
  'operation-not-supported': { types: PROTOCOL, info: [] },
  'operation-failed': { types: RPC, info: [] },
  'malformed-message': { types: ['rpc'], info: [] },
};

/** RFC 7950 section 15: what error-info holds besides. */
const BY_APP_TAG: Readonly<Record<string, string>> = {
  'data-not-unique': '{urn:ietf:params:xml:ns:yang:1}non-unique',
  'missing-choice': '{urn:ietf:params:xml:ns:yang:1}missing-choice',
};

export function rpcErrors(reply: string): readonly ReadError[] {
  return [...reply.matchAll(/<rpc-error>(.*?)<\/rpc-error>/gs)].map(([, xml = '']) => {
    const text = (name: string) => new RegExp(`<${name}(?: [^>]*)?>([^<]*)</${name}>`).exec(xml)?.[1];
    const [appTag, path] = [text('error-app-tag'), text('error-path')];
    const inside = /<error-info>(.*?)<\/error-info>/s.exec(xml)?.[1];
    const info = [...(inside ?? '').matchAll(/<([\w-]+)((?: [^>]*)?)>([^<]*)<\/\1>/g)].map(
      ([, name, attributes, value]) => {
        const namespace = / xmlns="([^"]*)"/.exec(attributes ?? '')?.[1];
        return `${namespace === undefined ? '' : `{${namespace}}`}${name}=${value}`;
      },
    );
    return {
      type: text('error-type') ?? '',
      tag: text('error-tag') ?? '',
      ...(appTag === undefined ? {} : { appTag }),
      ...(path === undefined ? {} : { path: path.replaceAll('&apos;', "'").replaceAll('&quot;', '"') }),
      message: text('error-message') ?? '',
      ...(info.length === 0 ? {} : { info }),
    };
  });
}

/** Asserts that the tags, types and info are those of RFC 6241 appendix A. Errors of models may add info of their own. */
export function assertAppendixA(reply: string): void {
  for (const { type, tag, appTag, info = [] } of rpcErrors(reply)) {
    const rule = APPENDIX_A[tag as ErrorTag];
    assert.ok(rule, `${tag} is no error-tag: ${reply}`);
    assert.ok(rule.types.includes(type as ErrorType), `${tag} is not of type ${type}: ${reply}`);
    const names = info.map((one) => one.slice(0, one.indexOf('=', one.indexOf('}') + 1)));
    for (const needed of rule.info) assert.ok(names.includes(needed), `${tag} needs ${needed}: ${reply}`);
    const extra = appTag === undefined ? undefined : BY_APP_TAG[appTag];
    if (extra !== undefined) assert.ok(names.includes(extra), `${appTag} needs ${extra}: ${reply}`);
    for (const name of names) {
      const isBase = !name.startsWith('{');
      assert.ok(!isBase || rule.info.includes(name) || name === 'ok-element', `${tag} has no ${name}: ${reply}`);
    }
  }
  for (const severity of reply.matchAll(/<error-severity>([^<]*)</g)) assert.equal(severity[1], 'error');
}
