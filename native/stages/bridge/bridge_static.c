// Static addresses: checked while a generation is built, set once it is published.
//
// `intended` holds those of the generation being built and answers whether an address is taken; bridge_fdb follows.
#include <errno.h>

#include "../../main/stage.h"
#include "bridge_control.h"

struct change {
	struct change *next;
	uint64_t key;
	uint32_t port;
	bool set;
};

static struct fdb intended;
static struct change *first, **last = &first;

static uint64_t key_of(const struct static_mac *mac)
{
	uint8_t address[8] = {0};

	memcpy(address, &mac->mac, RTE_ETHER_ADDR_LEN);
	return fdb_key(address, (uint16_t)mac->bridge_domain);
}

static uint64_t intended_value(uint64_t key)
{
	const struct fdb_table *table = atomic_load(&intended.table);

	return fdb_lookup(table, key, fdb_hash(table, key));
}

bool bridge_static_has(uint64_t key)
{
	return intended_value(key) != 0;
}

// Grows until it fits; only this thread looks at it.
static int intend(uint64_t key, uint32_t port)
{
	for (uint32_t room = intended.fixed + 1; fdb_set_static(&intended, key, port) != 0; room *= 2) {
		bool needed;
		struct fdb_table *old = atomic_load(&intended.table);
		struct fdb_table *grown = fdb_table_grown(&intended, 0, room, &bridge_memory, &needed);

		if (grown == NULL && needed) return -ENOMEM;
		if (grown == NULL) continue;
		fdb_table_copy(&intended, grown, old);
		atomic_store(&intended.table, grown);
		fdb_table_free(old, &bridge_memory);
	}
	return 0;
}

static void undo(void *arg)
{
	struct change *change = arg;

	if (change->set)
		fdb_remove_static(&intended, change->key);
	else
		(void)intend(change->key, change->port);
	first = NULL;
	last = &first;
}

static int add_change(struct generation *g, const struct static_mac *mac, bool set)
{
	struct change *change = generation_alloc(g, sizeof(*change));

	if (change == NULL) return -ENOMEM;
	*change = (struct change){.key = key_of(mac), .port = mac->logical_port, .set = set};
	if (set && intend(change->key, change->port) != 0) return -ENOMEM;
	if (!set) fdb_remove_static(&intended, change->key);
	if (generation_on_abort(g, undo, change) != 0) {
		undo(change);
		return -ENOMEM;
	}
	generation_retire(g, change);
	*last = change;
	last = &change->next;
	return 0;
}

int bridge_static_changed(struct generation *g, const struct static_mac *old, const struct static_mac *new)
{
	int result = 0;

	if (old != NULL && new != NULL && key_of(old) == key_of(new) && old->logical_port == new->logical_port)
		return 0;
	if (old != NULL) result = add_change(g, old, false);
	if (result != 0 || new == NULL) return result;
	if (new->mac.addr_bytes[0] & 1 || rte_is_zero_ether_addr(&new->mac))
		return generation_refuse(g, -EINVAL, "static MAC %s: not a unicast address", new->name);
	if (intended_value(key_of(new)) != 0)
		return generation_refuse(g, -EEXIST, "static MAC %s: the bridge domain has the address already",
					 new->name);
	result = add_change(g, new, true);
	return result == 0 ? bridge_room(g, 0) : result;
}

uint32_t bridge_static_count(void)
{
	return atomic_load(&intended.fixed);
}

void bridge_static_published(void)
{
	for (const struct change *change = first; change != NULL; change = change->next) {
		// bridge_room has made the table large enough.
		if (change->set)
			(void)fdb_set_static(&bridge_fdb, change->key, change->port);
		else
			fdb_remove_static(&bridge_fdb, change->key);
	}
	first = NULL;
	last = &first;
}

int bridge_static_start(uint64_t seed)
{
	return fdb_open(&intended, 0, seed, &bridge_memory);
}

void bridge_static_stop(void)
{
	fdb_close(&intended, &bridge_memory);
}
