// The flow of a frame as a number: which worker handles it, which link of a bundle it leaves by. Frames of one flow
// have one number, whatever becomes of them on their way. It is a CRC and left as that: addresses and ports of flows
// mostly count up, which a linear code spreads more evenly than chance would.
//
// IPv4 and IPv6 behind up to two tags: addresses, protocol, and ports of TCP, UDP and SCTP. Of fragments (RFC 791,
// RFC 8200) only addresses and protocol: the later ones have no ports. Anything else: MAC addresses, tags and type.
#ifndef SLUICE_PORT_FLOW_HASH_H
#define SLUICE_PORT_FLOW_HASH_H

#include <stdint.h>
#include <string.h>

#include <rte_hash_crc.h>
#include <rte_mbuf.h>

#define FLOW_HASH_IPV4 0x0008 // EtherTypes as loaded from memory
#define FLOW_HASH_IPV6 0xdd86
#define FLOW_HASH_CTAG 0x0081
#define FLOW_HASH_STAG 0xa888

static inline uint16_t flow_hash_16(const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static inline uint32_t flow_hash_32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static inline uint64_t flow_hash_64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static inline uint32_t flow_hash_ports(uint32_t hash, uint8_t protocol, const uint8_t *at, const uint8_t *end)
{
	bool ports = protocol == 6 || protocol == 17 || protocol == 132;

	return ports && end - at >= 4 ? rte_hash_crc_4byte(flow_hash_32(at), hash) : hash;
}

// Reads only the first segment; what lies behind it counts as not there.
static inline uint32_t flow_hash(const struct rte_mbuf *m)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *), *end = frame + m->data_len, *at = frame + 12;
	uint32_t hash = 0;
	uint16_t type;

	if (unlikely(m->data_len < 14)) return 0;
	type = flow_hash_16(at);
	for (unsigned tags = 0; tags < 2 && (type == FLOW_HASH_CTAG || type == FLOW_HASH_STAG) && end - at >= 6;
	     tags++) {
		at += 4;
		type = flow_hash_16(at);
	}
	at += 2;
	if (likely(type == FLOW_HASH_IPV4 && end - at >= 20)) {
		hash = rte_hash_crc_8byte(flow_hash_64(at + 12), at[9]);
		if (likely((flow_hash_16(at + 6) & rte_cpu_to_be_16(0x3fff)) == 0))
			hash = flow_hash_ports(hash, at[9], at + (at[0] & 0xf) * 4, end);
	} else if (type == FLOW_HASH_IPV6 && end - at >= 40) {
		for (unsigned i = 0; i < 4; i++)
			hash = rte_hash_crc_8byte(flow_hash_64(at + 8 + i * 8), hash);
		hash = flow_hash_ports(rte_hash_crc_4byte(at[6], hash), at[6], at + 40, end);
	} else {
		// The addresses, and a type or tag behind them.
		hash = rte_hash_crc_8byte(flow_hash_64(frame), 0);
		hash = rte_hash_crc_4byte(flow_hash_32(frame + 8), hash);
		hash = rte_hash_crc_4byte((uint32_t)type << 16 | flow_hash_16(frame + 12), hash);
	}
	return hash;
}

// A value below n, from the upper bits of the hash.
static inline uint32_t flow_hash_reduce(uint32_t hash, uint32_t n)
{
	return (uint32_t)((uint64_t)hash * n >> 32);
}

#endif
