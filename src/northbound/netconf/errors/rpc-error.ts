/** Faults as `rpc-error` elements (RFC 6241 section 4.3): the one place where they get NETCONF's form. */
import { NETCONF_NAMESPACE, YANG_NAMESPACE } from '../../../yang/codec/namespaces.ts';
import { pathToXml } from '../../../yang/codec/xml-path.ts';
import type { WrittenAttribute, XmlWriter } from '../../../yang/codec/xml-writer.ts';
import { type Fault, FaultError, type FaultInfo } from '../../../yang/fault.ts';
import type { Schema } from '../../../yang/schema/node.ts';

/** The faults of whatever was thrown. A bug becomes `operation-failed` without details; `report` hears of it. */
export function faultsOf(error: unknown, report: (bug: unknown) => void): readonly Fault[] {
  if (error instanceof FaultError && error.faults.length > 0) return error.faults;
  report(error);
  return [
    {
      type: 'application',
      tag: 'operation-failed',
      message: 'The router failed to do this by a fault of its own, which it has logged.',
    },
  ];
}

/** Writes one rpc-error into the open rpc-reply. */
export function writeRpcError(writer: XmlWriter, schema: Schema, fault: Fault): void {
  const base = NETCONF_NAMESPACE;
  writer.open('rpc-error', base);
  writer.element('error-type', base, fault.type);
  writer.element('error-tag', base, fault.tag);
  writer.element('error-severity', base, 'error');
  if (fault.appTag !== undefined) writer.element('error-app-tag', base, fault.appTag);
  if (fault.path !== undefined && fault.path !== '') writePath(writer, schema, 'error-path', base, fault.path);
  writer.element('error-message', base, fault.message, [['xml:lang', 'en']]);
  if (fault.info !== undefined && fault.info.length > 0) {
    writer.open('error-info', base);
    for (const info of fault.info) writeInfo(writer, schema, info);
    writer.close();
  }
  writer.close();
}

function writeInfo(writer: XmlWriter, schema: Schema, info: FaultInfo): void {
  const namespace = namespaceOf(schema, info.module);
  if (info.children !== undefined) {
    writer.open(info.name, namespace);
    for (const child of info.children) writeInfo(writer, schema, child);
    writer.close();
  } else if (info.isPath === true) writePath(writer, schema, info.name, namespace, info.value);
  else writer.element(info.name, namespace, info.value);
}

function writePath(writer: XmlWriter, schema: Schema, name: string, namespace: string, path: string): void {
  const { xpath, namespaces } = pathToXml(schema, path);
  const declarations = [...namespaces].map(([prefix, uri]): WrittenAttribute => [`xmlns:${prefix}`, uri]);
  writer.element(name, namespace, xpath, declarations);
}

/** `yang` and namespaces themselves are taken for RFC 7950's own elements (section 15), which no module defines. */
function namespaceOf(schema: Schema, module: string | undefined): string {
  if (module === undefined) return NETCONF_NAMESPACE;
  if (module === 'yang') return YANG_NAMESPACE;
  return schema.modules.get(module)?.namespace ?? module;
}
