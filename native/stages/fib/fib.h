// Routes as packets see them: an address gives a set of next hops, a set and the flow's hash give the next hop.
//
// Tables are changed in place, a prefix at a time, while workers read: a lookup gives what was before a change or what
// is after it. Memory that a change takes out goes once every worker has been quiescent. What the control thread knows
// of routes beyond that is rib.h.
#ifndef SLUICE_FIB_FIB_H
#define SLUICE_FIB_FIB_H

#include <stdatomic.h>

#include "../../main/dataplane.h"

#define MAX_NEXT_HOP_SETS (1u << 20)

// ---------------------------------------------------------------- worker

// sets[i]: id of the next hop set for addresses[i]; 0: no route. Addresses as they are in the packet (network order);
// any n, best in bursts.
void fib4_lookup(const struct fib *fib, const uint32_t *addresses, uint32_t *sets, unsigned n);
void fib6_lookup(const struct fib *fib, const uint8_t *const *addresses, uint32_t *sets, unsigned n);

// How many leading bits of the address decided the answer: all addresses that share them get the same one. May be more
// than the fewest.
unsigned fib_decided_bits(const struct fib *fib, enum ip_version version, const struct ip_address *address);

// Whether only the default route (or none) leads to the address.
bool fib_is_default(const struct fib *fib, enum ip_version version, const uint8_t *address);

enum next_hop_kind {
	NEXT_HOP_NO_ROUTE,
	NEXT_HOP_ADJACENCY,   // to the neighbour `adjacency` on `interface`
	NEXT_HOP_GLEAN,       // on `interface`; the neighbour is the destination itself
	NEXT_HOP_LOCAL,       // for the router
	NEXT_HOP_BLACKHOLE,   // dropped without a word
	NEXT_HOP_UNREACHABLE, // ICMP host unreachable
	NEXT_HOP_PROHIBIT,    // ICMP administratively prohibited
};

struct next_hop {
	uint8_t kind; // enum next_hop_kind
	uint8_t spare;
	uint16_t interface; // id; of LOCAL: that of the address, 0 where a route says so
	uint32_t adjacency; // stages/neighbour
};

// The next hop of a packet is hop[hash of its flow & mask]. A change of the hops moves only flows whose hop went, and
// the share of a hop that came. Never changed in place; valid until the worker is quiescent.
struct next_hop_set {
	uint32_t id;
	uint16_t mask;
	uint16_t hops; // different ones
	struct next_hop hop[];
};

extern const struct next_hop_set *_Atomic next_hop_sets[MAX_NEXT_HOP_SETS];

// Never NULL: of id 0 and of a set that is gone the only hop is NEXT_HOP_NO_ROUTE.
static inline const struct next_hop_set *next_hop_set_of(uint32_t id)
{
	const struct next_hop_set *set = atomic_load_explicit(&next_hop_sets[id], memory_order_acquire);

	return likely(set != NULL) ? set : next_hop_sets[0];
}

// ---------------------------------------------------------------- control thread

// The host route of a neighbour that is there (0: replaces what it was), or -errno. The route to an address of a subnet
// that has none gleans.
int fib_set_neighbour(uint32_t vrf, enum ip_version version, const struct ip_address *address, uint32_t interface,
		      uint32_t adjacency);
void fib_delete_neighbour(uint32_t vrf, enum ip_version version, const struct ip_address *address, uint32_t interface);

#endif
