/**
 * The startup configuration of a router that has none: one user who may do everything. RFC 8341's own defaults would
 * refuse every edit of everybody but the recovery session; the names are those of its appendix A.
 */

/** An XML instance document, root `<config>`; the password is clear text (`$0$`) and hashed when it is loaded. */
export function factoryConfiguration(user: string, password: string): string {
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
</config>
`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
