/** The configuration that every epoch begins with: something to edit, and a user who may not read all of it. */
import { NETCONF_NAMESPACE } from '../../src/yang/codec/namespaces.ts';
import { bridgeDomain, bridgeDomains, interfaces, port, subInterface } from '../configuration.ts';

export const guest = { name: 'guest', password: 'guest-password' };
/** Stands in what the guest may not read, and nowhere else. */
export const secret = 'hidden-from-guests';

export function baseConfiguration(): string {
  const contact = `<contact>${secret}</contact>`;
  const user = `<user><name>${guest.name}</name><password>$0$${guest.password}</password></user>`;
  const system = `<system xmlns="urn:ietf:params:xml:ns:yang:ietf-system">${contact}<authentication>${user}</authentication></system>`;
  const hidden = port(secret).replace('</name>', `</name><description>${secret}</description>`);
  const content = [
    system,
    rules(),
    interfaces(port('a'), port('b'), port('c'), subInterface('a', 10), subInterface('b', 20), hidden),
    bridgeDomains(bridgeDomain('a', ['a.10', 'b.20'])),
  ];
  return `<config xmlns="${NETCONF_NAMESPACE}">${content.join('')}</config>`;
}

function rules(): string {
  const deny = (name: string, what: string): string =>
    `<rule><name>${name}</name>${what}<access-operations>*</access-operations><action>deny</action></rule>`;
  const list = [
    deny('rules', '<module-name>ietf-netconf-acm</module-name>'),
    deny('contact', '<path xmlns:s="urn:ietf:params:xml:ns:yang:ietf-system">/s:system/s:contact</path>'),
    deny(
      'interface',
      `<path xmlns:i="urn:ietf:params:xml:ns:yang:ietf-interfaces">/i:interfaces/i:interface[i:name='${secret}']</path>`,
    ),
    '<rule><name>rest</name><module-name>*</module-name><access-operations>*</access-operations><action>permit</action></rule>',
  ];
  return `<nacm xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm"><groups><group><name>guests</name><user-name>${guest.name}</user-name></group></groups><rule-list><name>guests</name><group>guests</group>${list.join('')}</rule-list></nacm>`;
}
