// What a policer drops, on the way in and on the way out.
#include "../drop/drop_node.h"
#include "policer.h"

DROP_NODE_NAMED(policed_in, "drop-policed-in", "policed", DROP_INGRESS);
DROP_NODE_NAMED(policed_out, "drop-policed-out", "policed", DROP_EGRESS);

uint8_t policer_drop_reason(enum drop_direction direction)
{
	return direction == DROP_INGRESS ? drop_reason_policed_in : drop_reason_policed_out;
}

uint32_t policer_drop_node(enum drop_direction direction)
{
	return direction == DROP_INGRESS ? drop_node_policed_in.id : drop_node_policed_out.id;
}
