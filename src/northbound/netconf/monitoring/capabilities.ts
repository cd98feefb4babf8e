/** What the hello says: only what is true of this server and its schema (RFC 6241 section 8, RFC 6020 section 5.6.4). */
import type { Module, Schema } from '../../../yang/schema/node.ts';
import { BASE_1_0, BASE_1_1, PRIVATE_CANDIDATE } from '../session/hello.ts';
import { SCHEMES } from '../url/location.ts';
import { contentId, YANG_LIBRARY } from './yang-library.ts';

/**
 * Features of ietf-netconf and the capabilities that they stand for. Where RFC 6241 has extended one of RFC 4741, both
 * are named: clients that know the old one alone do not see the feature otherwise (yangcli is one).
 */
const FEATURES: readonly (readonly [feature: string, uri: string])[] = [
  ['writable-running', 'urn:ietf:params:netconf:capability:writable-running:1.0'],
  ['candidate', 'urn:ietf:params:netconf:capability:candidate:1.0'],
  ['confirmed-commit', 'urn:ietf:params:netconf:capability:confirmed-commit:1.1'],
  ['confirmed-commit', 'urn:ietf:params:netconf:capability:confirmed-commit:1.0'],
  ['rollback-on-error', 'urn:ietf:params:netconf:capability:rollback-on-error:1.0'],
  ['validate', 'urn:ietf:params:netconf:capability:validate:1.1'],
  ['validate', 'urn:ietf:params:netconf:capability:validate:1.0'],
  ['startup', 'urn:ietf:params:netconf:capability:startup:1.0'],
  ['xpath', 'urn:ietf:params:netconf:capability:xpath:1.0'],
];

export function capabilitiesOf(schema: Schema): readonly string[] {
  const capabilities = [BASE_1_0, BASE_1_1];
  const netconf = schema.modules.get('ietf-netconf');
  for (const [feature, uri] of FEATURES) if (netconf?.features.has(feature)) capabilities.push(uri);
  if (netconf?.features.has('url')) {
    capabilities.push(`urn:ietf:params:netconf:capability:url:1.0?scheme=${SCHEMES.join(',')}`);
  }
  if (schema.modules.get('ietf-netconf-with-defaults')?.implemented) {
    // RFC 6243 section 4.3: the datastore keeps what was set, also where that is the default.
    capabilities.push(
      'urn:ietf:params:netconf:capability:with-defaults:1.0?basic-mode=explicit&also-supported=report-all,report-all-tagged,trim',
    );
    // RFC 8526 section 3.1.1.2: the parameter also works for operational, which is read with all that is in use.
    if (schema.modules.get('ietf-netconf-nmda')?.features.has('with-defaults')) {
      capabilities.push(
        'urn:ietf:params:netconf:capability:with-operational-defaults:1.0?basic-mode=report-all&also-supported=report-all-tagged,trim,explicit',
      );
    }
  }
  if (schema.rpcs.has('notifications:create-subscription')) {
    capabilities.push('urn:ietf:params:netconf:capability:notification:1.0');
    capabilities.push('urn:ietf:params:netconf:capability:interleave:1.0');
  }
  if (schema.rpcs.has('ietf-netconf-private-candidate:update')) capabilities.push(PRIVATE_CANDIDATE);
  if (schema.rpcs.has('ietf-netconf-partial-lock:partial-lock')) {
    capabilities.push('urn:ietf:params:netconf:capability:partial-lock:1.0');
  }
  const library = schema.modules.get(YANG_LIBRARY);
  if (library?.implemented) {
    const id = contentId(schema);
    const base = 'urn:ietf:params:netconf:capability:yang-library';
    // The form of RFC 7950 section 5.6.4 for clients of the old list, and that of RFC 8526 section 2.
    capabilities.push(`${base}:1.0?revision=${library.revision}&module-set-id=${id}`);
    capabilities.push(`${base}:1.1?revision=${library.revision}&content-id=${id}`);
  }
  for (const module of new Set(schema.modules.values())) {
    // Modules of YANG 1.1 are found in the library alone (RFC 7950 section 5.6.4).
    if (module.implemented && module.yangVersion === '1') capabilities.push(moduleUri(module));
  }
  return capabilities;
}

function moduleUri(module: Module): string {
  const parameters = [`module=${module.name}`];
  if (module.revision !== '') parameters.push(`revision=${module.revision}`);
  if (module.features.size > 0) parameters.push(`features=${[...module.features].join(',')}`);
  if (module.deviatedBy.length > 0) parameters.push(`deviations=${module.deviatedBy.join(',')}`);
  return `${module.namespace}?${parameters.join('&')}`;
}
