/** The settings of sluice-url: how https is reached. */
import type { KeySpace } from '../../datastore/key.ts';
import type { View } from '../../datastore/view.ts';
import type { LeafNode } from '../../yang/schema/node.ts';
import { containerAt, leafAt, listAt } from '../nodes.ts';

export const URL_ACCESS = '/sluice-url:url-access';
const HTTPS = `${URL_ACCESS}/https`;
const AUTHORITY = `${HTTPS}/certificate-authority`;

export interface HttpsSettings {
  readonly enabled: boolean;
  /** Whether addresses of the router itself and its links may be reached. */
  readonly allowLocal: boolean;
  /** Of a whole transfer. */
  readonly timeoutSeconds: number;
  /** PEM; empty: those that the operating system trusts. */
  readonly certificateAuthorities: readonly string[];
}

export function readHttpsSettings(keys: KeySpace, view: View): HttpsSettings {
  const { schema } = keys;
  const row = keys.child('', containerAt(schema, URL_ACCESS));
  const leaves = view.get(row)?.leaves;
  const value = (path: string): string => {
    const leaf: LeafNode = leafAt(schema, path);
    return leaves?.get(leaf) ?? leaf.default ?? '';
  };
  const certificate = leafAt(schema, `${AUTHORITY}/certificate`);
  const authorities: string[] = [];
  for (const entry of view.entries(row, listAt(schema, AUTHORITY))) {
    const pem = entry.row.leaves.get(certificate);
    if (pem !== undefined) authorities.push(pem);
  }
  return {
    enabled: value(`${HTTPS}/enabled`) === 'true',
    allowLocal: value(`${HTTPS}/allow-local`) === 'true',
    timeoutSeconds: Number(value(`${HTTPS}/timeout`)),
    certificateAuthorities: authorities,
  };
}
