// A frame of a PE to the other PEs of a segment, through the CE: behind Ethernet header and one tag
//
//    0      2      3      4         14    16     17     18        34      42         50     66
//    | 5347 | 1    | kind | ESI     | VID | size | 0    | address | stamp | sequence | MAC  |
//      subtype version      10 bytes         of address   16 bytes  8 bytes 8 bytes    16 bytes
//
// Numbers in network order. The address is the sender's, `size` (4 or 16) bytes of it. The MAC is HMAC-SHA-256-128
// (RFC 4868) of the 50 bytes before it under the key of the segment; the VID is the tag's, so that no frame counts in another
// VLAN.
#ifndef SLUICE_ETHERNET_SEGMENT_PROBE_H
#define SLUICE_ETHERNET_SEGMENT_PROBE_H

#include <stdbool.h>

#include "../../main/dataplane.h"
#include "../classify/tags.h"
#include "sha256.h"

#define PROBE_SUBTYPE 0x5347
#define PROBE_VERSION 1
#define PROBE_KINDS   5 // 1 to 5: Sluice__Api__SegmentProbeKind
#define PROBE_BODY    66
#define PROBE_FRAME   (ETHERNET_HEADER + TAG_SIZE + PROBE_BODY)

struct probe {
	uint8_t kind;
	uint8_t version; // enum ip_version, of the address
	uint16_t vid;
	uint64_t stamp, sequence;
	uint8_t esi[10];
	struct ip_address from;
};

// Writes a frame of PROBE_FRAME bytes, with its MAC.
void probe_write(const struct probe *probe, const struct hmac_key *key, const struct rte_ether_addr *source,
		 uint16_t tpid, uint8_t frame[PROBE_FRAME]);
// Reads the body, as far as it goes without the key; false: it is none.
bool probe_parse(const uint8_t *body, size_t length, struct probe *probe);
// Whether the MAC of a body that was parsed is right.
bool probe_is_genuine(const uint8_t *body, const struct hmac_key *key);

#endif
