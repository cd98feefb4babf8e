// VRFs' routes, prefix by prefix.
#include "rib.h"

#include <errno.h>
#include <inttypes.h>

#include <rte_byteorder.h>

#include "../../api/store.h"
#include "../../main/log.h"
#include "../flow/record.h"

#define FIRST_BUCKETS 16u
#define MOST_LATE     16384 // parts of tables that a batch puts off before it waits for the workers

static struct rib *ribs[MAX_ID + 1];
static uint32_t highest; // id that had one
static struct pool routes = {.size = sizeof(struct rib_route)};
static uint32_t route_total;

// ---------------------------------------------------------------- VRFs

struct rib *rib_of(uint32_t vrf)
{
	return vrf <= MAX_ID ? ribs[vrf] : NULL;
}

struct rib *rib_next(uint32_t from)
{
	for (uint32_t id = from; id <= highest; id++)
		if (ribs[id] != NULL) return ribs[id];
	return NULL;
}

int rib_open(uint32_t vrf, struct rib **out)
{
	struct rib *rib = calloc(1, sizeof(*rib));

	if (rib == NULL) return -ENOMEM;
	rib->id = vrf;
	for (unsigned v = 0; v < IP_VERSIONS; v++) {
		struct rib_table *table = &rib->table[v];

		table->version = v;
		table->entries.size = sizeof(struct rib_entry);
		if (fib_open(&table->fib, v) < 0) {
			fib_close(rib->table[IP_V4].fib);
			free(rib);
			return -ENOMEM;
		}
	}
	ribs[vrf] = *out = rib;
	highest = RTE_MAX(highest, vrf);
	return 0;
}

// Whatever is left in it goes with it.
void rib_close(struct rib *rib)
{
	ribs[rib->id] = NULL;
	for (unsigned v = 0; v < IP_VERSIONS; v++) {
		struct rib_table *table = &rib->table[v];

		for (uint32_t b = 0; b < table->bucket_count; b++)
			for (struct rib_entry *entry = table->buckets[b]; entry != NULL; entry = entry->next)
				for (struct rib_route *route = entry->routes, *next; route != NULL; route = next) {
					next = route->next;
					if (route->group == NULL) next_hop_set_give(route->set);
					route_free(route);
				}
		fib_close(table->fib);
		pool_close(&table->entries);
		free(table->buckets);
		free(table->gateways);
	}
	free(rib);
	fib_reclaim(0);
}

// ---------------------------------------------------------------- prefixes

struct prefix prefix_of(enum ip_version version, const struct ip_address *address, unsigned length)
{
	struct prefix prefix = {.length = (uint8_t)length};
	uint64_t words[2];

	memcpy(words, address->bytes, sizeof(words));
	if (version == IP_V4) {
		words[0] &= rte_cpu_to_be_64(UINT64_MAX << 32);
		words[1] = 0;
	}
	prefix.high = length == 0 ? 0 : rte_be_to_cpu_64(words[0]) & (UINT64_MAX << (length >= 64 ? 0 : 64 - length));
	prefix.low = length <= 64 ? 0 : rte_be_to_cpu_64(words[1]) & (UINT64_MAX << (128 - length));
	return prefix;
}

void prefix_bytes(const struct prefix *prefix, struct ip_address *address)
{
	uint64_t words[2] = {rte_cpu_to_be_64(prefix->high), rte_cpu_to_be_64(prefix->low)};

	memcpy(address->bytes, words, sizeof(words));
}

static uint32_t hash(const struct prefix *prefix)
{
	uint64_t h = (prefix->high ^ prefix->length) * UINT64_C(0x9e3779b97f4a7c15);

	h = (h ^ h >> 32 ^ prefix->low) * UINT64_C(0xbf58476d1ce4e5b9);
	return (uint32_t)(h >> 32);
}

static bool same(const struct prefix *a, const struct prefix *b)
{
	return a->high == b->high && a->low == b->low && a->length == b->length;
}

struct rib_entry *entry_find(const struct rib_table *table, const struct prefix *prefix)
{
	struct rib_entry *entry;

	if (table->bucket_count == 0) return NULL;
	entry = table->buckets[hash(prefix) & (table->bucket_count - 1)];
	while (entry != NULL && !same(&entry->prefix, prefix))
		entry = entry->next;
	return entry;
}

static int grow(struct rib_table *table, uint32_t count)
{
	struct rib_entry **grown = calloc(count, sizeof(struct rib_entry *));

	if (grown == NULL) return -ENOMEM;
	for (uint32_t b = 0; b < table->bucket_count; b++)
		for (struct rib_entry *entry = table->buckets[b], *next; entry != NULL; entry = next) {
			struct rib_entry **at = &grown[hash(&entry->prefix) & (count - 1)];

			next = entry->next;
			entry->next = *at;
			*at = entry;
		}
	free(table->buckets);
	table->buckets = grown;
	table->bucket_count = count;
	return 0;
}

int entries_expect(struct rib_table *table, uint32_t more)
{
	uint32_t count = RTE_MAX(table->bucket_count, FIRST_BUCKETS);

	while (count < table->count + more)
		count *= 2;
	return count == table->bucket_count ? 0 : grow(table, count);
}

static void number(void *record, uint64_t n)
{
	((struct rib_entry *)record)->number = (uint32_t)n;
}

struct rib_entry *entry_take(struct rib_table *table, const struct prefix *prefix)
{
	struct rib_entry *entry = entry_find(table, prefix), **at;

	if (entry != NULL) return entry;
	if (table->count >= table->bucket_count && entries_expect(table, 1) < 0) return NULL;
	entry = pool_take(&table->entries, number);
	if (entry == NULL) return NULL;
	at = &table->buckets[hash(prefix) & (table->bucket_count - 1)];
	*entry = (struct rib_entry){.prefix = *prefix, .next = *at, .number = entry->number, .used = true};
	*at = entry;
	table->count++;
	table->lengths[prefix->length]++;
	return entry;
}

void entry_drop(struct rib_table *table, struct rib_entry *entry)
{
	struct rib_entry **at;

	if (entry->routes != NULL || entry->set != 0 || entry->staged != 0) return;
	at = &table->buckets[hash(&entry->prefix) & (table->bucket_count - 1)];
	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
	table->count--;
	table->lengths[entry->prefix.length]--;
	entry->used = false;
	pool_give(&table->entries, entry);
}

struct rib_entry *entry_cover(const struct rib_table *table, const struct prefix *prefix, unsigned below)
{
	for (unsigned length = below; length-- > 0;) {
		struct prefix cut = {prefix->high, prefix->low, (uint8_t)length};
		struct rib_entry *entry;

		if (table->seen[length] == 0) continue;
		cut.high &= length == 0 ? 0 : UINT64_MAX << (length >= 64 ? 0 : 64 - length);
		cut.low &= length <= 64 ? 0 : UINT64_MAX << (128 - length);
		entry = entry_find(table, &cut);
		if (entry != NULL && entry->set != 0) return entry;
	}
	return NULL;
}

// ---------------------------------------------------------------- routes

struct rib_route *route_alloc(void)
{
	struct rib_route *route = pool_take(&routes, NULL);

	if (route == NULL) return NULL;
	*route = (struct rib_route){0};
	route_total++;
	return route;
}

void route_free(struct rib_route *route)
{
	if (route == NULL) return;
	pool_give(&routes, route);
	// Nothing to walk through by number: the memory of a big table goes with the last of it.
	if (--route_total == 0) pool_close(&routes);
}

bool route_usable(const struct rib_route *route)
{
	return route->group == NULL || route->group->usable;
}

const struct rib_route *entry_best(const struct rib_entry *entry)
{
	for (const struct rib_route *route = entry->routes; route != NULL; route = route->next)
		if (route_usable(route)) return route;
	return NULL;
}

static bool before(const struct rib_route *a, const struct rib_route *b)
{
	if (a->source != b->source) return a->source < b->source;
	if (a->source != ROUTE_OWNER) return a->interface < b->interface;
	if (a->preference != b->preference) return a->preference < b->preference;
	return strcmp(a->owner->name, b->owner->name) < 0;
}

void route_link(struct rib *rib, struct rib_route *route)
{
	struct rib_route **at = &route->entry->routes;
	struct group *group = route->group;

	while (*at != NULL && before(*at, route))
		at = &(*at)->next;
	route->next = *at;
	*at = route;
	route->changed_ns = control_realtime_ns();
	if (group != NULL) {
		rib->routes++;
		group->route_count++;
		route->group_next = group->routes;
		route->group_back = &group->routes;
		if (group->routes != NULL) group->routes->group_back = &route->group_next;
		group->routes = route;
	}
	if (gateways_under(&rib->table[route->version], &route->entry->prefix)) rib->to_resolve = true;
}

void route_unlink(struct rib *rib, struct rib_route *route)
{
	struct rib_route **at = &route->entry->routes;

	while (*at != route)
		at = &(*at)->next;
	*at = route->next;
	if (route->group != NULL) {
		rib->routes--;
		route->group->route_count--;
		*route->group_back = route->group_next;
		if (route->group_next != NULL) route->group_next->group_back = route->group_back;
	}
	if (gateways_under(&rib->table[route->version], &route->entry->prefix)) rib->to_resolve = true;
}

// ---------------------------------------------------------------- what packets see

static int each_seen(void *owner, int (*set)(void *ctx, const struct prefix *prefix, uint32_t set), void *ctx)
{
	const struct rib_table *table = owner;
	int rc = 0;

	for (uint32_t b = 0; b < table->bucket_count; b++)
		for (const struct rib_entry *entry = table->buckets[b]; rc == 0 && entry != NULL; entry = entry->next)
			if (entry->set != 0 && entry->prefix.length > 0) rc = set(ctx, &entry->prefix, entry->set);
	return rc;
}

// A table of the kind that suits what is in it, and what is to come.
static void suit_for(struct rib *rib, struct rib_table *table, uint32_t expected)
{
	if (!fib_outgrown(table->fib, expected) || expected / 2 < table->refused) return;
	if (fib_rebuild(table->fib, expected, each_seen, table) == 0) {
		table->refused = 0;
		return;
	}
	// Again when there are twice as many.
	table->refused = expected;
	log_warning("routes-no-memory", "vrf=%u ipv=%u prefixes=%u", rib->id, table->version == IP_V4 ? 4 : 6,
		    expected);
}

static void suit(struct rib *rib, struct rib_table *table)
{
	suit_for(rib, table, table->active + table->coming);
}

bool table_expect_part(struct rib *rib, struct rib_table *table, uint32_t more)
{
	// A small one would be what suits what is in it now.
	if (table->active + more <= FIB_LARGE) return false;
	if (fib_expect_part(table->fib, table->active + more) > 0) return true;
	suit_for(rib, table, table->active + more);
	return false;
}

static void see(struct rib *rib, struct rib_table *table, struct rib_entry *entry, uint32_t set)
{
	unsigned length = entry->prefix.length;

	if (set == 0) {
		const struct rib_entry *cover = entry_cover(table, &entry->prefix, length);

		fib_delete(table->fib, &entry->prefix, cover != NULL ? cover->prefix.length : 0,
			   cover != NULL ? cover->set : 0);
	} else if (fib_set(table->fib, &entry->prefix, set, entry->set == 0) < 0) {
		log_warning("routes-no-memory", "vrf=%u ipv=%u prefixes=%u", rib->id, table->version == IP_V4 ? 4 : 6,
			    table->active);
		return;
	}
	table->seen[length] += (set != 0) - (entry->set != 0);
	table->active += (set != 0) - (entry->set != 0);
	entry->set = set;
}

void entry_refresh(struct rib *rib, struct rib_table *table, struct rib_entry *entry)
{
	const struct rib_route *best = entry_best(entry);
	uint32_t set = best == NULL ? 0 : best->group != NULL ? best->group->id : best->set;
	struct ip_address address;

	if (set != entry->set) {
		if (set != 0 && entry->set == 0) suit(rib, table);
		see(rib, table, entry, set);
		prefix_bytes(&entry->prefix, &address);
		flow_route_changed(rib->id, table->version, &address, entry->prefix.length);
		fib_reclaim(MOST_LATE);
	}
	entry_drop(table, entry);
}

void rib_settle(void)
{
	for (struct rib *rib = rib_next(1); rib != NULL; rib = rib_next(rib->id + 1)) {
		if (rib->to_resolve) {
			rib->to_resolve = false;
			for (struct group *group = rib->groups; group != NULL; group = group->next)
				if (group->recursive) group_update(group);
			// What the groups find does not depend on what packets see of their routes.
			rib->to_resolve = false;
		}
		for (unsigned v = 0; v < IP_VERSIONS; v++)
			suit(rib, &rib->table[v]);
	}
	fib_reclaim(0);
}

RTE_FINI(rib_routes_free)
{
	pool_close(&routes);
}
