// Control-plane policers (RFC 6192): how many packets for the router itself, or that make it do more than forward, are
// taken, by class. One limit a class for all workers, in packets; who has something to do with a packet asks first.
#ifndef SLUICE_CONTROL_PLANE_H
#define SLUICE_CONTROL_PLANE_H

#include <stdatomic.h>

#include <rte_cycles.h>

#include "../../main/stage.h"

enum control_class {
	CONTROL_ARP,
	CONTROL_ND,
	CONTROL_ICMP,
	CONTROL_BGP,
	CONTROL_OSPF,
	CONTROL_VRRP,
	CONTROL_BFD,
	CONTROL_CFM,
	CONTROL_DHCP,
	CONTROL_MRP,
	CONTROL_E_LMI,
	CONTROL_TTL_EXCEEDED,
	CONTROL_GLEAN,
	CONTROL_SEGMENT_PROBE,
	CONTROL_OTHER,
	CONTROL_CLASSES,
};

// One worker's share.
struct control_counters {
	uint64_t accepted[CONTROL_CLASSES], dropped[CONTROL_CLASSES];
} __rte_cache_aligned;

// The bucket is one number: the TSC at which it is full again. A packet moves it by `interval`; as far as `depth` it
// may be ahead of now.
struct control_limit {
	_Atomic uint64_t full_at __rte_cache_aligned;
	_Atomic uint64_t interval; // UINT64_MAX: nothing passes
	_Atomic uint64_t depth;
};

extern struct control_limit control_limits[CONTROL_CLASSES];
extern struct control_counters control_counters[MAX_WORKERS + 1]; // the last is that of traces

// Packets a second, 0: none; and at once. The bucket is full.
void control_limit_set(struct control_limit *limit, uint32_t rate, uint32_t burst);

// Worker. Whether there is room for one more packet. A worker that comes late, with a time from before, takes nothing
// twice: the bucket never goes back.
static inline bool control_limit_takes(struct control_limit *limit)
{
	uint64_t now = rte_rdtsc(), interval = atomic_load_explicit(&limit->interval, memory_order_relaxed);
	uint64_t depth = atomic_load_explicit(&limit->depth, memory_order_relaxed);
	uint64_t full_at = atomic_load_explicit(&limit->full_at, memory_order_relaxed), next;

	do {
		next = RTE_MAX(full_at, now) + interval;
		if (interval == UINT64_MAX || next - now > depth) return false;
	} while (!atomic_compare_exchange_weak_explicit(&limit->full_at, &full_at, next, memory_order_relaxed,
							memory_order_relaxed));
	return true;
}

// Worker. Whether one more packet of the class is taken; a trace always is.
static inline bool control_plane_takes(const struct worker *worker, enum control_class c)
{
	struct control_counters *counters = &control_counters[worker->index];
	bool takes = worker_traces(worker) || control_limit_takes(&control_limits[c]);

	(takes ? counters->accepted : counters->dropped)[c]++;
	return takes;
}

// The class of an IP packet for the router, by protocol and ports: between them and the header at meta->l3_offset,
// meta->l4_offset is set.
enum control_class control_class_of(struct rte_mbuf *m);

// Node of the packets above the limit: "drop-control-plane-policed".
#define CONTROL_PLANE_DROP "drop-control-plane-policed"

#endif
