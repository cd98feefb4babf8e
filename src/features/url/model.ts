/** The settings of sluice-url: how https is reached. */
import type { KeySpace } from '../../datastore/key/key.ts';
import type { View } from '../../datastore/view/view.ts';
import { Entry } from '../entry.ts';
import { certificatesOf } from '../keystore/certificate.ts';
import { certificateBags } from '../truststore/model.ts';

const URL_ACCESS = '/sluice-url:url-access';

export interface HttpsSettings {
  readonly enabled: boolean;
  /** Whether addresses of the router itself and its links may be reached. */
  readonly allowLocal: boolean;
  /** Of a whole transfer. */
  readonly timeoutSeconds: number;
  /** In PEM; undefined: those that the operating system trusts. */
  readonly certificateAuthorities: readonly string[] | undefined;
}

export function readHttpsSettings(keys: KeySpace, view: View): HttpsSettings {
  const access = Entry.top(keys, view, URL_ACCESS);
  const bag = access.value('https/certificate-bag');
  return {
    enabled: access.value('https/enabled') === 'true',
    allowLocal: access.value('https/allow-local') === 'true',
    timeoutSeconds: access.number('https/timeout'),
    certificateAuthorities: bag === undefined ? undefined : authoritiesOf(keys, view, bag),
  };
}

function authoritiesOf(keys: KeySpace, view: View, bag: string): readonly string[] {
  const data = certificateBags(keys, view).get(bag) ?? [];
  return data.flatMap((each) =>
    certificatesOf(Buffer.from(each, 'base64')).map((certificate) => certificate.toString()),
  );
}
