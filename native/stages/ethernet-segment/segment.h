// An ethernet segment on its port: what the control thread keeps of it, and what workers see.
//
//   port->blocks->vlans ─ struct segment_view: of a generation: VLANs, peers, keys
//                            └ struct segment: the same as long as the segment is on that port
//                                 └ gate: which VLANs are open; changed by orders, read for every frame
#ifndef SLUICE_ETHERNET_SEGMENT_SEGMENT_H
#define SLUICE_ETHERNET_SEGMENT_SEGMENT_H

#include "../../api/object.h"
#include "../../main/stage.h"
#include "../block-point/gate.h"
#include "sha256.h"
#include "term.h"

#define SEGMENT_MOST_PEERS 15
#define SEGMENT_JOBS       16
#define SEGMENT_ESI_SIZE   10
#define SEGMENT_SET_BYTES  (GATE_VIDS / 8)

struct owner;

// A PE of the segment. The same memory as long as it is a peer.
struct segment_peer {
	struct ip_address address;
	// Of the last frame taken in each VLAN; workers raise it.
	_Atomic uint64_t sequence[GATE_VIDS];
};

// One worker's share.
struct segment_counters {
	uint64_t probes_received, probes_refused;
	uint64_t redirected_from_ce, redirected_to_ce, redirects_dropped;
	uint64_t redirects_received, redirects_held, redirects_refused;
} __rte_cache_aligned;

// Frames to be sent, in each VLAN of a set.
struct probe_job {
	uint8_t kind;
	uint64_t stamp;
	uint64_t vlans[GATE_WORDS];
};

// Where a closed VLAN's frames go. Targets are written only while no VLAN has them.
#define SEGMENT_TARGETS 32

struct segment {
	struct gate gate;
	uint16_t port; // id
	uint64_t since_ns[GATE_VIDS];
	struct segment_counters *counters; // [worker index]
	// Probes of the control thread's: what waits, from `first` on.
	struct probe_job job[SEGMENT_JOBS];
	unsigned first, jobs;
	struct timer send;
	uint64_t sequence, stamp; // of probes: the last ones
	uint64_t probes_sent, probes_dropped;
	// Redirection: written by the control thread before `redirects` says that it holds.
	struct ip_address target[SEGMENT_TARGETS];
	_Atomic uint8_t target_of[GATE_VIDS];
	struct term redirects; // gate.redirects
	struct term doubles;   // gate.doubled
	// Held frames that were dropped after all.
	uint64_t held_dropped;
};

// Frames that peers have redirected here and whose VLAN is not open yet; stages/ethernet-segment/held.h.
struct segment_hold;

// Generation memory.
struct segment_view {
	struct gate_vlans vlans;
	struct segment *segment;
	uint8_t esi[SEGMENT_ESI_SIZE];
	uint8_t version; // enum ip_version, of all addresses
	uint8_t peer_count;
	struct ip_address local;
	struct segment_peer *peer[SEGMENT_MOST_PEERS];
	struct hmac_key key;
	uint32_t vrf; // id; 0: nothing is redirected
	uint32_t vni;
	uint32_t hold_ms;
	struct segment_hold *hold; // NULL where nothing is redirected
};

static inline const struct segment_view *segment_view_of(const struct gate_vlans *vlans)
{
	return (const struct segment_view *)(const void *)vlans;
}

// The segment on a port; NULL: none.
const struct segment_view *segment_on(const struct dataplane *dp, uint16_t port);
// By name, among those of the visible root that belong to the owner; NULL with the error.
const struct segment_view *segment_named(const struct owner *owner, const char *name, struct api_error *error);

// A set of VLANs of the contract, all of which must be the segment's: 0, or -1 with the error (ERROR_INVALID).
int segment_vlans_take(const struct segment_view *view, const char *what, const ProtobufCBinaryData *bytes,
		       uint64_t words[GATE_WORDS], struct api_error *error);
// The same without a segment: NULL, or what is wrong with it.
const char *segment_set_parse(const ProtobufCBinaryData *bytes, uint64_t words[GATE_WORDS]);

#endif
