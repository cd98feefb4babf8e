/**
 * The startup configuration of a router that has none: one user who may do everything. RFC 8341's own defaults would
 * refuse every edit of everybody but the recovery session; the names are those of its appendix A.
 */

/** The listener of the factory, which `--netconf` moves. */
export const DEFAULT_LISTENER = 'default';

/** One of the router's SSH host keys, which it holds itself. */
export interface HostKeyEntry {
  /** Of the keystore's entry. */
  readonly name: string;
  /** RFC 4253 section 6.6, in base64. */
  readonly publicKey: string;
}

/**
 * An XML instance document, root `<config>`; the password is clear text (`$0$`) and hashed when it is loaded.
 * @param transports what `listenerConfiguration` gives
 */
export function factoryConfiguration(user: string, password: string, transports: string): string {
  return `<config xmlns="urn:ietf:params:xml:ns:netconf:base:1.0">
  <system xmlns="urn:ietf:params:xml:ns:yang:ietf-system">
    <authentication>
      <user>
        <name>${escaped(user)}</name>
        <password>$0$${escaped(password)}</password>
      </user>
    </authentication>
  </system>
  <nacm xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm">
    <groups>
      <group>
        <name>admin</name>
        <user-name>${escaped(user)}</user-name>
      </group>
    </groups>
    <rule-list>
      <name>admin-acl</name>
      <group>admin</group>
      <rule>
        <name>permit-all</name>
        <module-name>*</module-name>
        <access-operations>*</access-operations>
        <action>permit</action>
        <comment>Allow the 'admin' group complete access to all operations and data.</comment>
      </rule>
    </rule-list>
  </nacm>
${transports}</config>
`;
}

/**
 * Host keys and an SSH listener that uses them, as elements of a configuration. A session may be idle for an hour; a client
 * that is gone is noticed after 90 s.
 */
export function listenerConfiguration(
  hostKeys: readonly HostKeyEntry[],
  binds: readonly { readonly address: string; readonly port: number }[],
): string {
  const references = hostKeys.map(
    ({ name }) => `
              <host-key>
                <name>${escaped(name)}</name>
                <public-key>
                  <central-keystore-reference>${escaped(name)}</central-keystore-reference>
                </public-key>
              </host-key>`,
  );
  const addresses = binds.map(
    ({ address, port }) => `
              <local-bind>
                <local-address>${escaped(address)}</local-address>
                <local-port>${port}</local-port>
              </local-bind>`,
  );
  return `${hostKeyConfiguration(hostKeys)}  <netconf-server xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-server">
    <listen>
      <idle-timeout>3600</idle-timeout>
      <endpoints>
        <endpoint>
          <name>${DEFAULT_LISTENER}</name>
          <ssh>
            <tcp-server-parameters>${addresses.join('')}
            </tcp-server-parameters>
            <ssh-server-parameters>
              <server-identity>${references.join('')}
              </server-identity>
              <keepalives/>
            </ssh-server-parameters>
          </ssh>
        </endpoint>
      </endpoints>
    </listen>
  </netconf-server>
`;
}

/** The keystore's entries of host keys that the router holds. */
export function hostKeyConfiguration(hostKeys: readonly HostKeyEntry[]): string {
  const entries = hostKeys.map(
    ({ name, publicKey }) => `
      <asymmetric-key>
        <name>${escaped(name)}</name>
        <public-key-format xmlns:ct="urn:ietf:params:xml:ns:yang:ietf-crypto-types">ct:ssh-public-key-format</public-key-format>
        <public-key>${publicKey}</public-key>
        <hidden-private-key/>
      </asymmetric-key>`,
  );
  return `  <keystore xmlns="urn:ietf:params:xml:ns:yang:ietf-keystore">
    <asymmetric-keys>${entries.join('')}
    </asymmetric-keys>
  </keystore>
`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
