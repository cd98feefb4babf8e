// Locally administered MAC addresses for what has none of its own.
#ifndef SLUICE_MAIN_LOCAL_MAC_H
#define SLUICE_MAIN_LOCAL_MAC_H

#include <string.h>

#include <rte_ether.h>
#include <rte_hash_crc.h>

// The second octet: names of different kinds give different addresses.
enum local_mac_kind { LOCAL_MAC_PORT = 0x51, LOCAL_MAC_INTERFACE = 0x52 };

// The same for a name at each start.
static inline void local_mac(const char *name, enum local_mac_kind kind, struct rte_ether_addr *mac)
{
	uint32_t low = rte_hash_crc(name, (uint32_t)strlen(name), kind);

	mac->addr_bytes[0] = 0x02;
	mac->addr_bytes[1] = (uint8_t)kind;
	memcpy(mac->addr_bytes + 2, &low, sizeof(low));
}

#endif
