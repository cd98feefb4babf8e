#include "id.h"

#include <stdlib.h>

uint32_t id_take(struct id_pool *pool)
{
	if (pool->next < pool->limit) return ++pool->next;
	if (pool->count == 0) return 0;
	uint32_t id = pool->freed[pool->head];
	pool->head = (pool->head + 1) % pool->room;
	pool->count--;
	return id;
}

void id_give(struct id_pool *pool, uint32_t id)
{
	if (id == 0) return;
	if (pool->count == pool->room) {
		uint32_t room = pool->room ? pool->room * 2 : 64;
		uint32_t *freed = malloc(room * sizeof(*freed));

		// Without memory the id is lost until the next start, which harms nobody.
		if (freed == NULL) return;
		for (uint32_t i = 0; i < pool->count; i++)
			freed[i] = pool->freed[(pool->head + i) % pool->room];
		free(pool->freed);
		pool->freed = freed;
		pool->head = 0;
		pool->room = room;
	}
	pool->freed[(pool->head + pool->count++) % pool->room] = id;
}

void id_pool_free(struct id_pool *pool)
{
	free(pool->freed);
	*pool = (struct id_pool){.limit = pool->limit};
}
