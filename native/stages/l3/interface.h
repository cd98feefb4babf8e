// L3 interfaces: what changes of them without a transaction.
#ifndef SLUICE_L3_INTERFACE_H
#define SLUICE_L3_INTERFACE_H

#include "../../main/stage.h"

// The MAC of a virtual router (RFC 5798, 7.3: 00-00-5E-00-01-VRID, for IPv6 with 02) that is active on the interface.
static inline bool interface_is_virtual_router(const struct interface_live *live, const uint8_t *mac)
{
	unsigned version = mac[4] == 0x02 ? IP_V6 : IP_V4;

	return mac[0] == 0x00 && mac[1] == 0x00 && mac[2] == 0x5e && mac[3] == 0x00 &&
	       (mac[4] == 0x01 || mac[4] == 0x02) &&
	       (live->virtual_routers[version][mac[5] / 8] >> mac[5] % 8 & 1) != 0;
}

// Control thread. Reads link and MAC of the port below and tells the stages (interface_changed) if one is another, or
// `always`.
void interface_refresh(const struct l3_interface *interface, bool always);

#endif
