// Paths: what happens to packets, shared by all entries of the same verdict.
//
//   hot    one line of what every hit reads and counts, two of header, right-aligned   (192 bytes)
//   cold   the verdict: elements, counters, nodes, meters                              (once a burst and less)
#ifndef SLUICE_FLOW_PATH_H
#define SLUICE_FLOW_PATH_H

#include "cache.h"
#include "table.h"

#define PATH_DROP  0x01
#define PATH_TTL   0x02
#define PATH_EXTRA 0x04 // meters, copies, DSCP: out of line
#define PATH_USE   0x08 // the next packet that gets through says what it uses

struct flow_path {
	uint64_t epoch;           // flow_epoch in which it was judged last
	uint64_t packets, octets; // not credited yet
	uint32_t second;          // in which its entries of other tables were kept fresh last
	uint32_t generation;      // of the place: another one is another path
	uint32_t largest;
	uint32_t egress;
	uint16_t egress_port;
	uint8_t l2_length, l3_offset;
	uint8_t flags; // PATH_*
	bool used;
	uint16_t spare;
	uint64_t spare_word;
	uint8_t header[FLOW_TEMPLATE];
} __rte_cache_aligned;
_Static_assert(sizeof(struct flow_path) == 192, "one line and the header");

struct flow_path_cold {
	struct flow_verdict verdict;
	uint64_t metered[FLOW_METERS];        // packets that a meter has dropped
	uint64_t metered_octets[FLOW_METERS]; // not credited yet
	uint32_t hash;
	uint32_t next;  // of the same chain, or of the free ones; 0: none
	uint32_t since; // second of its making
	uint32_t spare;
};

#define FLOW_PATH_CHAINS 32768u

struct flow_paths {
	struct flow_path *hot; // by number, from 1
	struct flow_path_cold *cold;
	uint32_t *chain;
	uint32_t free, fresh, used;
	uint32_t limit;
	uint32_t hand;
	uint64_t skipped[FLOW_STAGES]; // packets that nodes did not see, credited
};

int flow_paths_open(struct flow_paths *paths, uint32_t limit);
void flow_paths_close(struct flow_paths *paths);
uint64_t flow_paths_memory(const struct flow_paths *paths);

// The path of a verdict, the one that is there already or a new one. 0: no room, not even by ending an old one.
uint32_t flow_path_take(struct flow_paths *paths, const struct flow_verdict *verdict, uint32_t now);
// Credits what it has counted, and frees its place: all its entries miss.
void flow_path_end(struct flow_paths *paths, uint32_t path);
// Adds what it has counted to the counters of the stages.
void flow_path_credit(struct flow_paths *paths, uint32_t path);
void flow_paths_credit(struct flow_paths *paths);
// Whether all its elements are what they were; then it is judged for `epoch`, which was read before.
bool flow_path_judge(struct flow_paths *paths, uint32_t path, uint64_t epoch);
// Ends every path that is not valid any more.
void flow_paths_judge(struct flow_paths *paths);
// The first packet of a second: keeps what the path uses fresh. False: it is not valid any more.
bool flow_path_refresh(struct flow_paths *paths, uint32_t path, struct worker *worker, uint32_t now);
// A meter has dropped a packet that is counted already.
void flow_path_metered(struct flow_paths *paths, uint32_t path, unsigned meter, uint32_t octets);

#endif
