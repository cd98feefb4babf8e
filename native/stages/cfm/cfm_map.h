// MEPs of one port by outer VID (0: untagged), as workers see them: copy on write in generation memory. A port without
// MEPs has no map, and its frames do not pass the node "cfm-in".
#ifndef SLUICE_CFM_MAP_H
#define SLUICE_CFM_MAP_H

#include "../../main/dataplane.h"

struct cfm_mep;

struct cfm_point {
	struct cfm_mep *mep; // outlives every worker that sees the point
	uint16_t tpid;       // of its tag; 0: untagged
	uint8_t level;
};

struct cfm_map {
	uint32_t count;
	const struct cfm_point *point[4096];
};

// NULL: none. `map` may be NULL.
static inline const struct cfm_point *cfm_map_get(const struct cfm_map *map, uint16_t vid)
{
	return map != NULL && vid < 4096 ? map->point[vid] : NULL;
}

#endif
