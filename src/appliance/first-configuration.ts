/** The parts of an appliance's first configuration, from what the machine has and the config drive says. */

/** A network device that carries traffic, as images/root's `machine` found it. */
export interface MachinePort {
  /** After the place on the bus: p0s4. */
  readonly name: string;
  /** Address on the bus: 0000:00:04.0. */
  readonly pci: string;
  readonly kind: 'pci' | 'af-xdp';
  /** The kernel's device, where the kernel drives it. */
  readonly device: string;
}

export interface AuthorizedKey {
  readonly name: string;
  readonly algorithm: string;
  /** Base64. */
  readonly data: string;
}

/** Lines of authorized_keys (sshd(8)) without options; the comment becomes the key's name. Others are left out. */
export function authorizedKeys(text: string): AuthorizedKey[] {
  return text.split('\n').flatMap((line, index) => {
    const match = /^(ssh-[a-z0-9-]+|ecdsa-sha2-[a-z0-9-]+) ([A-Za-z0-9+/=]+)(?:\s+(.*\S))?\s*$/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined) return [];
    return [
      { name: `${index + 1}${match[3] === undefined ? '' : ` ${match[3]}`}`, algorithm: match[1], data: match[2] },
    ];
  });
}

/** Interfaces of the ports, as elements of a configuration: enabled, in no bridge domain, without address. */
export function portConfiguration(ports: readonly MachinePort[]): string {
  if (ports.length === 0) return '';
  const entries = ports.map(({ name, pci, kind, device }) => {
    const what = kind === 'pci' ? `<pci>${pci}</pci>` : `<af-xdp>${device}</af-xdp>`;
    return `
    <interface>
      <name>${name}</name>
      <type xmlns:ianaift="urn:ietf:params:xml:ns:yang:iana-if-type">ianaift:ethernetCsmacd</type>
      <port xmlns="urn:sluice:yang:sluice-interfaces">${what}</port>
    </interface>`;
  });
  return `  <interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces">${entries.join('')}
  </interfaces>
`;
}

/** The document with the keys entered for its one user. */
export function withKeys(document: string, keys: readonly AuthorizedKey[]): string {
  const entries = keys.map(
    ({ name, algorithm, data }) => `
        <authorized-key>
          <name>${name.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</name>
          <algorithm>${algorithm}</algorithm>
          <key-data>${data}</key-data>
        </authorized-key>`,
  );
  return document.replace('\n      </user>', () => `${entries.join('')}\n      </user>`);
}
