// Observation points: copies of packets that pass a place go to a TAP, while the packets go on as if nobody looked. A
// worker filters, samples and limits before it copies; copies come from a pool of their own, through rings of their
// own.
#ifndef SLUICE_PUNT_OBSERVER_H
#define SLUICE_PUNT_OBSERVER_H

#include "../control-plane/control_plane.h"

struct bpf_insn; // <pcap/bpf.h>
struct tap;

// One worker's share.
struct observer_counters {
	uint64_t copied, filtered, limited, dropped;
	uint32_t pass; // packets that pass before the next is taken (sampling)
} __rte_cache_aligned;

// Generation memory; `tap` outlives it.
struct observer {
	struct tap *tap;
	struct bpf_insn *filter; // NULL: all
	uint32_t snap_length;    // bytes
	uint32_t sampling;       // one of so many is copied
	bool has_rate;
	struct control_limit rate;
	// What is looked at where the place does not say it all (drops): ids; 0: any.
	uint16_t port;
	uint32_t logical_port, interface;
	bool on_port;                       // it is in the list of `port`
	char stage[NAME_SIZE];              // the node, where it is one
	struct observer_counters *counters; // [worker index]
};

// Worker. The packet stays the caller's, and as it was.
void observer_see(const struct worker *worker, struct observer *observer, struct rte_mbuf *m);

// Control thread. The pool of copies, made when the first is wanted. 0 or -ENOMEM.
int observer_start(void);

// ---------------------------------------------------------------- observer_filter.c

// A program in pcap-filter(7) language, compiled; free() it. "": NULL with 0. -1: `why` says what is wrong with it.
int observer_filter_compile(const char *text, struct bpf_insn **program, size_t *size, char why[256]);
// Worker. Whether the frame passes. Only its first segment is looked at: the headers are there.
bool observer_filter_passes(const struct bpf_insn *program, const struct rte_mbuf *m);

// ---------------------------------------------------------------- observer_places.c

// Places other than ports: nodes of the graph, as packets come to them, and drops. After they have changed, paths of
// the flow cache that would pass them unseen are taken anew.
enum observer_direction { OBSERVER_IN, OBSERVER_OUT };

// Control thread, outside of a walk. The node must be there, and no source. 0 or -ENOMEM.
int observer_watch_node(struct observer *observer, const char *node, enum observer_direction direction);
int observer_watch_drops(struct observer *observer);
// Afterwards no worker sees it there.
void observer_unwatch(const struct observer *observer);
// Whether a node of that name can be observed.
bool observer_can_watch(const char *node);

#endif
