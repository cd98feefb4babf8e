/** What YANG cannot say of certificates: that they are certificates. */
import type { KeySpace } from '../../datastore/key/key.ts';
import type { Change } from '../../datastore/view/view.ts';
import type { Fault } from '../../yang/fault.ts';
import { certificatesOf, MaterialError } from '../keystore/certificate.ts';
import { leafAt } from '../nodes.ts';
import { TRUSTSTORE } from './model.ts';

const CERTIFICATE = `${TRUSTSTORE}/certificate-bags/certificate-bag/certificate`;

export function checkTruststore(change: Change, keys: KeySpace): readonly Fault[] {
  const data = leafAt(keys.schema, `${CERTIFICATE}/cert-data`);
  return change.rows.flatMap(({ node, key, after }): Fault[] => {
    if (node?.path !== CERTIFICATE || after === undefined) return [];
    try {
      certificatesOf(Buffer.from(after.leaves.get(data) ?? '', 'base64'));
      return [];
    } catch (error) {
      if (!(error instanceof MaterialError)) throw error;
      return [{ type: 'application', tag: 'invalid-value', path: keys.path(key, data), message: error.message }];
    }
  });
}
