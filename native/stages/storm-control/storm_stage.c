// The buckets of logical ports, in generation memory: a port whose limits stay keeps its buckets as they are.
#include <errno.h>
#include <string.h>

#include "../../main/stage.h"
#include "storm.h"

// The largest frame with two tags.
#define LARGEST_FRAME (9216 + 22)

void storm_bucket_set(struct storm_bucket *bucket, const struct storm_limit *limit, uint64_t tsc_hz)
{
	uint64_t least = 0;

	*bucket = (struct storm_bucket){.depth = tsc_hz / 10};
	if (limit->packets_per_second != 0) {
		bucket->per_packet = tsc_hz / limit->packets_per_second;
		least = bucket->per_packet;
	}
	if (limit->bits_per_second != 0) {
		bucket->per_octet_256 = (uint64_t)((__uint128_t)tsc_hz * 8 * 256 / limit->bits_per_second);
		least += bucket->per_octet_256 * LARGEST_FRAME >> 8;
	}
	bucket->depth = RTE_MAX(bucket->depth, least);
}

static bool limited(const struct logical_port *lp)
{
	for (unsigned class = 0; class < STORM_CLASSES; class ++)
		if (lp->storm_limit[class].packets_per_second != 0 || lp->storm_limit[class].bits_per_second != 0)
			return true;
	return false;
}

static int logical_port_changed(struct generation *g, const struct logical_port *old, struct logical_port *new)
{
	if (old != NULL && new != NULL && memcmp(old->storm_limit, new->storm_limit, sizeof(new->storm_limit)) == 0)
		return 0;
	if (old != NULL) generation_retire(g, old->storm);
	if (new == NULL) return 0;
	new->storm = NULL;
	if (!limited(new)) return 0;
	new->storm = generation_alloc(g, sizeof(*new->storm));
	if (new->storm == NULL) return -ENOMEM;
	for (unsigned class = 0; class < STORM_CLASSES; class ++)
		storm_bucket_set(&new->storm->bucket[class], &new->storm_limit[class], rte_get_tsc_hz());
	return 0;
}

static struct stage storm_stage = {
	.name = "storm-control",
	.logical_port = logical_port_changed,
};
STAGE_REGISTER(storm_stage);
