#include "hold.h"

#include <string.h>

#include "../ip/ip.h"
#include "address.h"
#include "control.h"

// Of all neighbours together.
#define HELD_ALL 1024

static int rewrite[IP_VERSIONS], unreachable, dropped;
static unsigned held;

int hold_start(void)
{
	rewrite[IP_V4] = inject_edge("ip4-rewrite");
	rewrite[IP_V6] = inject_edge("ip6-rewrite");
	unreachable = inject_edge("icmp-error");
	dropped = inject_edge("drop-neighbour-queue-full");
	for (unsigned v = 0; v < IP_VERSIONS; v++)
		if (rewrite[v] < 0) return rewrite[v];
	return unreachable < 0 ? unreachable : dropped < 0 ? dropped : 0;
}

static void send_on(struct rte_mbuf *m, uint32_t adjacency, uint16_t interface)
{
	struct packet_meta *meta = packet_meta(m);

	meta->adjacency = adjacency;
	meta->egress_interface = interface;
	packet_inject(m, rewrite[ip_version_of(ip_header(m))], adjacency);
}

void hold_release(struct neighbour *n)
{
	for (unsigned i = 0; i < n->held_count; i++)
		send_on(n->held[i], n->adjacency, n->interface);
	held -= n->held_count;
	n->held_count = 0;
}

void hold_fail(struct neighbour *n)
{
	for (unsigned i = 0; i < n->held_count; i++) {
		icmp_error_about(n->held[i], ICMP_CAUSE_HOST, 0);
		packet_inject(n->held[i], unreachable, n->adjacency);
	}
	held -= n->held_count;
	n->held_count = 0;
}

void hold_drop(struct neighbour *n)
{
	for (unsigned i = 0; i < n->held_count; i++)
		packet_inject(n->held[i], dropped, n->adjacency);
	held -= n->held_count;
	n->held_count = 0;
}

static void keep(struct neighbour *n, struct rte_mbuf *m)
{
	if (n->held_count == HELD_EACH) {
		// The new one takes the place of the oldest (RFC 4861, 7.2.2).
		packet_inject(n->held[0], dropped, n->adjacency);
		memmove(n->held, n->held + 1, (HELD_EACH - 1) * sizeof(struct rte_mbuf *));
		n->held[HELD_EACH - 1] = m;
		return;
	}
	if (held == HELD_ALL) {
		packet_inject(m, dropped, n->adjacency);
		return;
	}
	n->held[n->held_count++] = m;
	held++;
}

// The neighbour of a packet that names it only by its destination; NULL: no room, or nobody can have the address.
static struct neighbour *destination_of(struct rte_mbuf *m)
{
	const struct packet_meta *meta = packet_meta(m);
	const struct l3_interface *interface = dataplane_interface(dataplane_current(), meta->egress_interface);
	const uint8_t *ip = ip_header(m);
	enum ip_version version = ip_version_of(ip);
	struct ip_address address = {{0}};

	if (interface == NULL || !interface->enabled) return NULL;
	memcpy(address.bytes, ip + (version == IP_V4 ? 16 : 24), version == IP_V4 ? 4 : 16);
	// The router does not look for itself: a virtual router's address that it must not accept.
	if (address_find(interface->id, version, address.bytes) != NULL) return NULL;
	return neighbour_make(interface, version, &address);
}

void hold_take(struct rte_mbuf *m)
{
	uint32_t adjacency = packet_meta(m)->adjacency;
	struct neighbour *n = adjacency != 0 ? neighbour_of_adjacency(adjacency) : destination_of(m);

	if (n == NULL) {
		packet_inject(m, dropped, adjacency);
	} else if (n->is_static || n->nud.state != NUD_INCOMPLETE) {
		// It has become known meanwhile, or has no route of its own (link-local).
		send_on(m, n->adjacency, n->interface);
	} else {
		keep(n, m);
		neighbour_step(n, &(struct nud_event){.what = NUD_WANTED});
	}
}
