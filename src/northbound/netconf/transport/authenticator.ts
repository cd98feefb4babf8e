/** Who may log in: answered by the feature that owns the users (ietf-system). */

export interface Authenticator {
  /**
   * Whether the password is the user's. Takes as long for a user that does not exist as for one that does, so that
   * the time of the answer says nothing about names.
   */
  password(user: string, password: string): Promise<boolean>;
  /**
   * Whether the key may log the user in; the signature is checked by the transport.
   * `algorithm` is the key's own (`ssh-ed25519`, `ssh-rsa`, …), `blob` its wire form (RFC 4253 section 6.6).
   */
  publicKey(user: string, algorithm: string, blob: Buffer): Promise<boolean>;
  /** Groups of the user from outside the configuration (RFC 8341, enable-external-groups). */
  groups?(user: string): readonly string[];
}
