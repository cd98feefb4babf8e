// Packets between the nodes of IP: the router's own, and what is done to their buffers.
#include <errno.h>
#include <string.h>

#include "packet.h"

static int edge_of[IP_VERSIONS] = {-1, -1};

void ip_own_packet(struct rte_mbuf *m, uint32_t vrf, uint32_t interface)
{
	*packet_meta(m) = (struct packet_meta){
		.flags = PACKET_ROUTER,
		.adjacency = vrf,
		.egress_interface = (uint16_t)interface,
	};
}

int ip_send(struct rte_mbuf *m, uint32_t vrf, uint32_t interface)
{
	enum ip_version version = ip_version_of(rte_pktmbuf_mtod(m, const uint8_t *));

	ip_own_packet(m, vrf, interface);
	if (edge_of[version] < 0) {
		rte_pktmbuf_free(m);
		return -ENOENT;
	}
	return packet_inject(m, edge_of[version], vrf);
}

void packet_start(void)
{
	edge_of[IP_V4] = inject_edge("ip4-lookup");
	edge_of[IP_V6] = inject_edge("ip6-lookup");
}

// ---------------------------------------------------------------- buffers

void ip_trim(struct rte_mbuf *m, uint32_t length)
{
	uint32_t keep = packet_meta(m)->l3_offset + length;
	struct rte_mbuf *last = m;

	if (m->pkt_len <= keep) return;
	m->pkt_len = keep;
	while (keep > last->data_len) {
		keep -= last->data_len;
		last = last->next;
	}
	last->data_len = (uint16_t)keep;
	for (struct rte_mbuf *next = last->next, *after; next != NULL; next = after) {
		after = next->next;
		next->next = NULL;
		next->nb_segs = 1;
		rte_pktmbuf_free_seg(next);
		m->nb_segs--;
	}
	last->next = NULL;
}

struct rte_mbuf *ip_writable(const struct worker *worker, struct rte_mbuf *m)
{
	struct rte_mbuf *copy;
	bool shared = false;

	for (const struct rte_mbuf *segment = m; segment != NULL; segment = segment->next)
		shared |= RTE_MBUF_CLONED(segment) || rte_mbuf_refcnt_read(segment) > 1 ||
			  (RTE_MBUF_HAS_EXTBUF(segment) && rte_mbuf_ext_refcnt_read(segment->shinfo) > 1);
	if (likely(!shared)) return m;
	copy = rte_pktmbuf_copy(m, worker->packets, 0, UINT32_MAX);
	if (copy == NULL) return NULL;
	*packet_meta(copy) = *packet_meta(m);
	rte_pktmbuf_free(m);
	return copy;
}

struct rte_mbuf *packet_part(const struct worker *worker, struct rte_mbuf *m, uint32_t offset, uint32_t length)
{
	struct rte_mbuf *first = NULL, *last = NULL;

	for (struct rte_mbuf *segment = m; segment != NULL && length != 0; segment = segment->next) {
		struct rte_mbuf *part;
		uint16_t size;

		if (offset >= segment->data_len) {
			offset -= segment->data_len;
			continue;
		}
		size = (uint16_t)RTE_MIN(length, segment->data_len - offset);
		part = rte_pktmbuf_alloc(worker->headers);
		if (part == NULL) {
			rte_pktmbuf_free(first);
			return NULL;
		}
		rte_pktmbuf_attach(part, segment);
		part->data_off = (uint16_t)(segment->data_off + offset);
		part->data_len = size;
		part->pkt_len = size;
		part->nb_segs = 1;
		part->next = NULL;
		if (first == NULL) {
			first = part;
		} else {
			last->next = part;
			first->nb_segs++;
			first->pkt_len += size;
		}
		last = part;
		length -= size;
		offset = 0;
	}
	return first;
}

// ---------------------------------------------------------------- checksums

uint16_t packet_checksum(struct rte_mbuf *m, uint32_t offset, uint32_t length, uint32_t sum)
{
	uint16_t own = 0;

	rte_raw_cksum_mbuf(m, offset, length, &own);
	sum += own;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

uint32_t packet_pseudo_header(const uint8_t *ip, uint8_t protocol, uint32_t length)
{
	bool v6 = ip[0] >> 4 == 6;
	uint32_t sum = rte_raw_cksum(ip + (v6 ? 8 : 12), v6 ? 32 : 8);

	return sum + rte_cpu_to_be_16(protocol) + rte_cpu_to_be_16((uint16_t)length) +
	       rte_cpu_to_be_16((uint16_t)(length >> 16));
}

void packet_ip4_checksum(uint8_t *ip)
{
	uint16_t sum = 0;

	memcpy(ip + 10, &sum, sizeof(sum));
	sum = (uint16_t)~rte_raw_cksum(ip, (ip[0] & 0xfu) * 4);
	memcpy(ip + 10, &sum, sizeof(sum));
}
