// Policers: RFC 2698 (two rates, three colours) and RFC 2697 (one rate, three colours), colour-blind or colour-aware.
//
// A policer is one for all workers. Its two buckets are 16 bytes that a worker replaces by one compare-and-swap for all
// packets of a burst; a worker that loses the race judges its packets again. So rates and bursts are exact with any
// number of workers, and nobody waits for a lock.
//
// A bucket is not a number of tokens but the time at which it would be full: what it lacks is the distance from now.
#ifndef SLUICE_POLICER_POLICER_H
#define SLUICE_POLICER_POLICER_H

#include "../../main/stage.h"

enum policer_color { POLICER_GREEN, POLICER_YELLOW, POLICER_RED, POLICER_COLORS };

#define POLICER_KEEP_DSCP 0xff

struct policer_action {
	bool drop;
	uint8_t dscp; // POLICER_KEEP_DSCP: as it was
};

// Time is in ticks of 1/256 clock of the TSC.
struct policer_parameters {
	uint64_t committed_cost, peak_cost;   // ticks for one octet, times 65,536; peak_cost 0: RFC 2697
	uint64_t committed_depth, peak_depth; // ticks from empty to full: CBS; PBS or (at the committed rate) EBS
	bool color_aware;
	bool marks; // an action sets the DSCP
	struct policer_action action[POLICER_COLORS];
};

// One worker's share.
struct policer_counters {
	uint64_t packets[POLICER_COLORS], octets[POLICER_COLORS];
} __rte_cache_aligned;

struct policer_buckets {
	uint64_t committed; // when it will be full
	uint64_t peak;      // the same; RFC 2697: what it lacks, in ticks
} __rte_aligned(16);

// The same memory from creation to deletion.
struct policer {
	struct policer_buckets buckets __rte_cache_aligned;
	const struct policer_parameters *parameters __rte_cache_aligned; // read through RCU
	struct policer_counters *counters;                               // [worker index]
	uint32_t id;
	uint64_t since_ns;
	char name[NAME_SIZE];
};

// Rates in bits per second from 1,000 on, bursts in octets. peak_rate 0: RFC 2697, with peak_burst as EBS (0: green and
// red only). -EINVAL: a rate out of its range, or a burst that takes more than an hour to refill.
int policer_parameters_fill(struct policer_parameters *parameters, uint64_t tsc_hz, uint64_t committed_rate,
			    uint64_t committed_burst, uint64_t peak_rate, uint64_t peak_burst);

// Worker. Colours n packets (at most MAX_BURST) that come at `now` (TSC) in this order. `color` holds the colours that
// they came with, where the policer is colour-aware.
void policer_meter(struct policer *policer, uint64_t now, const uint32_t *octets, uint8_t *color, unsigned n);

// Control thread. Both buckets are full again, as after the creation.
void policer_refill(struct policer *policer);

// Worker. Polices packets with their IP header at meta->l3_offset: counts them, marks them; pass[i] false: to be
// dropped.
void policer_burst(struct worker *worker, struct policer *policer, struct rte_mbuf **packets, bool *pass, unsigned n);
// One packet; as a flow cache's hit runs it (record_meter_run).
bool policer_packet(struct worker *worker, void *policer, struct rte_mbuf *m, uint8_t l3_offset);

// Control thread. The policer of that name in the generation that is being built, or NULL.
struct policer *policer_named(const char *name);

// Indices of the drop reason "policed", and its nodes.
uint8_t policer_drop_reason(enum drop_direction direction);
uint32_t policer_drop_node(enum drop_direction direction);

#endif
