/**
 * What each leaf of ietf-netconf-server does (../coverage.ts). Listeners and calls have the same parameters of SSH and TLS,
 * read and used by the same code: each is shown once.
 */
import type { LeafEffect } from '../coverage.ts';
import { CALL_HOME_CLIENT, LISTEN_ENDPOINT, NETCONF_SERVER } from './model.ts';

const TRANSPORTS = 'src/northbound/netconf/transport/transports.test.ts';
const TLS = 'src/northbound/netconf/transport/tls.test.ts';
type Shown = NonNullable<LeafEffect['shownBy']>;
type Rows = readonly (readonly [leaf: string, effect: string, shownBy: Shown])[];

const moves: Shown = [[TRANSPORTS, 'listens, moves and stops']];
const keys: Shown = [[TRANSPORTS, 'shows the host keys']];
const python: Shown = [[TLS, 'carries sessions of Python']];
const inPlace: Shown = [[TLS, 'given in place']];
const trust: Shown = [[TLS, 'takes certificates of an authority between']];
const maps: Shown = [[TLS, 'maps by every type']];
const offers: Shown = [[TLS, 'offers the versions and suites']];
const order: Shown = [[TRANSPORTS, 'tries the endpoints in their order']];
const period: Shown = [[TRANSPORTS, 'counts periods from the anchor']];
const probes: Shown = [['src/northbound/netconf/transport/tcp-listener.test.ts', 'keepAlive gives TCP']];

const keepalives: Rows = [
  ['keepalives/idle-time', 'silence before TCP asks', [[TRANSPORTS, 'no sign of life']]],
  ['keepalives/max-probes', 'questions of TCP without an answer until the peer is gone', probes],
  ['keepalives/probe-interval', 'time between two questions of TCP', probes],
];

const tcpServer: Rows = [
  ['local-bind/local-address', 'where it listens', [[TRANSPORTS, 'goes from one address to all']]],
  ['local-bind/local-port', 'the port; 0: any free one', moves],
  ...keepalives,
];

const tcpClient: Rows = [
  ['remote-address', 'whom it calls', order],
  ['remote-port', 'at which port', order],
  ['local-address', 'the address that it calls from', [[TRANSPORTS, 'calls from the address and port']]],
  ['local-port', 'the port that it calls from', [[TRANSPORTS, 'calls from the address and port']]],
  ...keepalives,
];

const HOST_KEY = 'server-identity/host-key';
const ssh: Rows = [
  [`${HOST_KEY}/name`, 'names a host key', keys],
  [`${HOST_KEY}/public-key/inline-definition/public-key-format`, 'the form of the public key', keys],
  [`${HOST_KEY}/public-key/inline-definition/public-key`, 'has to belong to the private key', keys],
  [`${HOST_KEY}/public-key/inline-definition/private-key-format`, 'the form of the private key', keys],
  [`${HOST_KEY}/public-key/inline-definition/cleartext-private-key`, 'the host key', keys],
  [`${HOST_KEY}/public-key/inline-definition/hidden-private-key`, 'a host key that the router holds', keys],
  [
    `${HOST_KEY}/public-key/central-keystore-reference`,
    'a host key of the keystore',
    [['src/sluiced/listener.test.ts', 'host keys of the keystore']],
  ],
  ['transport-params/host-key/host-key-alg', 'algorithms of host keys, in order', keys],
  ['transport-params/key-exchange/key-exchange-alg', 'methods of key exchange, in order', keys],
  ['transport-params/encryption/encryption-alg', 'algorithms of encryption, in order', keys],
  ['transport-params/mac/mac-alg', 'algorithms of message authentication, in order', keys],
  ['keepalives/max-wait', 'silence before SSH asks', [[TRANSPORTS, 'no sign of life']]],
  [
    'keepalives/max-attempts',
    'questions without an answer until the client is gone',
    [[TRANSPORTS, 'no sign of life']],
  ],
];

const CERTIFICATE = 'server-identity/certificate';
const tls: Rows = [
  [`${CERTIFICATE}/inline-definition/public-key-format`, 'the form of the public key', inPlace],
  [`${CERTIFICATE}/inline-definition/public-key`, 'has to belong to the private key', inPlace],
  [`${CERTIFICATE}/inline-definition/private-key-format`, 'the form of the private key', inPlace],
  [`${CERTIFICATE}/inline-definition/cleartext-private-key`, 'the server’s key', inPlace],
  [`${CERTIFICATE}/inline-definition/hidden-private-key`, 'a key that the router holds', inPlace],
  [`${CERTIFICATE}/inline-definition/cert-data`, 'the server’s certificate, with its chain', inPlace],
  [`${CERTIFICATE}/central-keystore-reference/asymmetric-key`, 'a key of the keystore', python],
  [`${CERTIFICATE}/central-keystore-reference/certificate`, 'its certificate', python],
  ...['ca-certs', 'ee-certs'].flatMap((kind): Rows => {
    const what = kind === 'ca-certs' ? 'authorities of clients' : 'clients’ certificates that are accepted themselves';
    const base = `client-authentication/${kind}`;
    return [
      [`${base}/inline-definition/certificate/name`, 'names a certificate', trust],
      [`${base}/inline-definition/certificate/cert-data`, what, trust],
      [`${base}/central-truststore-reference`, `${what}, of a bag`, trust],
    ];
  }),
  ['hello-params/tls-versions/min', 'the oldest version of TLS', offers],
  ['hello-params/tls-versions/max', 'the newest version of TLS', offers],
  ['hello-params/cipher-suites/cipher-suite', 'cipher suites, in order', offers],
];

const NAMES = 'tls/netconf-server-parameters/client-identity-mappings/cert-to-name';
const names: Rows = [
  [`${NAMES}/id`, 'the order of the entries', maps],
  [`${NAMES}/fingerprint`, 'the client’s certificate, or an authority of its chain', maps],
  [`${NAMES}/map-type`, 'how the user’s name is taken from the certificate', maps],
  [`${NAMES}/name`, 'the user’s name', maps],
];

const below = (path: string, rows: Rows): Rows => rows.map(([leaf, ...rest]) => [`${path}/${leaf}`, ...rest]);

function stack(tcp: string, rows: Rows): Rows {
  return [
    ...below(`ssh/${tcp}`, rows),
    ...below('ssh/ssh-server-parameters', ssh),
    ...below(`tls/${tcp}`, rows),
    ...below('tls/tls-server-parameters', tls),
    ...names,
  ];
}

const all: Rows = [
  [
    `${NETCONF_SERVER}/listen/idle-timeout`,
    'ends a session without rpcs, unless it holds a lock or a subscription; 0: never',
    [[TRANSPORTS, 'ends idle sessions']],
  ],
  [`${LISTEN_ENDPOINT}/name`, 'names a listener', moves],
  ...below(LISTEN_ENDPOINT, stack('tcp-server-parameters', tcpServer)),
  [`${CALL_HOME_CLIENT}/name`, 'names a client to call', order],
  [`${CALL_HOME_CLIENT}/endpoints/endpoint/name`, 'names an endpoint of the client', order],
  ...below(`${CALL_HOME_CLIENT}/endpoints/endpoint`, stack('tcp-client-parameters', tcpClient)),
  [
    `${CALL_HOME_CLIENT}/connection-type/periodic/period`,
    'minutes between two calls',
    [[TRANSPORTS, 'calls once a period']],
  ],
  [`${CALL_HOME_CLIENT}/connection-type/periodic/anchor-time`, 'the moment that periods are counted from', period],
  [`${CALL_HOME_CLIENT}/connection-type/periodic/idle-timeout`, 'ends a session without rpcs; 0: never', period],
  [
    `${CALL_HOME_CLIENT}/reconnect-strategy/start-with`,
    'the endpoint that is tried first',
    [[TRANSPORTS, 'begins with the endpoint']],
  ],
  [
    `${CALL_HOME_CLIENT}/reconnect-strategy/max-wait`,
    'how long one attempt may take',
    [[TRANSPORTS, 'gives an attempt its time']],
  ],
  [`${CALL_HOME_CLIENT}/reconnect-strategy/max-attempts`, 'attempts at an endpoint until the next is tried', order],
];

export const netconfServerEffects: readonly LeafEffect[] = all.map(([leaf, effect, shownBy]) => ({
  leaf,
  effect,
  shownBy,
}));
