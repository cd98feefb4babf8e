/** SSH public keys in their wire form (RFC 4253 section 6.6): string algorithm, then what the algorithm defines. */

/** Names of keys, and of signature algorithms that use a key of another name (RFC 8332). */
const keyNames: ReadonlyMap<string, string> = new Map([
  ['ssh-ed25519', 'ssh-ed25519'],
  ['ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp256'],
  ['ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp384'],
  ['ecdsa-sha2-nistp521', 'ecdsa-sha2-nistp521'],
  ['ssh-rsa', 'ssh-rsa'],
  ['rsa-sha2-256', 'ssh-rsa'],
  ['rsa-sha2-512', 'ssh-rsa'],
]);

/** Algorithms that a user's key may name. */
export const supportedAlgorithms: readonly string[] = [...keyNames.keys()];

/** Whether the key is one of the algorithm, which is supported. */
export function isOfAlgorithm(blob: Buffer, algorithm: string): boolean {
  const name = keyNames.get(algorithm);
  if (name === undefined || blob.length < 4) return false;
  const length = blob.readUInt32BE(0);
  return length === name.length && blob.toString('latin1', 4, 4 + length) === name && blob.length > 4 + length;
}
