// The memory of one worker's flow cache. Only its worker touches it, but for what is said to be shared; while no worker
// runs, the control thread may.
#ifndef SLUICE_FLOW_CACHE_H
#define SLUICE_FLOW_CACHE_H

#include "../../main/stage.h"
#include "element.h"
#include "key.h"
#include "record.h"

#define FLOW_PATHS    16384u
#define FLOW_MASKS    64u
#define FLOW_RECORDS  64u
#define FLOW_STAGES   1024u // node ids
#define FLOW_TEMPLATE 128u  // longest L2 header of a path, bytes

// Bounds of a record, and of the path that it becomes.
#define FLOW_ELEMENTS  28
#define FLOW_COUNTERS  32
#define FLOW_NODES     30
#define FLOW_METERS    4
#define FLOW_COPIES    2
#define FLOW_REFRESHES 6
#define FLOW_USES      1

// An entry that nobody has used for so long goes.
#define FLOW_IDLE_SECONDS 60

struct flow_dependency {
	uint32_t slot, generation;
};

struct flow_counter {
	uint64_t *packets, *octets; // octets may be NULL
	int16_t adjust;
	uint8_t meters; // that a packet has passed when it is counted
	uint8_t spare[5];
};

struct flow_node {
	uint16_t node;
	uint8_t meters;
	uint8_t spare;
};

struct flow_meter {
	record_meter_run *run;
	void *policer;
	uint64_t *drops[3]; // counters of what it drops
	int16_t adjust;
	uint16_t drop_node;
	uint8_t drop_count;
	uint8_t spare[3];
};

struct flow_copy {
	record_copy_run *run;
	void *arg;
	bool before;
	uint8_t spare[7];
};

struct flow_refresh {
	record_refresh_run *run;
	uint64_t a, b;
};

struct flow_use {
	record_use_run *run;
	uint64_t a;
};

// What happens to a packet, in the form in which a record collects it and a path keeps it. Two of them are the same if
// their bytes are, so that all is zeroed before it is set.
struct flow_verdict {
	uint8_t element_count, counter_count, node_count, meter_count, copy_count, refresh_count, use_count;
	uint8_t l2_length; // of the frame as it leaves
	uint8_t l3_offset; // of the frame as it comes
	uint8_t kind;      // enum flow_kind
	bool drop;
	bool ttl_decrement;
	bool set_dscp;
	uint8_t dscp;
	uint8_t drop_reason; // of a drop
	uint16_t egress_port;
	uint32_t egress;
	uint32_t largest; // bytes behind the L2 header
	uint32_t spare;
	struct flow_dependency element[FLOW_ELEMENTS];
	struct flow_counter counter[FLOW_COUNTERS];
	struct flow_node node[FLOW_NODES];
	struct flow_meter meter[FLOW_METERS];
	struct flow_copy copy[FLOW_COPIES];
	struct flow_refresh refresh[FLOW_REFRESHES];
	struct flow_use use[FLOW_USES];
	uint8_t header[FLOW_TEMPLATE]; // ends at the end of the array, so that one copy of 32 bytes does for a short
				       // one
};

// Leading bits, or bits, of the original header that the verdict depends on. The L2 header always counts in full.
struct flow_mask {
	uint8_t source_bits, destination_bits;
	bool protocol;
	uint8_t spare;
	uint16_t source_port, destination_port;
	uint32_t word; // FLOW_WORD_*
};

struct flow_record {
	const struct rte_mbuf *packet; // NULL: free
	struct flow_trace *trace;      // NULL: none
	const char *refused;           // NULL: may be cached
	uint16_t data_off;             // of the packet as it came
	uint32_t pkt_len;
	uint32_t hash;
	struct flow_parsed parsed;
	struct flow_mask mask;
	struct flow_verdict verdict;
};

struct flow_cache;

// By worker index; NULL: the worker has no cache (yet). Set by the control thread, never taken back before the end.
extern struct flow_cache *flow_caches[MAX_WORKERS + 1];

// The records of a cache: FLOW_RECORDS of them.
struct flow_record *flow_records(struct flow_cache *cache);

// Begins a record of a packet that has been parsed.
void record_begin(struct flow_record *record, const struct rte_mbuf *m, const struct flow_parsed *parsed);

// Makes a path and entries of a record whose packet has come to its end.
void flow_synthesize(struct flow_cache *cache, struct flow_record *record);

// ---------------------------------------------------------------- traces

#define TRACE_STEPS 64

struct flow_trace_step {
	uint16_t node;
	char verdict[256];
};

// What a traced packet has met.
struct flow_trace {
	unsigned count;
	struct flow_trace_step step[TRACE_STEPS];
	char object[160], detail[128];
	bool dropped, sent;
	uint8_t reason;
	const char *refused;
	uint16_t egress_port;
	uint32_t length;
	uint8_t frame[9600];
};

#endif
