// Who is behind an address on a link: ARP (RFC 826) and Neighbor Discovery (RFC 4861) in one table, and what packets
// see of it, the adjacencies.
//
// An adjacency is the L2 header of one neighbour of one interface, behind an id that stays the same as long as anybody
// holds a reference. Its content is never written: a change puts another one behind the id, then raises
// FLOW_ADJACENCY; the old one goes once every worker has passed a quiescent state.
//
// Nodes: "neighbour-hold" takes packets that cannot leave yet, as they came to the rewrite (TTL not decremented, IP
// header at l3_offset): with meta->adjacency set to one that is not complete, or with meta->adjacency 0 where the
// destination itself is the neighbour (glean); meta->egress_interface is set in both cases. Once the neighbour is
// known they enter "ip4-rewrite" or "ip6-rewrite" with meta->adjacency set. "arp-in" takes ARP from l3-in,
// "nd-in" ICMPv6 133 to 137 from ip-local.
#ifndef SLUICE_NEIGHBOUR_H
#define SLUICE_NEIGHBOUR_H

#include <stdatomic.h>

#include "../../main/stage.h"

#define ADJACENCIES (1u << 18)

struct adjacency {
	uint32_t id;
	uint16_t interface;
	uint8_t version; // enum ip_version
	bool complete;   // header is valid
	uint8_t length;  // of header
	uint8_t header[RTE_ETHER_HDR_LEN];
	struct ip_address address;
};

extern _Atomic(const struct adjacency *) adjacency_table[ADJACENCIES];
extern uint8_t adjacency_use[ADJACENCIES];

// Worker. NULL: there is none (any more).
static inline const struct adjacency *adjacency_of(uint32_t id)
{
	return likely(id < ADJACENCIES) ? atomic_load_explicit(&adjacency_table[id], memory_order_acquire) : NULL;
}

// Worker. A packet goes to this neighbour: what is in use is kept and asked again before it grows old. The rewrite
// calls it, or the refresh of the flow cache. Written only where it changes: the line stays shared.
static inline void adjacency_used(uint32_t id)
{
	if (unlikely(__atomic_load_n(&adjacency_use[id], __ATOMIC_RELAXED) == 0))
		__atomic_store_n(&adjacency_use[id], 1, __ATOMIC_RELAXED);
}

// Control thread. The adjacency of a neighbour, made incomplete where it is not known; one reference more. 0; -ENOMEM;
// -ENOSPC: too many. The interface need not be visible yet.
int adjacency_take(uint32_t interface, enum ip_version version, const struct ip_address *address, uint32_t *id);
void adjacency_give(uint32_t id);

// Control thread. Whether the router may use an address of its own (RFC 4862, 5.4; RFC 5227): it is not tentative, no
// duplicate, and its interface is up.
bool address_usable(const struct l3_interface *interface, enum ip_version version, const struct ip_address *address);

#endif
