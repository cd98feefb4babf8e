// Block points of one port by outer VID (0: untagged), copy on write in generation memory: a change copies 1 kB.
// A port without block points has no map, and its frames do not pass the nodes of this stage at all.
#ifndef SLUICE_BLOCK_MAP_H
#define SLUICE_BLOCK_MAP_H

#include <stddef.h>

#include "../../main/dataplane.h"

#define BLOCK_PAGE  64
#define BLOCK_PAGES (4096 / BLOCK_PAGE)

struct generation;

struct block_page {
	const struct block_point *point[BLOCK_PAGE];
};

struct block_map {
	uint32_t count;
	const struct block_page *page[BLOCK_PAGES];
};

// NULL: not blocked. `map` may be NULL.
static inline const struct block_point *block_map_get(const struct block_map *map, uint16_t vid)
{
	const struct block_page *page = map != NULL && vid < 4096 ? map->page[vid / BLOCK_PAGE] : NULL;

	return page != NULL ? page->point[vid % BLOCK_PAGE] : NULL;
}

// Sets (or, with NULL, clears) the block point of a VID in a copy that *map then points to: NULL when the last one
// goes. 0 or -ENOMEM.
int block_map_set(struct generation *g, const struct block_map **map, uint16_t vid, const struct block_point *point);

// Gives up the memory of a map (generation_retire), not that of its block points.
void block_map_retire(struct generation *g, const struct block_map *map);

#endif
