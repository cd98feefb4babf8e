// What lookup and rewrite share: the edges, and the rewrite itself, which the lookup does in the same pass.
//
// What packets to one interface have in common is looked up once for as long as they follow each other, and counted
// together; the same for those that came in by one.
#ifndef SLUICE_STAGES_IP_FORWARD_H
#define SLUICE_STAGES_IP_FORWARD_H

#include <string.h>

#include "../classify/tags.h"
#include "../fib/fib.h"
#include "../flow/record.h"
#include "../neighbour/neighbour.h"
#include "features.h"
#include "ip.h"

enum {
	FORWARD_TX = FEATURE_OUT_EDGES,
	FORWARD_LOCAL,
	FORWARD_HOLD,
	FORWARD_FRAGMENT,
	FORWARD_REDIRECT,
	FORWARD_ERROR,
	FORWARD_BLACKHOLE,
	FORWARD_BROADCAST,
	FORWARD_INTERFACE_DOWN,
	FORWARD_NO_BUFFER,
	FORWARD_EDGES,
};

#define FORWARD_NODES(fragment)                                                                                        \
	/* Replaced by the features' nodes where there are any (ip_stage.c). */                                        \
	[FEATURE_ACL_OUT] = "l3-out", [FEATURE_POLICER_OUT] = "l3-out", [FEATURE_OUT_DONE] = "l3-out",                 \
	[FORWARD_TX] = "tx", [FORWARD_LOCAL] = "ip-local", [FORWARD_HOLD] = "drop-unreachable",                        \
	[FORWARD_FRAGMENT] = (fragment), [FORWARD_REDIRECT] = "icmp-redirect", [FORWARD_ERROR] = "icmp-error",         \
	[FORWARD_BLACKHOLE] = "drop-blackhole", [FORWARD_BROADCAST] = "drop-ip-directed-broadcast",                    \
	[FORWARD_INTERFACE_DOWN] = "drop-interface-down", [FORWARD_NO_BUFFER] = "drop-ip-no-buffer"

struct forward {
	struct worker *worker;
	enum ip_version version;
	// Where packets leave.
	uint32_t out_id;               // interface id; 0: not looked up
	const struct l3_interface *it; // NULL: it is gone
	const struct logical_port *lp; // NULL: IRB
	uint32_t longest;              // bytes of an IP packet; 0: nothing leaves by it
	uint16_t port, vid;
	uint8_t tags, edge;
	uint32_t packets; // to be counted here: they go to tx at once
	uint64_t octets;
	// Where they came in.
	uint32_t in_id, vrf;
	const struct fib *fib;
	uint32_t forwarded, no_routes;
};

// Whether and how packets leave by an interface; also what l3-out asks.
void forward_enter_out(struct forward *f, uint32_t id);
void forward_enter_in(struct forward *f, uint32_t interface, uint32_t vrf);
// Adds what is not counted yet.
void forward_count(struct forward *f);

// A packet that is longer than the interface takes: the edge, or FORWARD_EDGES where it was only padding, now cut.
uint8_t forward_too_long(struct forward *f, struct rte_mbuf *m);
// Same interface in and out: whether its sender is to be told of a better way.
bool forward_redirects(const struct forward *f, struct rte_mbuf *m, const struct adjacency *adjacency);
void forward_recorded(struct forward *f, struct rte_mbuf *m);
// Tells of an interface that packets leave by, and of what is below it: both decide whether and how long they may be.
void forward_record_way(const struct dataplane *dp, struct flow_record *record, uint32_t interface);
void forward_push_tags(const struct forward *f, const struct packet_meta *meta, uint8_t *frame);

static inline void forward_meta_in(struct forward *f, struct rte_mbuf *m)
{
	const struct packet_meta *meta = packet_meta(m);
	uint32_t vrf;

	if (likely(meta->interface != 0 && meta->interface == f->in_id)) return;
	vrf = ip_vrf_of(f->worker->dataplane, m);
	if (f->in_id == 0 || meta->interface != f->in_id || vrf != f->vrf) forward_enter_in(f, meta->interface, vrf);
}

// TTL or hop limit, L2 header, and where it leaves. The edge.
static inline uint8_t forward_rewrite(struct forward *f, struct rte_mbuf *m, uint8_t *ip,
				      const struct adjacency *adjacency)
{
	struct packet_meta *meta = packet_meta(m);
	uint8_t *lifetime = ip + (f->version == IP_V4 ? 8 : 7), *frame;
	struct flow_record *record;
	int header;

	if (unlikely(meta->record != 0 || adjacency->interface != f->out_id)) {
		record = flow_record_of(f->worker, m);
		// Told before it is read.
		if (record != NULL) forward_record_way(f->worker->dataplane, record, adjacency->interface);
		forward_enter_out(f, adjacency->interface);
	}
	meta->egress_interface = adjacency->interface;
	meta->adjacency = adjacency->id;
	if (unlikely(m->pkt_len - meta->l3_offset > f->longest)) {
		uint8_t edge = forward_too_long(f, m);

		if (edge != FORWARD_EDGES) return edge;
	}
	if (likely((meta->flags & PACKET_ROUTER) == 0)) {
		if (unlikely(*lifetime <= 1)) {
			icmp_error_about(m, ICMP_CAUSE_TTL, 0);
			return FORWARD_ERROR;
		}
		if (unlikely(meta->interface == meta->egress_interface) && forward_redirects(f, m, adjacency))
			return FORWARD_REDIRECT;
		--*lifetime;
		if (f->version == IP_V4) {
			uint16_t sum;
			uint32_t up;

			// The sum of the others has to grow by what TTL lost (RFC 1141).
			memcpy(&sum, ip + 10, sizeof(sum));
			up = (uint32_t)sum + RTE_BE16(0x0100);
			sum = (uint16_t)(up + (up >= 0xffff));
			memcpy(ip + 10, &sum, sizeof(sum));
		}
		f->forwarded++;
	}
	header = ETHERNET_HEADER + f->tags * TAG_SIZE;
	if (unlikely((int)m->data_off + meta->l3_offset < header)) return FORWARD_NO_BUFFER;
	frame = ip - header;
	memcpy(frame, adjacency->header, ETHERNET_HEADER);
	if (unlikely(f->tags != 0)) forward_push_tags(f, meta, frame);
	header -= meta->l3_offset;
	m->data_off = (uint16_t)(m->data_off - header);
	m->data_len = (uint16_t)(m->data_len + header);
	m->pkt_len = (uint32_t)((int)m->pkt_len + header);
	meta->l3_offset = (uint8_t)(meta->l3_offset + header);
	meta->egress_port = f->port;
	meta->egress_vid = f->vid;
	meta->egress = f->lp != NULL ? f->lp->id : 0;
	adjacency_used(adjacency->id);
	if (likely(f->edge == FORWARD_TX)) {
		f->packets++;
		f->octets += m->pkt_len;
	}
	if (unlikely(meta->record != 0)) forward_recorded(f, m);
	return f->edge;
}

// A packet of the router's own to a link-local address or a group of meta->egress_interface; everything else is for the
// routes (false).
bool forward_on_link(struct forward *f, struct rte_mbuf *m, uint8_t *ip, uint8_t *edge);
// The edge of a hop that is no adjacency.
uint8_t forward_special(struct forward *f, struct rte_mbuf *m, uint8_t *ip, const struct next_hop *hop);

// A packet with its adjacency chosen: looked up, or back from the hold queue, a redirect, the fragmentation.
static inline uint8_t forward_to(struct forward *f, struct rte_mbuf *m, uint8_t *ip, uint32_t id)
{
	struct flow_record *record = flow_record_of(f->worker, m);
	const struct adjacency *adjacency;

	if (unlikely(record != NULL)) record_element(record, FLOW_ADJACENCY, id);
	adjacency = adjacency_of(id);
	if (unlikely(adjacency == NULL || !adjacency->complete)) {
		packet_meta(m)->adjacency = id;
		if (record != NULL) record_refuse(record, "neighbour not known");
		return FORWARD_HOLD;
	}
	return forward_rewrite(f, m, ip, adjacency);
}

#endif
