#include "block_map.h"

#include <errno.h>

#include "../cow.h"

int block_map_set(struct generation *g, const struct block_map **map, uint16_t vid, const struct block_point *point)
{
	const struct block_point *old = block_map_get(*map, vid);
	struct block_map *new_map;
	struct block_page *page;

	if (old == point) return 0;
	if (point == NULL && (*map)->count == 1 && (*map)->vlans == NULL) {
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

int block_map_set_vlans(struct generation *g, const struct block_map **map, const struct gate_vlans *vlans)
{
	struct block_map *new_map;

	if (vlans == NULL && *map == NULL) return 0;
	if (vlans == NULL && (*map)->count == 0) {
		block_map_retire(g, *map);
		*map = NULL;
		return 0;
	}
	new_map = cow_writable(g, map, sizeof(*new_map));
	if (new_map == NULL) return -ENOMEM;
	generation_retire(g, new_map->vlans);
	new_map->vlans = vlans;
	return 0;
}

void block_map_retire(struct generation *g, const struct block_map *map)
{
	if (map == NULL) return;
	for (unsigned p = 0; p < BLOCK_PAGES; p++)
		generation_retire(g, map->page[p]);
	generation_retire(g, map->vlans);
	generation_retire(g, map);
}
