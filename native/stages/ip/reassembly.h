// Fragments of packets for the router, until they are whole (RFC 791, 3.2; RFC 8200, 4.5). Each worker has its own: the
// fragments of a packet have one hash, so they come to one worker.
//
// Bounds: packets at once, fragments of one, fragments in all, seconds. The oldest packet makes room. Fragments that
// overlap end the packet, and what still comes of it (RFC 5722, 4); one that is there already is only dropped itself.
#ifndef SLUICE_STAGES_IP_REASSEMBLY_H
#define SLUICE_STAGES_IP_REASSEMBLY_H

#include "ip.h"

#define REASSEMBLY_PACKETS   256
#define REASSEMBLY_FRAGMENTS 64   // of one packet: 64 kB in pieces of 1,280 bytes are 53
#define REASSEMBLY_ALL       2048 // of one worker
#define REASSEMBLY_SECONDS4  30
#define REASSEMBLY_SECONDS6  60 // RFC 8200, 4.5

struct reassembly_key {
	uint8_t addresses[32]; // source, destination
	uint32_t identification;
	uint32_t vrf;
	uint8_t protocol; // IPv4
	uint8_t version;
	uint8_t zero[2];
};

// What one fragment says.
struct reassembly_piece {
	struct reassembly_key key;
	uint32_t offset, length; // of its payload in the whole one
	bool more;
	uint32_t header; // bytes of the packet in front of the payload, from its frame's start
};

struct fragment {
	struct rte_mbuf *m;
	uint32_t offset, length, header;
};

struct reassembly {
	uint32_t hash; // 0: free
	bool dead;     // overlapping: what still comes is dropped
	uint8_t count;
	uint32_t total, received; // bytes; total 0: not known yet
	uint64_t ends_at;         // TSC
	struct reassembly_key key;
	struct fragment fragments[REASSEMBLY_FRAGMENTS]; // ascending offsets
};

struct reassembly_table {
	uint32_t used, held; // packets, fragments
	uint32_t hash[REASSEMBLY_PACKETS];
	struct reassembly packets[REASSEMBLY_PACKETS];
};

enum reassembly_result {
	REASSEMBLY_KEPT,
	REASSEMBLY_WHOLE, // the packet `whole`, in the order of its fragments; see reassembly_join()
	REASSEMBLY_DUPLICATE,
	REASSEMBLY_OVERLAP,
	REASSEMBLY_LIMIT,
	REASSEMBLY_MALFORMED,
};

// Takes the fragment if the answer is KEPT or WHOLE. Fragments that are given up meanwhile (an overlap, the oldest
// packet) go to `out` (room for 2 * REASSEMBLY_FRAGMENTS), their number to *out_count.
enum reassembly_result reassembly_add(struct reassembly_table *table, struct rte_mbuf *m,
				      const struct reassembly_piece *piece, uint64_t now, struct reassembly **whole,
				      struct rte_mbuf **out, unsigned *out_count);

// The fragments of a whole packet as one chain: the first one's headers, then all payloads. Frees the place.
struct rte_mbuf *reassembly_join(struct reassembly_table *table, struct reassembly *whole);

// The next packet whose time is over, or NULL: its fragments are in `out`, the first one of the packet (or NULL) in
// *first and not there.
bool reassembly_expire(struct reassembly_table *table, uint64_t now, struct rte_mbuf **first, struct rte_mbuf **out,
		       unsigned *out_count);

// Of the stage (reassembly_node.c).
int reassembly_start(void);
void reassembly_stop(void);
void reassembly_poll(void);

#endif
