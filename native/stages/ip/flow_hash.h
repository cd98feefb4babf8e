// A flow's hash, by which it keeps to one of several next hops: addresses, protocol and ports (RFC 2992). Fragments
// have no ports, but for the first: all of a packet go by the addresses. The same in every worker and at each start.
#ifndef SLUICE_STAGES_IP_FLOW_HASH_H
#define SLUICE_STAGES_IP_FLOW_HASH_H

#include <netinet/in.h>
#include <string.h>

#include <rte_hash_crc.h>

#include "../classify/tags.h"
#include "ip.h"

static inline bool ip_has_ports(uint8_t protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP ||
	       protocol == IPPROTO_UDPLITE || protocol == IPPROTO_DCCP;
}

// Bytes from the IP header to the ports; 0: it has none that every packet of the flow has.
static inline unsigned ip_ports_offset(const uint8_t *ip)
{
	if (ip[0] >> 4 == 6) return ip_has_ports(ip[6]) ? 40 : 0;
	if ((read_be16(ip + 6) & 0x3fff) != 0 || !ip_has_ports(ip[9])) return 0;
	return (ip[0] & 0xfu) * 4;
}

static inline uint32_t ip_flow_hash(struct rte_mbuf *m, const uint8_t *ip)
{
	unsigned offset = ip_ports_offset(ip), size = ip[0] >> 4 == 6 ? 32 : 8;
	uint32_t hash = ip[0] >> 4 == 6 ? ip[6] : ip[9], ports;
	const uint8_t *addresses = ip + (size == 32 ? 8 : 12);
	uint64_t part;

	for (unsigned i = 0; i < size; i += sizeof(part)) {
		memcpy(&part, addresses + i, sizeof(part));
		hash = rte_hash_crc_8byte(part, hash);
	}
	if (offset != 0 && packet_meta(m)->l3_offset + offset + sizeof(ports) <= m->data_len) {
		memcpy(&ports, ip + offset, sizeof(ports));
		hash = rte_hash_crc_4byte(ports, hash);
	}
	// The low bits choose; a CRC of few changing bits needs its high ones there.
	return hash ^ hash >> 16;
}

#endif
