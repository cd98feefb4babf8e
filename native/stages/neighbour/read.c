// Neighbours as queries read them: by ascending adjacency id, so that none comes twice.
#include "read.h"

#include "table.h"

unsigned neighbours_read(uint32_t interface, uint64_t *cursor, struct neighbour_row *rows, unsigned max)
{
	uint32_t highest = adjacency_highest();
	unsigned count = 0;

	while (count < max && *cursor < highest) {
		const struct neighbour *n = neighbour_of_adjacency((uint32_t)++ * cursor);

		if (n == NULL || (interface != 0 && n->interface != interface)) continue;
		rows[count] = (struct neighbour_row){
			.interface = n->interface,
			.version = n->version,
			.address = n->address,
			.has_mac = n->is_static || n->nud.state != NUD_INCOMPLETE,
			.mac = n->nud.mac,
			.status = n->nud.state,
			.is_static = n->is_static,
			.is_router = n->nud.router,
			.age_seconds = (uint32_t)((control_now_ms() - n->confirmed_ms) / 1000),
		};
		// Of an incomplete one nothing was confirmed.
		if (!rows[count].has_mac) rows[count].age_seconds = 0;
		count++;
	}
	return count;
}
