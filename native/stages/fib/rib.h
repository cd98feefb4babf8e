// What the control thread knows of routes: of each prefix the routes of all owners, of which the best that is usable
// goes into the table that packets see (table.h).
//
//   rib (VRF) ─┬─ table (IPv4, IPv6) ── entry (prefix) ── route, best first ──┬─→ group: next hops, one set id
//              └─ group …                                                     └─  or a set of its own (connected, …)
//
// A group's routes hold its set id: what its next hops are, and what becomes of them, touches no route, but where the
// group as a whole becomes usable or unusable.
#ifndef SLUICE_FIB_RIB_H
#define SLUICE_FIB_RIB_H

#include "../../main/stage.h"
#include "pool.h"
#include "table.h"

struct owner;

// In the order in which they win over each other.
enum route_source { ROUTE_LOCAL, ROUTE_CONNECTED, ROUTE_NEIGHBOUR, ROUTE_OWNER };

struct rib_route {
	struct rib_route *next; // of the entry
	struct rib_entry *entry;
	struct group *group;          // of an owner's route
	struct rib_route *group_next; // of the group's routes
	struct rib_route **group_back;
	const struct owner *owner;
	uint64_t changed_ns;
	uint32_t preference;
	uint32_t set; // where there is no group
	uint16_t interface;
	uint8_t source;  // enum route_source
	uint8_t version; // enum ip_version
};

struct rib_entry {
	struct prefix prefix;
	struct rib_route *routes;
	struct rib_entry *next; // in the bucket
	uint32_t set;           // that packets see; 0: none
	uint32_t staged;        // 1 + index of the last operation of the transaction about it
	uint32_t number;        // in the pool
	bool used;              // not a spare record of the pool
};

struct rib_table {
	enum ip_version version;
	struct fib *fib;
	struct pool entries;
	struct rib_entry **buckets;
	uint32_t bucket_count, count;
	uint32_t lengths[129]; // entries by length
	uint32_t seen[129];    // of these, those that packets see
	uint32_t active;       // their sum
	// Gateways that are found by routes, sorted: a change of a route to one of them has the groups resolved anew.
	struct prefix *gateways;
	uint32_t gateway_count;
	uint32_t coming;  // entries that the transaction at hand will make
	uint32_t refused; // prefixes for which there was no memory for another kind of table
};

struct rib {
	uint32_t id; // of the VRF
	struct rib_table table[IP_VERSIONS];
	struct group *groups;
	uint32_t routes; // of owners
	int32_t coming;  // routes that the transaction at hand adds
	bool to_resolve; // recursive groups may find other ways
	bool to_collect; // the lists of gateways are out of date
};

#define MOST_HOPS 64

struct group_hop {
	uint8_t special;    // Sluice__Api__NextHop__Special
	uint16_t interface; // id; 0: recursive, unless special
	bool has_gateway;
	enum ip_version version;
	struct ip_address gateway;
	uint32_t weight;
};

struct group {
	struct rib *rib;
	uint32_t id; // of its set
	char *name;
	uint32_t hop_count;
	struct group_hop *hops;
	struct weighted_hop *resolved; // each ADJACENCY with a reference
	uint32_t resolved_count;
	bool usable, recursive, visited;
	bool removed; // by the transaction at hand
	uint32_t operation;
	struct rib_route *routes;
	uint32_t route_count;
	int32_t coming;             // routes that the transaction at hand adds
	struct group *next, **back; // of the VRF's
};

// ---------------------------------------------------------------- rib.c, entry.c

struct rib *rib_of(uint32_t vrf); // NULL: there is none
int rib_open(uint32_t vrf, struct rib **rib);
void rib_close(struct rib *rib);
// The one whose id is `from` or the next above; NULL: there is none.
struct rib *rib_next(uint32_t from);

struct rib_entry *entry_find(const struct rib_table *table, const struct prefix *prefix);
// Finds or makes it; NULL: no memory.
struct rib_entry *entry_take(struct rib_table *table, const struct prefix *prefix);
// A part of the making of the kind of table that suits so many more prefixes. Whether there is more to do.
bool table_expect_part(struct rib *rib, struct rib_table *table, uint32_t more);
// Room for so many more. 0 or -ENOMEM.
int entries_expect(struct rib_table *table, uint32_t more);
// Frees it if nothing is known of it.
void entry_drop(struct rib_table *table, struct rib_entry *entry);
struct prefix prefix_of(enum ip_version version, const struct ip_address *address, unsigned length);
void prefix_bytes(const struct prefix *prefix, struct ip_address *address);
// The entry with the longest prefix shorter than `below` that covers it, as packets see it. NULL: none.
struct rib_entry *entry_cover(const struct rib_table *table, const struct prefix *prefix, unsigned below);
// The first route that is usable; NULL: none.
const struct rib_route *entry_best(const struct rib_entry *entry);
bool route_usable(const struct rib_route *route);

struct rib_route *route_alloc(void);
void route_free(struct rib_route *route);
// Puts a route into its entry's order, or takes it out; and lets packets see what is best then.
void route_link(struct rib *rib, struct rib_route *route);
void route_unlink(struct rib *rib, struct rib_route *route);
void entry_refresh(struct rib *rib, struct rib_table *table, struct rib_entry *entry);

// After a batch of changes: resolves what asks for it, frees what no worker sees.
void rib_settle(void);

// ---------------------------------------------------------------- group.c, resolve.c

int group_new(struct rib *rib, const char *name, struct group **group);
void group_free(struct group *group);
// Finds the next hops anew and tells packets and routes if they are others.
void group_update(struct group *group);
// The groups that name the interface, and all that are recursive.
void groups_of_interface(uint32_t interface);
// After a change of its hops: the VRF's sorted list of recursive gateways. 0 or -ENOMEM.
int gateways_collect(struct rib *rib);
// Whether a change of the prefix's routes may concern a recursive gateway.
bool gateways_under(const struct rib_table *table, const struct prefix *prefix);

// What one hop of a group comes to at the moment, or all of them: at most MOST_HOPS. ADJACENCY has no id yet, but the
// neighbour's address.
struct way {
	uint8_t kind; // enum next_hop_kind
	uint16_t interface;
	enum ip_version version;
	struct ip_address gateway;
	uint64_t weight;
};
unsigned hop_resolve(struct group *group, const struct group_hop *hop, struct way *ways);
unsigned group_resolve(struct group *group, struct way *ways);

// ---------------------------------------------------------------- interface_routes.c

void interface_routes_update(const struct l3_interface *interface);
void interface_routes_withdraw(uint32_t interface);
// Those of all interfaces of a VRF: it goes.
void interface_routes_of_vrf_gone(uint32_t vrf);

// ---------------------------------------------------------------- next_hop_group_kind.c

// The groups that the open transaction has prepared take effect, if they have not yet; and those that it removes go.
void groups_commit(void);
void groups_remove(void);
// In the state after the transaction. NULL: the owner has none of that name.
struct group *group_named(const char *name, const struct owner *owner);
// The first group (from the place *at on) that the transaction removes; NULL: no more.
struct group *group_removed(unsigned *at);

// ---------------------------------------------------------------- routes.c

// Objects are about to take effect. The groups that the open transaction has prepared do now, its routes and what goes
// in parts behind that; all of it here where routes_whole() has been called since the transaction began.
void routes_commit(void);
// What routes name goes with the open transaction: they have to be gone before.
void routes_whole(void);

#endif
