// For tests: the values of a PDU as an array.
#ifndef SLUICE_MRP_COLLECT_H
#define SLUICE_MRP_COLLECT_H

#include <errno.h>

#include "mvrp_pdu.h"

struct mvrp_collected {
	struct mvrp_value *values;
	size_t count, max;
	unsigned leave_alls;
};

static inline void mvrp_collect_value(void *ctx, const struct mvrp_value *value)
{
	struct mvrp_collected *collected = ctx;

	if (collected->count < collected->max) collected->values[collected->count++] = *value;
}

static inline void mvrp_collect_leave_all(void *ctx)
{
	struct mvrp_collected *collected = ctx;

	collected->leave_alls++;
}

// The number of values, at most `max` are kept; or -EBADMSG. *leave_alls may be NULL.
static inline int mvrp_decode(const uint8_t *pdu, size_t length, struct mvrp_value *values, size_t max,
			      unsigned *leave_alls)
{
	struct mvrp_collected collected = {.values = values, .max = max};
	struct mvrp_reader reader = {
		.value = mvrp_collect_value, .leave_all = mvrp_collect_leave_all, .ctx = &collected};
	int result = mvrp_read(pdu, length, &reader);

	if (leave_alls != NULL) *leave_alls = collected.leave_alls;
	return result != 0 ? result : (int)collected.count;
}

#endif
