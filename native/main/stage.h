// How a stage joins the engine. A stage is a folder under stages/ with graph
// nodes (RTE_NODE_REGISTER) and, if it has tables, one `struct stage` that it
// registers with STAGE_REGISTER. All functions here run on the control thread
// unless they say otherwise.
//
// Graph. Source nodes "rx" and "inject" belong to port/ and main/. Edges by name:
//   rx -> classify (its only edge)       inject -> tx (its only edge)
// From there the stages wire themselves. tx hands packets with egress_port set
// to port_transmit(). Every drop is a node named "drop-<reason>" with no edges.
#ifndef SLUICE_MAIN_STAGE_H
#define SLUICE_MAIN_STAGE_H

#include "dataplane.h"

#include <sluice.pb-c.h>

// ---------------------------------------------------------------- drop reasons

enum drop_direction { DROP_INGRESS, DROP_EGRESS };

// Registers a reason ("block-point") and returns its index in counters.drops, below
// MAX_DROP_REASONS. Registering a name again in the same direction returns the same index; in the other direction it is
// an index of its own (block-point has both), and states show one count under the name. Call from a constructor or
// start(). INGRESS counts at ingress_port and ingress; EGRESS at egress_port and egress.
uint8_t drop_reason_register(const char *name, enum drop_direction direction);
unsigned drop_reason_count(void);
const char *drop_reason_name(unsigned reason);
enum drop_direction drop_reason_direction(unsigned reason);

// Worker. Adds n packets to reason for the packet's port and logical port (or to the worker's own
// drops where there is none). Does not free the packet.
void drop_count(struct worker *worker, uint8_t reason, struct rte_mbuf *m);
// Called by it for each packet, which is still there; NULL: nobody looks (stages/punt).
extern void (*drop_observed)(const struct worker *worker, struct rte_mbuf *m);
// The counters that drop_count() raises for this packet; returns how many.
unsigned drop_counters(struct worker *worker, uint8_t reason, const struct rte_mbuf *m, uint64_t *counters[3]);

// ---------------------------------------------------------------- generations

// The change in progress: between the building of a root and its quiescence.
struct generation;

// The root that is visible to packets (`before`) and the one being built. `generation_next` may be
// read for references among new objects; only main/ writes it.
const struct dataplane *generation_before(const struct generation *g);
const struct dataplane *generation_next(const struct generation *g);

// Memory of this generation: zeroed, cache aligned. Freed by main/ if the transaction is aborted,
// otherwise it stays until generation_retire() of a later generation. NULL: out of memory (answer -ENOMEM).
void *generation_alloc(struct generation *g, size_t size);

// Memory made by generation_alloc of an earlier generation (or of this one), no longer reachable
// from the new root: freed after every worker has been quiescent. An abort forgets the call.
void generation_retire(struct generation *g, const void *memory);

// The objects of the root being built, writable (copied from the old generation at the first call); NULL: there
// is none, or no memory. For stages whose tables hang off an object that the change at hand does not name: a
// logical port's hook that edits generation_port(g, new->port)->tags, a block point's that edits ->blocks.
struct port *generation_port(struct generation *g, uint16_t id);
struct bridge_domain *generation_bridge_domain(struct generation *g, uint32_t id);
struct logical_port *generation_logical_port(struct generation *g, uint32_t id);
struct vrf *generation_vrf(struct generation *g, uint32_t id);
struct l3_interface *generation_interface(struct generation *g, uint32_t id);

// True if memory was allocated in this very generation: it may be written in place.
bool generation_owns(const struct generation *g, const void *memory);

// For what is not generation memory: run(arg) after quiescence if the change is committed / if it is aborted.
// Returns 0 or -ENOMEM.
int generation_on_commit(struct generation *g, void (*run)(void *arg), void *arg);
int generation_on_abort(struct generation *g, void (*run)(void *arg), void *arg);

// Refuses the transaction: message for people. Returns code (a negative errno), so that
// `return generation_refuse(g, -ENOSPC, "…")` reads well. -ENOSPC -> ERROR_RESOURCE, -EEXIST -> ERROR_CONFLICT,
// -EINVAL -> ERROR_INVALID, -ENODEV -> ERROR_DEVICE, -ENOENT -> ERROR_NOT_FOUND, -ENOMEM -> ERROR_RESOURCE.
int generation_refuse(struct generation *g, int code, const char *format, ...) __rte_format_printf(3, 4);

// A block point set or released by this generation; filled in while `published` runs.
// As many as a CE notification has.
#define BLOCK_CHANGE_METHODS 12
struct block_change {
	const struct block_point *point; // valid until the end of `published`
	bool blocked;
	bool hidden; // another block holds there: for the CE nothing changes
	bool keeps;  // what was learned behind it is still wanted: no flush
	unsigned method_count;
	struct {
		const char *method; // "mac-move", "mvrp": static storage
		uint32_t frames;    // queued so far
		uint64_t first_sent_ns;
	} methods[BLOCK_CHANGE_METHODS];
};

// The changes of this generation; the array is main/'s. Adding or removing a block point makes one entry.
struct block_change *generation_block_changes(struct generation *g, unsigned *count);

// CLOCK_REALTIME at which the last worker was seen on the new root; 0 before.
uint64_t generation_effective_at_ns(const struct generation *g);

// ---------------------------------------------------------------- stages

struct arena;     // api/state.h
struct owner;     // api/store.h
struct later;     // api/later.h
struct api_error; // api/object.h

struct fdb_row {
	uint32_t bridge_domain;
	uint32_t logical_port;
	struct rte_ether_addr mac;
	bool is_static;
	uint32_t age_seconds;
};

struct neighbour_row {
	uint32_t interface;
	uint8_t version; // enum ip_version
	struct ip_address address;
	bool has_mac;
	struct rte_ether_addr mac;
	uint8_t status; // Sluice__Api__NeighbourStatus
	bool is_static, is_router;
	uint32_t age_seconds; // since it was last confirmed
};

// Every function may be NULL. `old` NULL: created; `new` NULL: deleted; both: changed in place (same id).
// They run while the new generation is built (Prepare), in this order: deletions (block points, CE
// notifications, static MACs, logical ports, bridge domains, ports), then creations and changes (settings,
// ports, bridge domains, logical ports, static MACs, CE notifications, block points). They may refuse
// (generation_refuse) and must have no effect that an abort does not undo.
// A change of a bridge domain's members alone does not call bridge_domain(): logical_port() tells of it.
// `new` is writable: a stage fills in its own pointers (port.tags, port.blocks, bridge_domain.fdb).
// The pointers of stages in `new` have been copied from `old`.
struct stage {
	const char *name;
	// Once, before the graph is made (start) and after the last worker has ended (stop). 0 or -errno.
	int (*start)(void);
	void (*stop)(void);

	int (*settings)(struct generation *g, const struct engine_settings *old, const struct engine_settings *new);
	int (*port)(struct generation *g, const struct port *old, struct port *new);
	int (*bridge_domain)(struct generation *g, const struct bridge_domain *old, struct bridge_domain *new);
	int (*logical_port)(struct generation *g, const struct logical_port *old, struct logical_port *new);
	int (*vrf)(struct generation *g, const struct vrf *old, struct vrf *new);
	int (*l3_interface)(struct generation *g, const struct l3_interface *old, struct l3_interface *new);
	int (*static_mac)(struct generation *g, const struct static_mac *old, const struct static_mac *new);
	int (*ce_notification)(struct generation *g, const struct ce_notification *old,
			       const struct ce_notification *new);
	int (*block_point)(struct generation *g, const struct block_point *old, struct block_point *new);

	// All objects of the generation are built: for what follows from many of them. May refuse.
	int (*prepared)(struct generation *g);
	// Committed, and every worker is on the new root. Cannot fail. Stages run in the order of `order`.
	void (*published)(struct generation *g);
	// What an ethernet segment blocked and released, without a generation or by the one that was just published:
	// effective on every worker, all at one port, ascending VIDs. In the order of `order`; for bridge and CE
	// notification, which hear of block points in published(). Valid until the end of the call.
	void (*blocks_changed)(struct block_change *changes, unsigned count);
	// In this generation's published(): what a stage needs from objects that are gone must be saved before.
	int order;

	// Removes learned addresses: of a bridge domain, of a logical port, of both (0: any).
	void (*flush)(uint32_t bridge_domain, uint32_t logical_port);
	// Rows from *cursor on (0: from the start), at most max, of one bridge domain (0: all); sets *cursor to go on.
	// Returns the rows written; 0: done. Entries that come and go meanwhile may be missed, none twice.
	unsigned (*fdb_read)(uint32_t bridge_domain, uint64_t *cursor, struct fdb_row *rows, unsigned max);
	// The same for neighbours, of one interface (0: of all).
	unsigned (*neighbours_read)(uint32_t interface, uint64_t *cursor, struct neighbour_row *rows, unsigned max);
	// Fill in their own fields of the state (never allocate; ce: at most BLOCK_CHANGE_METHODS methods).
	void (*bridge_domain_state)(const struct bridge_domain *bd, Sluice__Api__BridgeDomainState *state);
	// Its messages stay valid until the next call.
	void (*port_state)(const struct port *port, Sluice__Api__PortState *state);
	void (*logical_port_state)(const struct logical_port *lp, Sluice__Api__LogicalPortState *state);
	void (*block_point_state)(const struct block_point *point, Sluice__Api__BlockPointState *state);
	// Writes the i-th method's state and returns true, or false when there are no more.
	bool (*ce_notification_state)(uint16_t port, unsigned i, Sluice__Api__CeMethodState *state);
	// What methods know beyond that, with memory of the arena. 0 or -ENOMEM.
	int (*ce_notification_detail)(uint16_t port, struct arena *arena, Sluice__Api__CeNotificationState *state);
	void (*l3_interface_state)(const struct l3_interface *interface, Sluice__Api__L3InterfaceState *state);
	void (*vrf_state)(const struct vrf *vrf, Sluice__Api__VrfState *state);
	// The link or the MAC of an L3 interface has changed (interface->live says to what), or it is another
	// generation's.
	void (*interface_changed)(const struct l3_interface *interface);
	// The status of one of its addresses has (stages/neighbour), but of a virtual router's.
	void (*address_changed)(const struct l3_interface *interface);
	// A neighbour of it has another MAC; NULL: none any more.
	void (*neighbour_changed)(const struct l3_interface *interface, enum ip_version version,
				  const struct ip_address *address, const struct rte_ether_addr *mac);
	// The port's link went to `link` (kernel device or retry).
	void (*link_changed)(const struct port *port, enum port_link link);
	// Somebody is about to read counters: what is kept elsewhere is to be added to them.
	void (*counters_wanted)(void);
	// Answers to queries: of the flow cache, and packets that a node (by id) did not see because of it.
	void (*flow_cache_state)(Sluice__Api__FlowCacheState *state);
	uint64_t (*skipped_packets)(uint32_t node);
	// Follows a frame that would come in by the port, without any effect, and adds the steps to the part. 0 or
	// -ENOMEM.
	int (*trace)(const struct port *port, const uint8_t *frame, size_t length, struct arena *arena,
		     Sluice__Api__QueryReply *part);
	// A request that a stage carries out. 1: not this stage's; 0: taken, with the duty to reply (api/later.h); -1:
	// refused, with the error.
	int (*request)(const Sluice__Api__Request *request, const struct owner *owner, struct later *later,
		       struct api_error *error);
	// Each round of the control loop after control_wake(): take what workers have posted to this stage's rings.
	void (*poll)(void);

	struct stage *next;
};

void stage_register(struct stage *stage);

#define STAGE_REGISTER(stage)                                                                                          \
	RTE_INIT(stage_register_##stage)                                                                               \
	{                                                                                                              \
		stage_register(&(stage));                                                                              \
	}

// ---------------------------------------------------------------- services of the control thread

// The root that is visible to packets.
const struct dataplane *dataplane_current(void);

// Worker or control thread. Makes the control thread run every stage's poll() soon. On a worker it is a
// flag: the wake-up happens once after the walk of the graph (no system call in a node).
void control_wake(void);
// The same for another thread.
struct waker;
void thread_wake(struct waker *waker);

// Monotonic and wall clock of this round of the control loop.
uint64_t control_now_ms(void);
uint64_t control_realtime_ns(void);

// Timers: memory is the owner's; arm() of an armed timer moves it; run() may arm it again.
struct timer {
	uint64_t at_ms; // control_now_ms() clock
	void (*run)(struct timer *timer);
	uint32_t place; // main/: position in the heap, 0: not armed
};
int timer_arm(struct timer *timer, uint64_t at_ms); // 0 or -ENOMEM
void timer_disarm(struct timer *timer);

// Sends an event to every subscriber (bounded; never blocks).
void event_emit(const Sluice__Api__Event *event);

// Waits until every worker has passed a quiescent state (microseconds when busy; a sleeping worker counts as
// quiescent). For stages that free table memory of their own outside of generations.
void workers_synchronize(void);

// ---------------------------------------------------------------- packets from the control thread

// A linear mbuf of the control thread's, headroom at least 128 bytes, length 0. NULL: pool empty.
struct rte_mbuf *packet_alloc(void);

// Queues a finished frame (with its tags) to leave through port, bypassing block points and bridging; takes the
// mbuf in every case. 0; -ENOBUFS: the ring (8,192 frames) is full; -ENETDOWN: the port has no device or no link.
// Counted as output of the port when the worker sends it.
int port_inject(uint16_t port, struct rte_mbuf *m);
// Wakes the workers that port_inject and packet_inject fed; call once after a batch.
void port_inject_flush(void);

// The same for a thread that is neither the control thread nor a worker: wakes the worker too, and never waits for
// another thread that is in the middle of it. 0 or -ENOBUFS.
int packet_inject_from_thread(struct rte_mbuf *m, int edge, uint32_t order);

// For start(): the edge of the node "inject" to this node; -errno: there is no such node.
int inject_edge(const char *node);
// Queues a packet, its meta filled in by the caller, to enter the graph at that edge; packets with the same `order`
// stay in order. Takes the mbuf in every case. 0; -ENOBUFS: the ring is full.
int packet_inject(struct rte_mbuf *m, int edge, uint32_t order);

// The device's address and speed as last seen (zero address: none; 0: unknown).
void port_address(uint16_t port, struct rte_ether_addr *address);
uint32_t port_speed_mbps(uint16_t port);
enum port_link port_link(uint16_t port);

// ---------------------------------------------------------------- packets to the wire

// Worker. Sends up to n packets through the port's device; takes those it sends and returns how many; the
// rest stays the caller's (tx-queue-full). Makes a chain linear where the device needs it. Does not count.
uint16_t port_transmit(struct worker *worker, const struct port *port, struct rte_mbuf **packets, uint16_t n);

// Worker. Whether the port has a device and is not without link: what would go there is dropped otherwise, a flood
// leaves it out.
bool port_can_transmit(const struct port *port);

#endif
