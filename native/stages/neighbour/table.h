// The neighbours of the control thread: found by interface and address, in lists by what may be done with them.
#ifndef SLUICE_NEIGHBOUR_TABLE_H
#define SLUICE_NEIGHBOUR_TABLE_H

#include <sys/queue.h>

#include "neighbour.h"
#include "nud.h"

// Packets that wait for one neighbour (RFC 4861, 7.2.2: at least one; the latest are kept).
#define HELD_EACH 8

enum neighbour_class {
	NEIGHBOUR_FIXED,   // static, or somebody holds its adjacency: never evicted
	NEIGHBOUR_LEARNED, // with a MAC; oldest first
	NEIGHBOUR_ASKED,   // without one; oldest first
	NEIGHBOUR_CLASSES,
};

struct neighbour {
	struct ip_address address;
	uint8_t version;
	uint16_t interface;
	uint8_t class; // enum neighbour_class
	bool is_static;
	bool has_route;      // in the FIB as a host route
	uint32_t adjacency;  // id
	uint32_t references; // of others
	uint32_t vrf;        // of the host route
	struct nud nud;
	uint64_t confirmed_ms;
	struct timer timer;
	uint8_t held_count;
	struct rte_mbuf *held[HELD_EACH];
	struct neighbour *next; // in the bucket
	TAILQ_ENTRY(neighbour) in_all, in_interface;
};

TAILQ_HEAD(neighbour_list, neighbour);

// A token bucket.
struct neighbour_bucket {
	uint64_t at_ms;
	uint32_t tokens;
};

// Of one interface; made when it gets its first neighbour, kept until the end.
struct neighbour_interface {
	struct neighbour_list list[NEIGHBOUR_CLASSES];
	uint32_t count[NEIGHBOUR_CLASSES];
	struct neighbour_bucket ask;
};

extern struct neighbour_list neighbour_all[NEIGHBOUR_CLASSES];
extern uint32_t neighbour_count[NEIGHBOUR_CLASSES];

// Both NULL if there is none.
struct neighbour *neighbour_find(uint32_t interface, enum ip_version version, const struct ip_address *address);
struct neighbour *neighbour_of_adjacency(uint32_t id);
struct neighbour_interface *neighbour_interface_of(uint32_t interface);

// A neighbour without a MAC, in class ASKED, with an incomplete adjacency. 0, -ENOMEM or -ENOSPC.
int neighbour_new(uint32_t interface, enum ip_version version, const struct ip_address *address,
		  struct neighbour **out);
// Takes it out of everything and frees it; nothing is held, no timer is armed.
void neighbour_free(struct neighbour *neighbour);
// Into the class that it belongs to now, as the youngest there.
void neighbour_classify(struct neighbour *neighbour);
void neighbours_stop(void);

// ---------------------------------------------------------------- adjacency.c

// A new incomplete one: its id, or 0.
uint32_t adjacency_new(const struct neighbour *neighbour);
// Another one behind the id where something differs: the neighbour's MAC (NULL: incomplete), the interface's MAC.
// False: no memory, there is none then.
bool adjacency_write(const struct neighbour *neighbour, const struct rte_ether_addr *destination,
		     const struct rte_ether_addr *source);
void adjacency_free(uint32_t id);
// The highest id that was ever given.
uint32_t adjacency_highest(void);
// Frees what no worker sees any more; now and then.
void adjacency_reclaim(void);
void adjacency_stop(void);

#endif
