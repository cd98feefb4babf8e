#include "block_map.h"

#include <errno.h>

#include "../cow.h"

int block_map_set(struct generation *g, const struct block_map **map, uint16_t vid, const struct block_point *point)
{
	const struct block_point *old = block_map_get(*map, vid);
	struct block_map *new_map;
	struct block_page *page;

	if (old == point) return 0;
	if (point == NULL && (*map)->count == 1) {
		block_map_retire(g, *map);
		*map = NULL;
		return 0;
	}
	new_map = cow_writable(g, map, sizeof(*new_map));
	if (new_map == NULL) return -ENOMEM;
	page = cow_writable(g, &new_map->page[vid / BLOCK_PAGE], sizeof(*page));
	if (page == NULL) return -ENOMEM;
	page->point[vid % BLOCK_PAGE] = point;
	new_map->count = new_map->count + (point != NULL) - (old != NULL);
	return 0;
}

void block_map_retire(struct generation *g, const struct block_map *map)
{
	if (map == NULL) return;
	for (unsigned p = 0; p < BLOCK_PAGES; p++)
		generation_retire(g, map->page[p]);
	generation_retire(g, map);
}
