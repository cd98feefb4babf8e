// Hits that do more than a rewrite.
#include "apply.h"

// The upper six bits of the second byte of IPv4 (RFC 2474), of the traffic class of IPv6.
static void set_dscp(uint8_t *ip, uint8_t kind, uint8_t dscp)
{
	if (kind == FLOW_KIND_IPV4) {
		uint8_t tos = (uint8_t)(dscp << 2 | (ip[1] & 3));
		uint32_t sum;
		uint16_t checksum = read_be16(ip + 10);

		// RFC 1624, equation 3.
		sum = (uint16_t)~checksum + (uint16_t)~ip[1] + tos;
		sum = (sum >> 16) + (sum & 0xffff);
		sum = (sum >> 16) + (sum & 0xffff);
		checksum = (uint16_t)~sum;
		ip[10] = (uint8_t)(checksum >> 8);
		ip[11] = (uint8_t)checksum;
		ip[1] = tos;
	} else if (kind == FLOW_KIND_IPV6) {
		ip[0] = (uint8_t)((ip[0] & 0xf0) | dscp >> 2);
		ip[1] = (uint8_t)((ip[1] & 0x3f) | dscp << 6);
	}
}

static void run_copies(const struct flow_verdict *verdict, struct worker *worker, struct rte_mbuf *m, bool before)
{
	for (unsigned i = 0; i < verdict->copy_count; i++)
		if (verdict->copy[i].before == before) verdict->copy[i].run(worker, verdict->copy[i].arg, m);
}

static bool run_meters(struct flow_cache *cache, struct worker *worker, struct rte_mbuf *m, uint32_t path,
		       uint8_t l3_offset)
{
	const struct flow_verdict *verdict = &cache->paths.cold[path].verdict;

	for (unsigned i = 0; i < verdict->meter_count; i++) {
		const struct flow_meter *meter = &verdict->meter[i];
		uint32_t octets = m->pkt_len;
		bool passes;

		m->pkt_len = (uint32_t)((int)octets + meter->adjust);
		passes = meter->run(worker, meter->policer, m, l3_offset);
		m->pkt_len = octets;
		if (passes) continue;
		flow_path_metered(&cache->paths, path, i, octets);
		return false;
	}
	return true;
}

static void run_uses(const struct flow_verdict *verdict, struct flow_path *path)
{
	for (unsigned i = 0; i < verdict->use_count; i++)
		verdict->use[i].run(verdict->use[i].a);
	path->flags &= (uint8_t)~PATH_USE;
}

bool flow_apply_extra(struct flow_cache *cache, struct worker *worker, struct rte_mbuf *m, const struct flow_parsed *p,
		      uint32_t path)
{
	const struct flow_verdict *verdict = &cache->paths.cold[path].verdict;
	run_copies(verdict, worker, m, true);
	if (!run_meters(cache, worker, m, path, p->l3_offset) || verdict->drop) {
		rte_pktmbuf_free(m);
		return false;
	}
	if (cache->paths.hot[path].flags & PATH_USE) run_uses(verdict, &cache->paths.hot[path]);
	if (verdict->set_dscp) set_dscp(rte_pktmbuf_mtod(m, uint8_t *) + p->l3_offset, p->key.kind, verdict->dscp);
	flow_apply(&cache->paths.hot[path], m, p);
	run_copies(verdict, worker, m, false);
	return true;
}
