// Which VLANs a port has, and which of them it lets through.
#ifndef SLUICE_CE_VLANS_H
#define SLUICE_CE_VLANS_H

#include <stdbool.h>
#include <stdint.h>

// A bit a VID; 0 is the untagged one.
struct ce_vlans {
	uint64_t has[64];      // there is an enabled logical port with that outer VID
	uint64_t forwards[64]; // and neither a block point nor its ethernet segment blocks it
};

static inline bool ce_vlans_test(const uint64_t bits[64], uint16_t vid)
{
	return bits[vid / 64] >> vid % 64 & 1;
}

// As it is for packets now. Takes some 50 microseconds.
void ce_vlans_of(uint16_t port, struct ce_vlans *vlans);
// Whether the VLAN of the port is blocked now.
bool ce_blocked(uint16_t port, uint16_t vid);
// Whether the port has VLANs and every one of them is blocked.
bool ce_all_blocked(uint16_t port);

#endif
