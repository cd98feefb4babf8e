// The size of the forwarding database: grows with the limits, never shrinks.
#include <errno.h>

#include "bridge_control.h"

// Of the generation being built; the limit 0: unchanged.
static struct fdb_table *grown;
static uint32_t new_limit;
static bool noted;

static void forget(void *unused)
{
	RTE_SET_USED(unused);
	fdb_table_free(grown, &bridge_memory);
	grown = NULL;
	new_limit = 0;
	noted = false;
}

int bridge_room(struct generation *g, uint32_t limit)
{
	struct fdb_table *table;
	bool needed;

	if (!noted && generation_on_abort(g, forget, NULL) != 0) return -ENOMEM;
	noted = true;
	if (limit != 0) new_limit = limit;
	limit = new_limit != 0 ? new_limit : atomic_load(&bridge_fdb.limit);
	table = fdb_table_grown(&bridge_fdb, limit, 4 * bridge_static_count(), &bridge_memory, &needed);
	if (table == NULL) return needed ? generation_refuse(g, -ENOMEM, "no memory for %u addresses", limit) : 0;
	fdb_table_free(grown, &bridge_memory);
	grown = table;
	return 0;
}

void bridge_room_published(void)
{
	struct fdb_table *old = atomic_load(&bridge_fdb.table);

	if (new_limit != 0) atomic_store(&bridge_fdb.limit, new_limit);
	if (grown != NULL) {
		fdb_table_copy(&bridge_fdb, grown, old);
		atomic_store(&bridge_fdb.table, grown);
		workers_synchronize();
		// What workers learned in the old one since it was copied.
		fdb_table_copy(&bridge_fdb, grown, old);
		fdb_table_free(old, &bridge_memory);
		grown = NULL;
	}
	new_limit = 0;
	noted = false;
}
