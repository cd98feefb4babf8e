// PDUs of the slow protocols that a bundle speaks (IEEE 802.1AX-2014, annex A and clause 6): LACP and Marker. A PDU is
// what follows the EtherType 0x8809. All numbers are big-endian.
//
//   LACPDU     0  subtype 1
//              1  version 1
//              2  TLV 1, length 20: actor    system priority 2 | system 6 | key 2 | port priority 2 | port 2 | state 1
//              | 3
//             22  TLV 2, length 20: partner  the same
//             42  TLV 3, length 16: collector's largest delay 2 | 12
//             58  TLV 0, length 0, and 50 bytes of 0                               = 110 bytes
//   Marker     0  subtype 2
//              1  version 1
//              2  TLV 1 (marker) or 2 (response), length 16: port 2 | system 6 | transaction 4 | 2
//             18  TLV 0, length 0, and 90 bytes of 0                               = 110 bytes
#ifndef SLUICE_LACP_PDU_H
#define SLUICE_LACP_PDU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SLOW_PROTOCOLS_TYPE 0x8809
#define LACP_PDU_SIZE       110
#define SLOW_SUBTYPE_LACP   1
#define SLOW_SUBTYPE_MARKER 2

// Bits of a port's state, 6.4.2.3.
enum {
	LACP_ACTIVITY = 0x01,
	LACP_SHORT_TIMEOUT = 0x02,
	LACP_AGGREGATION = 0x04,
	LACP_SYNCHRONIZATION = 0x08,
	LACP_COLLECTING = 0x10,
	LACP_DISTRIBUTING = 0x20,
	LACP_DEFAULTED = 0x40,
	LACP_EXPIRED = 0x80,
};

// What one end says of a port.
struct lacp_info {
	uint16_t system_priority;
	uint8_t system[6];
	uint16_t key;
	uint16_t port_priority;
	uint16_t port;
	uint8_t state;
};

struct lacp_pdu {
	struct lacp_info actor, partner;
};

// 0, or -EBADMSG for what is no LACPDU.
int lacp_decode(const uint8_t *pdu, size_t size, struct lacp_pdu *out);
void lacp_encode(const struct lacp_pdu *in, uint8_t pdu[LACP_PDU_SIZE]);

// Turns a marker into its response (6.5). 0, or -EBADMSG for what is no marker (a response among it).
int marker_answer(uint8_t *pdu, size_t size);

#endif
