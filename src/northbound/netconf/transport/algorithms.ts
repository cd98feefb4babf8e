/**
 * What the SSH server offers, and nothing else: the library's defaults still hold ssh-rsa, hmac-sha1 and
 * group14-sha1. Checked against OpenSSH 9.2 and paramiko 2.12 (Debian 12's ssh and ncclient): both come to curve25519,
 * ed25519 and aes128-ctr, with hmac-sha2-256-etm (OpenSSH) or hmac-sha2-256 (paramiko). No chacha20-poly1305: the native
 * addon's, built against the OpenSSL 3.5 of Node 24, fails at the second packet ("invalid operation").
 */
import type { Algorithms } from 'ssh2';

export const ALGORITHMS: Required<Pick<Algorithms, 'kex' | 'cipher' | 'serverHostKey' | 'hmac' | 'compress'>> = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group18-sha512',
    'diffie-hellman-group14-sha256',
  ],
  cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes192-ctr', 'aes256-ctr'],
  serverHostKey: ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'rsa-sha2-512', 'rsa-sha2-256'],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
  // Compression would let a client trade a few bytes for much memory, and leaks lengths.
  compress: ['none'],
};

/** Signature algorithms of user keys (RFC 8308 server-sig-algs), strongest first. */
export const USER_SIGNATURES: readonly string[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];
