// VRRPv3 advertisements (RFC 9568, 5.2).
//
//   0              1      2          3       4                      6          8
//   | version|type | VRID | priority | count | 0 | interval (12 b.) | checksum | addresses …
#ifndef SLUICE_VRRP_PACKET_H
#define SLUICE_VRRP_PACKET_H

#include "../../main/dataplane.h"

#define VRRP_PROTOCOL       112
#define VRRP_HEADER         8
#define VRRP_MOST_ADDRESSES 64
#define VRRP_MOST           (VRRP_HEADER + VRRP_MOST_ADDRESSES * 16)

struct vrrp_packet {
	uint8_t vrid;
	uint8_t priority;
	uint16_t interval; // centiseconds
	uint8_t count;
	const uint8_t *addresses; // count * 4 or 16 bytes, in the packet
};

enum vrrp_fault {
	VRRP_FINE,
	VRRP_FAULT_LENGTH,  // shorter than it says
	VRRP_FAULT_VERSION, // not 3
	VRRP_FAULT_TYPE,    // not an advertisement
	VRRP_FAULT_CHECKSUM,
};

// 7.1, as far as the message itself says: `source` and `destination` are those of the IP header. For IPv4 a checksum
// with or without the pseudo header is right (RFC 5798 could be read both ways). The VRID is set but for LENGTH.
enum vrrp_fault vrrp_parse(const uint8_t *bytes, uint32_t length, enum ip_version version, const uint8_t *source,
			   const uint8_t *destination, struct vrrp_packet *packet);

// Writes VRRP_HEADER + count * (4 or 16) bytes, the checksum with the pseudo header. Returns their number.
uint32_t vrrp_write(const struct vrrp_packet *packet, enum ip_version version, const uint8_t *source,
		    const uint8_t *destination, uint8_t bytes[VRRP_MOST]);

#endif
