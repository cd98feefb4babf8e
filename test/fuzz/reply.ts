/** What a server may send: well-formed messages whose envelope is as RFC 6241 sections 4 and 8.1 and RFC 5277 say. */

import { APPENDIX_A } from '../../src/northbound/netconf/testing/rpc-errors.ts';
import { NETCONF_NAMESPACE } from '../../src/yang/codec/namespaces.ts';
import { type XmlElement, XmlReader } from '../../src/yang/codec/xml-reader.ts';
import type { ErrorTag, ErrorType } from '../../src/yang/fault.ts';

export interface RpcErrorSeen {
  readonly type: string;
  readonly tag: string;
  readonly severity: string;
}

export interface ServerMessage {
  readonly kind: 'hello' | 'rpc-reply' | 'notification';
  readonly messageId: string | undefined;
  readonly errors: readonly RpcErrorSeen[];
  /** Of a reply: whether it says that something was done or holds data. */
  readonly isPositive: boolean;
}

const NOTIFICATION_NAMESPACE = 'urn:ietf:params:xml:ns:netconf:notification:1.0';

/** Reads one message. Throws where it is ill-formed or not what a server may say. */
export function readServerMessage(text: Buffer): ServerMessage {
  const open: XmlElement[] = [];
  let root: XmlElement | undefined;
  const top: string[] = [];
  const errors: Record<string, string>[] = [];
  let content = '';
  const reader = new XmlReader({
    open(element) {
      root ??= element;
      open.push(element);
      content = '';
      if (open.length === 2) {
        top.push(element.name);
        if (element.name === 'rpc-error' && element.namespace === NETCONF_NAMESPACE) errors.push({});
      }
    },
    text(piece) {
      content += piece;
    },
    close() {
      const element = open.pop();
      if (open.length === 2 && open[1]?.name === 'rpc-error' && element !== undefined) {
        const error = errors.at(-1);
        if (error !== undefined) error[element.name] = content;
      }
    },
  });
  reader.write(text);
  reader.end();
  if (root === undefined) throw new Error('an empty message');
  const known = `${root.namespace} ${root.name}`;
  if (known === `${NOTIFICATION_NAMESPACE} notification`) {
    if (top[0] !== 'eventTime' || top.length !== 2) throw new Error(`a notification of ${top.join(', ')}`);
    return { kind: 'notification', messageId: undefined, errors: [], isPositive: false };
  }
  if (known === `${NETCONF_NAMESPACE} hello`)
    return { kind: 'hello', messageId: undefined, errors: [], isPositive: false };
  if (known !== `${NETCONF_NAMESPACE} rpc-reply`) throw new Error(`a message of ${known}`);
  if (top.length === 0) throw new Error('a reply without content');
  if (top.includes('ok') && top.length > 1) throw new Error(`<ok/> beside ${top.join(', ')}`);
  const seen = errors.map(errorOf);
  return {
    kind: 'rpc-reply',
    messageId: root.attributes.find(({ name, namespace }) => name === 'message-id' && namespace === '')?.value,
    errors: seen,
    isPositive: top.some((name) => name !== 'rpc-error') || seen.every(({ severity }) => severity === 'warning'),
  };
}

function errorOf(error: Readonly<Record<string, string>>): RpcErrorSeen {
  const { 'error-type': type = '', 'error-tag': tag = '', 'error-severity': severity = '' } = error;
  const rule = APPENDIX_A[tag as ErrorTag];
  if (rule === undefined) throw new Error(`error-tag "${tag}"`);
  if (!rule.types.includes(type as ErrorType)) throw new Error(`error-type "${type}" of ${tag}`);
  if (severity !== 'error' && severity !== 'warning') throw new Error(`error-severity "${severity}"`);
  return { type, tag, severity };
}
