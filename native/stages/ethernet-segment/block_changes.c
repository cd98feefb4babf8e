#include "block_changes.h"

#include <stdio.h>

#include "../../api/event.h"
#include "../../main/stages.h"

void block_changes_begin(struct block_changes *changes, const struct port *port)
{
	changes->count = 0;
	changes->port = *port;
}

void block_changes_add(struct block_changes *changes, uint16_t vid, bool blocked, bool hidden)
{
	struct block_point *point = &changes->point[changes->count];

	*point = (struct block_point){
		.port = changes->port.id, .vid = vid, .cause = SLUICE__API__BLOCK_CAUSE__BLOCK_CAUSE_ELECTION};
	// Longer names of ports lose their end, not the VID.
	snprintf(point->name, sizeof(point->name), "%.57s/%u", changes->port.name, vid);
	changes->change[changes->count++] =
		(struct block_change){.point = point, .blocked = blocked, .hidden = hidden};
}

void block_changes_flush(struct block_changes *changes)
{
	for (unsigned i = 0; i < changes->count; i++)
		changes->change[i].hidden = true;
	if (changes->count != 0) STAGES_CALL(blocks_changed, changes->change, changes->count);
	changes->count = 0;
}

void block_changes_tell(struct block_changes *changes)
{
	if (changes->count == 0) return;
	STAGES_CALL(blocks_changed, changes->change, changes->count);
	events_of_blocks(changes->change, changes->count, &changes->port, changes->effective_at_ns);
	changes->count = 0;
}
