/** The engine's events of packets that entries with logging have matched → lines of the log. */
import type { AccessListEvent, Event } from '../../engine/gen/sluice_pb.js';
import { addressText } from '../address.ts';

/** Protocols whose header begins with two ports (RFC 9293, 768, 4340, 9260, 3828). */
const WITH_PORTS: ReadonlySet<number> = new Set([6, 17, 33, 132, 136]);

/** A line for an event of an access list; undefined: it is another event. */
export function accessListLine(event: Event): string | undefined {
  if (event.what.case !== 'accessList') return undefined;
  const { accessList, rule, interface: name, head } = event.what.value as AccessListEvent;
  return `access list ${accessList}: entry ${rule} on interface ${name}: ${packetText(head)}`;
}

/** Addresses, protocol and ports from a packet's head, as far as it goes. */
function packetText(head: Uint8Array): string {
  const version = (head[0] ?? 0) >> 4;
  const size = version === 4 ? 4 : 16;
  const at = version === 4 ? 12 : 8;
  if ((version !== 4 && version !== 6) || head.length < at + 2 * size) return 'no IP header';
  const protocol = head[version === 4 ? 9 : 6] ?? 0;
  const upper = version === 4 ? ((head[0] ?? 0) & 0xf) * 4 : 40;
  const isFragment = version === 4 && (number(head, 6) & 0x1fff) !== 0;
  const hasPorts = WITH_PORTS.has(protocol) && !isFragment && head.length >= upper + 4;
  const port = (offset: number): string => (hasPorts ? ` port ${number(head, upper + offset)}` : '');
  const source = addressText(head.subarray(at, at + size));
  const destination = addressText(head.subarray(at + size, at + 2 * size));
  return `${source}${port(0)} to ${destination}${port(2)}, protocol ${protocol}`;
}

function number(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
