/** sluice-url: who reads or writes by a URL reads the settings of running, so a change needs no operation. */
import { X509Certificate } from 'node:crypto';
import type { Feature } from '../../commit/feature.ts';
import type { KeySpace } from '../../datastore/key.ts';
import type { Fault } from '../../yang/fault.ts';
import { leafAt } from '../nodes.ts';
import { URL_ACCESS } from './model.ts';

export function urlFeature(keys: KeySpace): Feature {
  const certificate = leafAt(keys.schema, `${URL_ACCESS}/https/certificate-authority/certificate`);
  return {
    name: 'url',
    owns: [URL_ACCESS],
    check: ({ rows }) =>
      rows.flatMap(({ key, after }): Fault[] => {
        const pem = after?.leaves.get(certificate);
        if (pem === undefined || isCertificate(pem)) return [];
        const path = keys.path(key, certificate);
        return [{ type: 'application', tag: 'invalid-value', path, message: 'this is no certificate in PEM' }];
      }),
    plan: () => [],
  };
}

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
}
