// Packet and octet counters of ports and logical ports.
#ifndef SLUICE_STAGES_COUNT_H
#define SLUICE_STAGES_COUNT_H

#include <string.h>

#include "../main/dataplane.h"

// The six bytes of an address as a number, in memory order; 8 bytes are read.
static inline uint64_t address_bits(const uint8_t *address)
{
	uint64_t raw;

	memcpy(&raw, address, sizeof(raw));
	return raw & UINT64_C(0xffffffffffff);
}

static inline bool is_broadcast(const uint8_t *address)
{
	return address_bits(address) == UINT64_C(0xffffffffffff);
}

// One worker's slot; `frame` begins with the destination address.
static inline void count_in(struct counters *counters, const uint8_t *frame, uint32_t octets)
{
	counters->in_octets += octets;
	if (likely((frame[0] & 1) == 0))
		counters->in_unicast++;
	else if (is_broadcast(frame))
		counters->in_broadcast++;
	else
		counters->in_multicast++;
}

// Unicast frames that were counted together.
static inline void count_in_unicast(struct counters *counters, uint32_t packets, uint64_t octets)
{
	counters->in_octets += octets;
	counters->in_unicast += packets;
}

static inline void count_out_unicast(struct counters *counters, uint32_t packets, uint64_t octets)
{
	counters->out_octets += octets;
	counters->out_unicast += packets;
}

// `by` is 1, or -1 to take back what was counted before the device refused it.
static inline void count_out(struct counters *counters, const uint8_t *frame, uint32_t octets, int64_t by)
{
	counters->out_octets += (uint64_t)(by * octets);
	if (likely((frame[0] & 1) == 0))
		counters->out_unicast += (uint64_t)by;
	else if (is_broadcast(frame))
		counters->out_broadcast += (uint64_t)by;
	else
		counters->out_multicast += (uint64_t)by;
}

#endif
