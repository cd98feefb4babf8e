/**
 * What SSH and TLS offer, in the order of preference, and nothing else.
 *
 * SSH: the library's defaults still hold ssh-rsa, hmac-sha1 and group14-sha1. Checked against OpenSSH 9.2 and paramiko 2.12
 * (Debian 12's ssh and ncclient): both come to curve25519, ed25519 and aes128-ctr, with hmac-sha2-256-etm (OpenSSH) or
 * hmac-sha2-256 (paramiko). No chacha20-poly1305: the native addon's, built against the OpenSSL 3.5 of Node 24, fails at
 * the second packet ("invalid operation").
 */

export const SSH_ALGORITHMS = {
  keyExchange: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group18-sha512',
    'diffie-hellman-group14-sha256',
  ],
  encryption: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes192-ctr', 'aes256-ctr'],
  hostKey: [
    'ssh-ed25519',
    'ecdsa-sha2-nistp256',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
    'rsa-sha2-512',
    'rsa-sha2-256',
  ],
  mac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type SshAlgorithms = Readonly<Record<keyof typeof SSH_ALGORITHMS, readonly string[]>>;

/** IANA's names of cipher suites and OpenSSL's; with forward secrecy and authenticated encryption (RFC 9325 section 4.2). */
export const TLS_CIPHER_SUITES: ReadonlyMap<string, string> = new Map([
  ['TLS_AES_128_GCM_SHA256', 'TLS_AES_128_GCM_SHA256'],
  ['TLS_AES_256_GCM_SHA384', 'TLS_AES_256_GCM_SHA384'],
  ['TLS_CHACHA20_POLY1305_SHA256', 'TLS_CHACHA20_POLY1305_SHA256'],
  ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'ECDHE-ECDSA-AES128-GCM-SHA256'],
  ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'],
  ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'ECDHE-ECDSA-AES256-GCM-SHA384'],
  ['TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 'ECDHE-RSA-AES256-GCM-SHA384'],
  ['TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-ECDSA-CHACHA20-POLY1305'],
  ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-RSA-CHACHA20-POLY1305'],
]);

export const TLS_VERSIONS: ReadonlyMap<string, 'TLSv1.2' | 'TLSv1.3'> = new Map([
  ['ietf-tls-common:tls12', 'TLSv1.2'],
  ['ietf-tls-common:tls13', 'TLSv1.3'],
]);
