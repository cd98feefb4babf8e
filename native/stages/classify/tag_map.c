#include "tag_map.h"

#include "../../main/stage.h"
#include "../cow.h"

uint32_t tag_map_get(const struct tag_map *map, unsigned count, const struct vlan_tag *tag)
{
	const struct tag_page *page;
	const struct inner_page *inner;
	const struct tag_slot *slot;

	if (map == NULL) return 0;
	if (count == 0) return map->untagged;
	page = map->page[tag_type_index(tag[0].tpid)][tag[0].vid / TAG_PAGE];
	if (page == NULL) return 0;
	slot = &page->slot[tag[0].vid % TAG_PAGE];
	if (count == 1) return slot->logical_port;
	if (slot->inner == NULL) return 0;
	inner = slot->inner->page[tag_type_index(tag[1].tpid)][tag[1].vid / TAG_PAGE];
	return inner == NULL ? 0 : inner->logical_port[tag[1].vid % TAG_PAGE];
}

static int set_inner(struct generation *g, const struct inner_map **map, const struct vlan_tag *tag,
		     uint32_t logical_port)
{
	struct inner_map *new_map = cow_writable(g, map, sizeof(**map));
	struct inner_page *page;

	if (new_map == NULL) return -ENOMEM;
	page = cow_writable(g, &new_map->page[tag_type_index(tag->tpid)][tag->vid / TAG_PAGE], sizeof(*page));
	if (page == NULL) return -ENOMEM;
	page->logical_port[tag->vid % TAG_PAGE] = logical_port;
	return 0;
}

int tag_map_set(struct generation *g, const struct tag_map **map, unsigned count, const struct vlan_tag *tag,
		uint32_t logical_port)
{
	struct tag_map *new_map;
	struct tag_page *page;

	if (tag_map_get(*map, count, tag) == logical_port) return 0;
	new_map = cow_writable(g, map, sizeof(**map));
	if (new_map == NULL) return -ENOMEM;
	if (count == 0) {
		new_map->untagged = logical_port;
		return 0;
	}
	page = cow_writable(g, &new_map->page[tag_type_index(tag[0].tpid)][tag[0].vid / TAG_PAGE], sizeof(*page));
	if (page == NULL) return -ENOMEM;
	if (count == 2) return set_inner(g, &page->slot[tag[0].vid % TAG_PAGE].inner, &tag[1], logical_port);
	page->slot[tag[0].vid % TAG_PAGE].logical_port = logical_port;
	return 0;
}

static void each_inner(const struct inner_map *map, void (*visit)(void *ctx, uint32_t logical_port), void *ctx)
{
	for (unsigned type = 0; type < 2; type++)
		for (unsigned p = 0; p < TAG_PAGES; p++)
			for (unsigned i = 0; map->page[type][p] != NULL && i < TAG_PAGE; i++)
				if (map->page[type][p]->logical_port[i] != 0)
					visit(ctx, map->page[type][p]->logical_port[i]);
}

void tag_map_each(const struct tag_map *map, uint16_t vid, void (*visit)(void *ctx, uint32_t logical_port), void *ctx)
{
	if (map == NULL) return;
	if (vid == 0 && map->untagged != 0) visit(ctx, map->untagged);
	for (unsigned type = 0; vid != 0 && type < 2; type++) {
		const struct tag_page *page = map->page[type][vid / TAG_PAGE];
		const struct tag_slot *slot;

		if (page == NULL) continue;
		slot = &page->slot[vid % TAG_PAGE];
		if (slot->logical_port != 0) visit(ctx, slot->logical_port);
		if (slot->inner != NULL) each_inner(slot->inner, visit, ctx);
	}
}

static void retire_inner(struct generation *g, const struct inner_map *map)
{
	for (unsigned type = 0; type < 2; type++)
		for (unsigned p = 0; p < TAG_PAGES; p++)
			if (map->page[type][p] != NULL) generation_retire(g, map->page[type][p]);
	generation_retire(g, map);
}

static void retire_page(struct generation *g, const struct tag_page *page)
{
	for (unsigned i = 0; i < TAG_PAGE; i++)
		if (page->slot[i].inner != NULL) retire_inner(g, page->slot[i].inner);
	generation_retire(g, page);
}

void tag_map_retire(struct generation *g, const struct tag_map *map)
{
	if (map == NULL) return;
	for (unsigned type = 0; type < 2; type++)
		for (unsigned p = 0; p < TAG_PAGES; p++)
			if (map->page[type][p] != NULL) retire_page(g, map->page[type][p]);
	generation_retire(g, map);
}
