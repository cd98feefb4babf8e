// What a hit does to a packet.
#ifndef SLUICE_FLOW_APPLY_H
#define SLUICE_FLOW_APPLY_H

#include "flow.h"

// RFC 1624: the checksum after the sixteen bits at its place have grown by `by`, in network order.
static inline void flow_checksum_add(uint8_t *ip, uint16_t by)
{
	uint16_t checksum;
	uint32_t sum;

	memcpy(&checksum, ip + 10, sizeof(checksum));
	sum = (uint32_t)checksum + by;
	sum += sum >= 0xffff;
	checksum = (uint16_t)sum;
	memcpy(ip + 10, &checksum, sizeof(checksum));
}

static inline void flow_ttl_decrement(uint8_t *ip, uint8_t kind)
{
	if (likely(kind == FLOW_KIND_IPV4)) {
		ip[8]--;
		flow_checksum_add(ip, rte_cpu_to_be_16(0x0100));
	} else {
		ip[7]--;
	}
}

// The L2 header of the path in the place of the packet's.
static inline void flow_rewrite(const struct flow_path *path, struct rte_mbuf *m, uint8_t l3_offset)
{
	int longer = (int)path->l2_length - (int)l3_offset;
	uint8_t *ip = rte_pktmbuf_mtod(m, uint8_t *) + l3_offset;

	m->data_off = (uint16_t)(m->data_off - longer);
	m->data_len = (uint16_t)(m->data_len + longer);
	m->pkt_len = (uint32_t)((int)m->pkt_len + longer);
	// What is written too much lies in the headroom.
	if (likely(path->l2_length <= 32 && m->data_off >= 32))
		memcpy(ip - 32, path->header + FLOW_TEMPLATE - 32, 32);
	else
		memcpy(ip - path->l2_length, path->header + FLOW_TEMPLATE - path->l2_length, path->l2_length);
}

static inline void flow_apply(const struct flow_path *path, struct rte_mbuf *m, const struct flow_parsed *p)
{
	if (path->flags & PATH_TTL) flow_ttl_decrement(rte_pktmbuf_mtod(m, uint8_t *) + p->l3_offset, p->kind);
	flow_rewrite(path, m, p->l3_offset);
}

// The same for a path with meters, copies, a DSCP, something to use, or a drop. False: the packet is dropped, counted
// and freed.
bool flow_apply_extra(struct flow_cache *cache, struct worker *worker, struct rte_mbuf *m, const struct flow_parsed *p,
		      uint32_t path);

#endif
