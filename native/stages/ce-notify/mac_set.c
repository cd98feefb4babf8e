#include "mac_set.h"

#include <stdlib.h>

#include "../bridge/bridge.h"

// By bridge domain; NULL: not being collected.
static struct mac_set *collecting[MAX_ID + 1];
static uint32_t begun[MAX_ID + 1], begun_count;

struct mac_set *mac_set_begin(uint32_t bridge_domain)
{
	struct mac_set *set = collecting[bridge_domain];

	if (set == NULL) {
		set = calloc(1, sizeof(*set));
		if (set == NULL) return NULL;
		set->bridge_domain = bridge_domain;
		collecting[bridge_domain] = set;
		begun[begun_count++] = bridge_domain;
	}
	set->references++;
	return set;
}

static void add(void *ctx, uint32_t bridge_domain, const struct logical_port *lp, uint64_t key, uint64_t value)
{
	struct mac_set *set = collecting[bridge_domain];

	if (set == NULL) return;
	if (set->count == set->room) {
		uint32_t room = set->room != 0 ? set->room * 2 : 64;
		uint64_t *grown = realloc(set->key, room * sizeof(*grown));

		if (grown == NULL) {
			set->lost++;
			return;
		}
		set->key = grown;
		set->room = room;
	}
	set->key[set->count++] = key;
}

void mac_sets_collect(void)
{
	uint32_t cursor = 0, expected = 0;

	for (uint32_t i = 0; i < begun_count; i++)
		expected += atomic_load(&bridge_fdb.domain[begun[i]].learned) +
			    atomic_load(&bridge_fdb.domain[begun[i]].fixed);
	if (expected != 0) bridge_walk(0, &cursor, fdb_buckets(&bridge_fdb), add, NULL);
	while (begun_count != 0)
		collecting[begun[--begun_count]] = NULL;
}

void mac_set_release(struct mac_set *set)
{
	if (set == NULL || --set->references != 0) return;
	free(set->key);
	free(set);
}
