// Small ids of runtime objects. A freed id comes again as late as possible.
#ifndef SLUICE_MAIN_ID_H
#define SLUICE_MAIN_ID_H

#include <stdint.h>

// `limit` is the highest id; the rest starts as zero.
struct id_pool {
	uint32_t limit;
	uint32_t next; // highest id ever given
	uint32_t *freed;
	uint32_t head, count, room;
};

// 0: none left.
uint32_t id_take(struct id_pool *pool);
void id_give(struct id_pool *pool, uint32_t id);
void id_pool_free(struct id_pool *pool);

#endif
