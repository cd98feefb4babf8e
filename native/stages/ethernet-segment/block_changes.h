// VLANs that a segment has blocked or released, as the changes of block points that they are to everybody else.
#ifndef SLUICE_ETHERNET_SEGMENT_BLOCK_CHANGES_H
#define SLUICE_ETHERNET_SEGMENT_BLOCK_CHANGES_H

#include "../block-point/block_map.h"
#include "../block-point/gate.h"
#include "../../main/stage.h"

struct block_changes {
	struct port port; // a copy: it may go with the generation that changes it
	unsigned count;
	uint64_t effective_at_ns;
	struct block_change change[GATE_VIDS];
	struct block_point point[GATE_VIDS];
};

void block_changes_begin(struct block_changes *changes, const struct port *port);
// Ascending VIDs. `hidden`: a block point holds there too.
void block_changes_add(struct block_changes *changes, uint16_t vid, bool blocked, bool hidden);
// Once they are effective: the bridge flushes, the CE is told, subscribers hear of them. Empties the list.
void block_changes_tell(struct block_changes *changes);

// Only the flush: neither CE nor subscribers hear of it. Empties the list.
void block_changes_flush(struct block_changes *changes);

#endif
