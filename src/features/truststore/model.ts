/** ietf-truststore as values. */
import type { KeySpace } from '../../datastore/key/key.ts';
import type { View } from '../../datastore/view/view.ts';
import { Entry } from '../entry.ts';

export const TRUSTSTORE = '/ietf-truststore:truststore';

/** The `cert-data` of each bag's certificates, by the bag's name. */
export function certificateBags(keys: KeySpace, view: View): ReadonlyMap<string, readonly string[]> {
  const bags = Entry.top(keys, view, TRUSTSTORE).list('certificate-bags/certificate-bag');
  return new Map(bags.map((bag) => [bag.name, bag.list('certificate').map((each) => each.value('cert-data') ?? '')]));
}
