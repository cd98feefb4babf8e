// Block points of one port by outer VID (0: untagged), copy on write in generation memory: a change copies 1 kB; and the
// VLANs of its ethernet segment.
// A port without either has no map, and its frames do not pass the nodes of this stage at all.
#ifndef SLUICE_BLOCK_MAP_H
#define SLUICE_BLOCK_MAP_H

#include <stddef.h>

#include "gate.h"

#define BLOCK_PAGE  64
#define BLOCK_PAGES (4096 / BLOCK_PAGE)

struct generation;

struct block_page {
	const struct block_point *point[BLOCK_PAGE];
};

struct block_map {
	uint32_t count;                 // of block points
	const struct gate_vlans *vlans; // NULL: no segment
	const struct block_page *page[BLOCK_PAGES];
};

// NULL: not blocked. `map` may be NULL.
static inline const struct block_point *block_map_get(const struct block_map *map, uint16_t vid)
{
	const struct block_page *page = map != NULL && vid < 4096 ? map->page[vid / BLOCK_PAGE] : NULL;

	return page != NULL ? page->point[vid % BLOCK_PAGE] : NULL;
}

// The gate of a segment that has the VLAN, whether it is open or not; NULL: none.
static inline struct gate *block_map_gate(const struct block_map *map, uint16_t vid)
{
	const struct gate_vlans *vlans = map != NULL ? map->vlans : NULL;

	return vlans != NULL && vid < GATE_VIDS && vid_is_in(vlans->word, vid) ? vlans->gate : NULL;
}

// Whether a block point or a segment blocks the VLAN.
static inline bool block_map_blocks(const struct block_map *map, uint16_t vid)
{
	const struct gate *gate;

	if (block_map_get(map, vid) != NULL) return true;
	gate = block_map_gate(map, vid);
	return gate != NULL && !gate_is_open(gate, vid);
}

// Sets (or, with NULL, clears) the block point of a VID in a copy that *map then points to: NULL when the last one
// goes. 0 or -ENOMEM.
int block_map_set(struct generation *g, const struct block_map **map, uint16_t vid, const struct block_point *point);

// The same for the VLANs of the port's segment, memory of this generation (NULL: it has none any more), whose old memory
// is given up.
int block_map_set_vlans(struct generation *g, const struct block_map **map, const struct gate_vlans *vlans);

// Gives up the memory of a map (generation_retire), not that of its block points; that of the segment's VLANs too.
void block_map_retire(struct generation *g, const struct block_map *map);

#endif
