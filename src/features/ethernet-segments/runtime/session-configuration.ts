/** What the configuration says of sessions with peers. */
import type { KeySpace } from '../../../datastore/key/key.ts';
import type { View } from '../../../datastore/view/view.ts';
import { type HiddenKeys, privateKeyOf } from '../../keystore/key-pair.ts';
import { sessionMaterial } from '../material.ts';
import type { ProviderEdge } from '../model.ts';
import type { SessionsConfiguration } from './sessions.ts';

/** Undefined: no sessions, as no segment has peers, or no material that is whole. `used`: addresses of peers of segments. */
export function sessionsOf(
  edge: ProviderEdge | undefined,
  view: View,
  used: ReadonlySet<string>,
  { keys, hidden, log }: { keys: KeySpace; hidden: HiddenKeys; log: (message: string) => void },
): SessionsConfiguration | undefined {
  const peers = (edge?.peers ?? []).filter(({ address }) => used.has(address));
  if (edge === undefined || peers.length === 0) return undefined;
  const material = sessionMaterial(keys, view, edge);
  if (material === undefined) return undefined;
  const key = 'problem' in material ? undefined : privateKeyOf(material.key, hidden);
  if ('problem' in material || key === undefined) {
    log(`ethernet segments: no sessions: ${'problem' in material ? material.problem : 'the private key is not here'}`);
    return undefined;
  }
  const pem = key.export({ type: 'pkcs8', format: 'pem' }) as string;
  return sessionsConfiguration({ ...edge, peers }, { ...material, key: pem });
}

/** Whom we connect to, whom we listen for. */
export function sessionsConfiguration(
  { peers, session }: Pick<ProviderEdge, 'peers' | 'session'>,
  material: Pick<SessionsConfiguration, 'key' | 'certificate' | 'authorities'>,
): SessionsConfiguration {
  const { key, certificate, authorities } = material;
  const listens = peers.some(({ initiates }) => !initiates);
  return {
    key,
    certificate,
    authorities,
    ...(listens ? { listen: { host: session.listenAddress, port: session.listenPort } } : {}),
    peers: peers.map(({ address, initiates, remoteAddress, remotePort }) =>
      initiates ? { address, dials: { host: remoteAddress, port: remotePort } } : { address },
    ),
  };
}
