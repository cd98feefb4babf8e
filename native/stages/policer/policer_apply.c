// What a policer does to packets.
#include <string.h>

#include <rte_byteorder.h>
#include <rte_cycles.h>

#include "policer.h"

// Octets of an Ethernet header. Rates are of frames without tags and FCS, whatever the encapsulation, so that a flow
// costs the same wherever it is metered; padding does not count.
#define ETHERNET_OCTETS 14

static uint32_t octets_of(const uint8_t *ip)
{
	uint16_t length;

	if (ip[0] >> 4 == 4) {
		memcpy(&length, ip + 2, sizeof(length));
		return ETHERNET_OCTETS + rte_be_to_cpu_16(length);
	}
	memcpy(&length, ip + 4, sizeof(length));
	return ETHERNET_OCTETS + 40u + rte_be_to_cpu_16(length);
}

// Six bits; RFC 2474.
static uint8_t dscp_of(const uint8_t *ip)
{
	if (ip[0] >> 4 == 4) return ip[1] >> 2;
	return (uint8_t)((ip[0] & 0xf) << 2 | ip[1] >> 6);
}

// The drop precedence of the assured forwarding classes (RFC 2597, 6: AF11 001010 … AF43 100110); all others are green.
static uint8_t color_of(const uint8_t *ip)
{
	uint8_t dscp = dscp_of(ip), class = dscp >> 3, precedence = dscp >> 1 & 3;

	if ((dscp & 1) != 0 || class < 1 || class > 4) return POLICER_GREEN;
	return precedence == 2 ? POLICER_YELLOW : precedence == 3 ? POLICER_RED : POLICER_GREEN;
}

static void set_dscp(uint8_t *ip, uint8_t dscp)
{
	uint16_t old, new, sum;
	uint32_t wide;

	if (ip[0] >> 4 != 4) {
		ip[0] = (uint8_t)((ip[0] & 0xf0) | dscp >> 2);
		ip[1] = (uint8_t)((ip[1] & 0x3f) | dscp << 6);
		return;
	}
	memcpy(&old, ip, sizeof(old));
	ip[1] = (uint8_t)(dscp << 2 | (ip[1] & 3));
	memcpy(&new, ip, sizeof(new));
	memcpy(&sum, ip + 10, sizeof(sum));
	// RFC 1624, equation 3.
	wide = (uint32_t)(uint16_t)~sum + (uint16_t)~old + new;
	wide = (wide & 0xffff) + (wide >> 16);
	sum = (uint16_t) ~((wide & 0xffff) + (wide >> 16));
	memcpy(ip + 10, &sum, sizeof(sum));
}

static inline bool act(const struct policer_parameters *p, struct policer_counters *counters, uint8_t *ip,
		       uint8_t color, uint32_t octets)
{
	const struct policer_action *action = &p->action[color];

	counters->packets[color]++;
	counters->octets[color] += octets;
	if (action->drop) return false;
	if (action->dscp != POLICER_KEEP_DSCP && action->dscp != dscp_of(ip)) set_dscp(ip, action->dscp);
	return true;
}

void policer_burst(struct worker *worker, struct policer *policer, struct rte_mbuf **packets, bool *pass, unsigned n)
{
	const struct policer_parameters *p = __atomic_load_n(&policer->parameters, __ATOMIC_ACQUIRE);
	struct policer_counters *counters = &policer->counters[worker->index];
	uint32_t octets[MAX_BURST];
	uint8_t color[MAX_BURST], *ip[MAX_BURST];

	// A trace takes no tokens.
	for (unsigned i = 0; worker_traces(worker) && i < n; i++)
		pass[i] = true;
	if (worker_traces(worker)) return;
	for (unsigned i = 0; i < n; i++) {
		ip[i] = rte_pktmbuf_mtod_offset(packets[i], uint8_t *, packet_meta(packets[i])->l3_offset);
		octets[i] = octets_of(ip[i]);
		color[i] = color_of(ip[i]);
	}
	policer_meter(policer, rte_rdtsc(), octets, color, n);
	for (unsigned i = 0; i < n; i++)
		pass[i] = act(p, counters, ip[i], color[i], octets[i]);
}

bool policer_packet(struct worker *worker, void *policer, struct rte_mbuf *m, uint8_t l3_offset)
{
	struct policer *it = policer;
	const struct policer_parameters *p = __atomic_load_n(&it->parameters, __ATOMIC_ACQUIRE);
	uint8_t *ip = rte_pktmbuf_mtod_offset(m, uint8_t *, l3_offset);
	uint32_t octets = octets_of(ip);
	uint8_t color = color_of(ip);

	policer_meter(it, rte_rdtsc(), &octets, &color, 1);
	return act(p, &it->counters[worker->index], ip, color, octets);
}
