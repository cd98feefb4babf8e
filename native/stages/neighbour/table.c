// The table of neighbours: a hash table with chains that grows, and the lists.
#include "table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_hash_crc.h>

#define LEAST_BUCKETS 256

struct neighbour_list neighbour_all[NEIGHBOUR_CLASSES];
uint32_t neighbour_count[NEIGHBOUR_CLASSES];

static struct neighbour **buckets;
static uint32_t bucket_count, total;
static struct neighbour_interface *interfaces[MAX_ID + 1];
static struct neighbour *by_adjacency[ADJACENCIES];

static uint32_t hash_of(uint32_t interface, enum ip_version version, const struct ip_address *address)
{
	return rte_hash_crc(address->bytes, sizeof(address->bytes), interface << 1 | version);
}

static bool is(const struct neighbour *n, uint32_t interface, enum ip_version version, const struct ip_address *address)
{
	return n->interface == interface && n->version == version &&
	       memcmp(&n->address, address, sizeof(*address)) == 0;
}

static struct neighbour **place_of(uint32_t interface, enum ip_version version, const struct ip_address *address)
{
	struct neighbour **place = &buckets[hash_of(interface, version, address) & (bucket_count - 1)];

	while (*place != NULL && !is(*place, interface, version, address))
		place = &(*place)->next;
	return place;
}

struct neighbour *neighbour_find(uint32_t interface, enum ip_version version, const struct ip_address *address)
{
	return bucket_count != 0 ? *place_of(interface, version, address) : NULL;
}

struct neighbour *neighbour_of_adjacency(uint32_t id)
{
	return id < ADJACENCIES ? by_adjacency[id] : NULL;
}

static int grow(void)
{
	uint32_t more = bucket_count != 0 ? bucket_count * 2 : LEAST_BUCKETS, had = bucket_count;
	struct neighbour **old = buckets, **fresh = calloc(more, sizeof(struct neighbour *));

	if (fresh == NULL) return bucket_count != 0 ? 0 : -ENOMEM;
	buckets = fresh;
	bucket_count = more;
	for (uint32_t i = 0; i < had; i++)
		for (struct neighbour *n = old[i], *next; n != NULL; n = next) {
			struct neighbour **place = place_of(n->interface, n->version, &n->address);

			next = n->next;
			n->next = NULL;
			*place = n;
		}
	free(old);
	return 0;
}

struct neighbour_interface *neighbour_interface_of(uint32_t interface)
{
	return interfaces[interface];
}

static struct neighbour_interface *interface_made(uint32_t id)
{
	struct neighbour_interface *it = interfaces[id];

	if (it != NULL) return it;
	it = calloc(1, sizeof(*it));
	if (it == NULL) return NULL;
	for (unsigned class = 0; class < NEIGHBOUR_CLASSES; class ++)
		TAILQ_INIT(&it->list[class]);
	return interfaces[id] = it;
}

static void list_in(struct neighbour *n, enum neighbour_class class)
{
	struct neighbour_interface *it = interfaces[n->interface];

	// Lists of a start that is over began anew.
	if (neighbour_all[class].tqh_last == NULL) TAILQ_INIT(&neighbour_all[class]);
	n->class = class;
	TAILQ_INSERT_TAIL(&neighbour_all[class], n, in_all);
	TAILQ_INSERT_TAIL(&it->list[class], n, in_interface);
	neighbour_count[class]++;
	it->count[class]++;
}

static void list_out(struct neighbour *n)
{
	struct neighbour_interface *it = interfaces[n->interface];

	TAILQ_REMOVE(&neighbour_all[n->class], n, in_all);
	TAILQ_REMOVE(&it->list[n->class], n, in_interface);
	neighbour_count[n->class]--;
	it->count[n->class]--;
}

int neighbour_new(uint32_t interface, enum ip_version version, const struct ip_address *address, struct neighbour **out)
{
	struct neighbour *n;

	if (total >= bucket_count && grow() < 0) return -ENOMEM;
	if (interface > MAX_ID || interface_made(interface) == NULL) return -ENOMEM;
	n = calloc(1, sizeof(*n));
	if (n == NULL) return -ENOMEM;
	n->interface = (uint16_t)interface;
	n->version = version;
	n->address = *address;
	n->adjacency = adjacency_new(n);
	if (n->adjacency == 0) {
		free(n);
		return -ENOSPC;
	}
	by_adjacency[n->adjacency] = n;
	*place_of(interface, version, address) = n;
	total++;
	list_in(n, NEIGHBOUR_ASKED);
	*out = n;
	return 0;
}

void neighbour_free(struct neighbour *n)
{
	struct neighbour **place = place_of(n->interface, n->version, &n->address);

	*place = n->next;
	total--;
	list_out(n);
	by_adjacency[n->adjacency] = NULL;
	adjacency_free(n->adjacency);
	free(n);
}

void neighbour_classify(struct neighbour *n)
{
	list_out(n);
	list_in(n, n->is_static || n->references != 0 ? NEIGHBOUR_FIXED
		   : n->nud.state == NUD_INCOMPLETE   ? NEIGHBOUR_ASKED
						      : NEIGHBOUR_LEARNED);
}

void neighbours_stop(void)
{
	for (uint32_t i = 0; i < bucket_count; i++)
		while (buckets[i] != NULL)
			neighbour_free(buckets[i]);
	free(buckets);
	buckets = NULL;
	bucket_count = 0;
	for (uint32_t i = 0; i <= MAX_ID; i++) {
		free(interfaces[i]);
		interfaces[i] = NULL;
	}
	adjacency_stop();
}
