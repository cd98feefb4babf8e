// (outer tag, inner tag) -> logical port, one map a port.
//
//   map ─ page[tag type][vid / 64] ─ slot[vid % 64] ─┬ logical port of the one tag
//                                                    └ inner ─ page[tag type][vid / 64] ─ logical port
//
// Copy on write in generation memory (stage.h): a change copies the pages on its
// way, about 2 kB whatever the map holds. A map that becomes empty stays.
#ifndef SLUICE_CLASSIFY_TAG_MAP_H
#define SLUICE_CLASSIFY_TAG_MAP_H

#include "tags.h"

#define TAG_PAGE  64
#define TAG_PAGES (4096 / TAG_PAGE)

struct generation;

struct inner_page {
	uint32_t logical_port[TAG_PAGE];
};

struct inner_map {
	const struct inner_page *page[2][TAG_PAGES];
};

struct tag_slot {
	uint32_t logical_port;
	const struct inner_map *inner;
};

struct tag_page {
	struct tag_slot slot[TAG_PAGE];
};

struct tag_map {
	uint32_t untagged;
	const struct tag_page *page[2][TAG_PAGES];
};

static inline unsigned tag_type_index(uint16_t tpid)
{
	return tpid == RTE_ETHER_TYPE_QINQ;
}

// The logical port with the longest match; 0: none. `map` may be NULL. An untagged frame
// belongs only to the untagged logical port, a tagged one only to those of its outer tag.
static inline uint32_t tag_map_lookup(const struct tag_map *map, const struct frame_tags *tags)
{
	const struct inner_page *inner;
	const struct tag_page *page;
	const struct tag_slot *slot;

	if (unlikely(map == NULL)) return 0;
	if (tags->count == 0) return map->untagged;
	page = map->page[tag_type_index(tags->tag[0].tpid)][tags->tag[0].vid / TAG_PAGE];
	if (unlikely(page == NULL)) return 0;
	slot = &page->slot[tags->tag[0].vid % TAG_PAGE];
	if (tags->count == 2 && slot->inner != NULL) {
		inner = slot->inner->page[tag_type_index(tags->tag[1].tpid)][tags->tag[1].vid / TAG_PAGE];
		if (inner != NULL && inner->logical_port[tags->tag[1].vid % TAG_PAGE] != 0)
			return inner->logical_port[tags->tag[1].vid % TAG_PAGE];
	}
	return slot->logical_port;
}

// Whether frames with the first of these tags may belong to different logical ports by their second one.
static inline bool tag_map_has_inner(const struct tag_map *map, const struct frame_tags *tags)
{
	const struct tag_page *page;

	if (map == NULL || tags->count == 0) return false;
	page = map->page[tag_type_index(tags->tag[0].tpid)][tags->tag[0].vid / TAG_PAGE];
	return page != NULL && page->slot[tags->tag[0].vid % TAG_PAGE].inner != NULL;
}

// The logical port set for exactly `count` tags; 0: none.
uint32_t tag_map_get(const struct tag_map *map, unsigned count, const struct vlan_tag *tag);

// Sets exactly these tags (0, 1 or 2) to a logical port, 0 to clear, in a copy that *map then points to. 0 or -ENOMEM.
int tag_map_set(struct generation *g, const struct tag_map **map, unsigned count, const struct vlan_tag *tag,
		uint32_t logical_port);

// Calls `visit` for every logical port that matches the outer VID with either tag type (0: untagged),
// whatever its inner tag.
void tag_map_each(const struct tag_map *map, uint16_t vid, void (*visit)(void *ctx, uint32_t logical_port), void *ctx);

// Gives up all memory of a map (generation_retire).
void tag_map_retire(struct generation *g, const struct tag_map *map);

#endif
