// Locally administered MAC addresses for what has none of its own.
#ifndef SLUICE_MAIN_LOCAL_MAC_H
#define SLUICE_MAIN_LOCAL_MAC_H

#include <string.h>

#include <rte_ether.h>
#include <rte_hash_crc.h>

#include "dataplane.h"

// The second octet: names of different kinds give different addresses.
enum local_mac_kind { LOCAL_MAC_PORT = 0x51, LOCAL_MAC_INTERFACE = 0x52 };

// The same for a name (below NAME_SIZE bytes) at each start.
static inline void local_mac(const char *name, enum local_mac_kind kind, struct rte_ether_addr *mac)
{
	// The checksum reads words.
	char aligned[NAME_SIZE] __rte_aligned(8) = {0};
	size_t length = strnlen(name, sizeof(aligned));
	uint32_t low;

	memcpy(aligned, name, length);
	low = rte_hash_crc(aligned, (uint32_t)length, kind);

	mac->addr_bytes[0] = 0x02;
	mac->addr_bytes[1] = (uint8_t)kind;
	memcpy(mac->addr_bytes + 2, &low, sizeof(low));
}

#endif
