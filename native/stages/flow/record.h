// What a stage tells of a packet that takes the stages, so that the next of its kind need not: the flow cache makes an
// entry of it (flow/README.md). A stage tells all that its verdict depends on, and all that it does.
//
//   struct flow_record *record = flow_record_of(worker, m);   // NULL: nobody listens
//   if (unlikely(record != NULL)) { record_element(record, FLOW_ACL, acl->id); record_source(record, 24); … }
//
// Two rules make a change visible to the first packet after it:
//   - a stage tells an element *before* it reads what the element stands for;
//   - who changes a table changes it first (for what hangs from the root: once every worker is on the new root, in
//     `published`), then calls flow_element_changed().
//
// All record_* run on the worker. Beyond a bound (elements, counters, …) the record is refused: such a packet is not
// cached, which is always correct.
#ifndef SLUICE_FLOW_RECORD_H
#define SLUICE_FLOW_RECORD_H

#include "../../main/stage.h"

enum flow_element {
	FLOW_PORT,          // port id: enabled, MTU, link, whether anything is blocked
	FLOW_TAGS,          // flow_tag_id(): the logical port of an outer VID at a port
	FLOW_BLOCK,         // flow_tag_id(): the block point there
	FLOW_LOGICAL_PORT,  // logical port id
	FLOW_BRIDGE_DOMAIN, // bridge domain id
	FLOW_MAC,           // fdb_key(): the entry of an address came, moved or went
	FLOW_INTERFACE,     // L3 interface id, its MAC and link
	FLOW_ROUTE,         // by flow_route_changed() and record_route() alone
	FLOW_NEXT_HOP,      // next hop set id: its hops
	FLOW_ADJACENCY,     // adjacency id: its MAC came, changed or went
	FLOW_ACL,
	FLOW_POLICER,
	FLOW_OBSERVATION, // of everything that is observed
	FLOW_SETTINGS,
};

// Longer routes are elements by so many of their bits (element.h).
#define FLOW_ROUTE_BITS_V4 16u
#define FLOW_ROUTE_BITS_V6 32u

// `vid` 0: untagged.
static inline uint64_t flow_tag_id(uint16_t port, uint16_t vid)
{
	return (uint64_t)port << 16 | vid;
}

// Any thread. Every path that has the element is judged anew (its entries miss).
void flow_element_changed(enum flow_element element, uint64_t id);
// Any thread. The routes of a prefix came, changed or went.
void flow_route_changed(uint32_t vrf, enum ip_version version, const struct ip_address *prefix, unsigned length);

// Of the leading bits that decided a route lookup: as many as packets have to agree in to be told of the same changes.
// An aggregate that was wider than the element of the longest routes would not hear of those of its other parts.
static inline unsigned flow_route_bits(enum ip_version version, unsigned decided)
{
	return RTE_MAX(decided, version == IP_V4 ? FLOW_ROUTE_BITS_V4 : FLOW_ROUTE_BITS_V6);
}

struct flow_record;
// NULL where the packet is not (any more) what record `index` of the worker is about.
struct flow_record *flow_record_at(const struct worker *worker, const struct rte_mbuf *m, uint16_t index);

static inline struct flow_record *flow_record_of(const struct worker *worker, struct rte_mbuf *m)
{
	uint16_t index = packet_meta(m)->record;

	return likely(index == 0) ? NULL : flow_record_at(worker, m, index);
}

// The packet is in this node (rte_node.id): every node calls it for every recorded packet.
void record_stage(struct flow_record *record, uint32_t node);

// What the verdict depends on.
void record_element(struct flow_record *record, enum flow_element element, uint64_t id);
// A route lookup of this address (before the lookup); the leading bits of the address that decided it are told by
// record_source() or record_destination() after it, flow_route_bits() of them.
void record_route(struct flow_record *record, uint32_t vrf, enum ip_version version, const struct ip_address *address);
// Fields of the packet as it is now; those that an earlier stage has set do not depend on the packet any more.
// Addresses, tags and type of the L2 header, and the IP version, always count as consulted.
void record_source(struct flow_record *record, unsigned leading_bits);
void record_destination(struct flow_record *record, unsigned leading_bits);
void record_protocol(struct flow_record *record);
void record_ports(struct flow_record *record, uint16_t source_mask, uint16_t destination_mask);
void record_tcp_flags(struct flow_record *record, uint8_t mask);
void record_dscp(struct flow_record *record);
// All of TTL or hop limit; that it is more than the decrement is looked at by every hit anyway.
void record_ttl(struct flow_record *record);

// What was done.
void record_ttl_decrement(struct flow_record *record);
void record_set_dscp(struct flow_record *record, uint8_t dscp);
// Longer IP packets (or frames' payloads) take the stages.
void record_largest(struct flow_record *record, uint32_t l3_bytes);
// The same for a stage that looks at the frame as it is now: the longest that it takes, in bytes.
void record_longest(struct flow_record *record, const struct rte_mbuf *m, uint32_t frame_bytes);
// A hit runs it, with m->pkt_len as it is now: false drops the packet for `reason` (drop_reason_register), whose node
// is `drop_node`. May change the DSCP. `l3_offset` is that of the frame as it came in.
typedef bool record_meter_run(struct worker *worker, void *policer, struct rte_mbuf *m, uint8_t l3_offset);
void record_meter(struct flow_record *record, record_meter_run *run, void *policer, uint8_t reason, uint32_t drop_node);
// A hit runs it, with the frame as it came in (`before` the rewrite) or as it leaves. Must not change the packet.
typedef void record_copy_run(struct worker *worker, void *arg, struct rte_mbuf *m);
void record_copy(struct flow_record *record, record_copy_run *run, void *arg, bool before);
// Run about once a second while the path has hits: keeps the entry of a table fresh. False: the entry is not there as
// it was, the path is judged anew.
typedef bool record_refresh_run(struct worker *worker, uint64_t a, uint64_t b);
void record_refresh(struct flow_record *record, record_refresh_run *run, uint64_t a, uint64_t b);
// The same for what is only used and always there; by a packet that comes that far.
typedef void record_use_run(uint64_t a);
void record_use(struct flow_record *record, record_use_run *run, uint64_t a);

// Counters of this worker that a packet of this kind raises: packets by one, octets (may be NULL) by the length of the
// frame, plus `adjust` (what a stage before has taken or added). Both stay valid as long as the elements do.
void record_counter(struct flow_record *record, uint64_t *packets, uint64_t *octets, int adjust);

// A packet is at the end of its way, and the record with it: `m` is about to be sent, whole as it leaves, or to be
// dropped for `reason` (which drop nodes record themselves).
void record_sent(const struct worker *worker, struct flow_record *record, struct rte_mbuf *m);
void record_dropped(const struct worker *worker, struct flow_record *record, struct rte_mbuf *m, uint8_t reason);

// For traces: what the stage decided, in words ("rule 10 of access list x"). Nothing is formatted without a trace.
bool record_traced(const struct flow_record *record);
void record_verdict(struct flow_record *record, const char *format, ...) __rte_format_printf(2, 3);
// For traces: the object of the configuration that a drop is owed to ("access-list:x") and what within it.
void record_object(struct flow_record *record, const char *kind, const char *name, const char *detail);

// The same with what the frame's length is now: nothing has to be said of what was taken or added.
void record_counter_now(struct flow_record *record, uint64_t *packets, uint64_t *octets);

// Worker. The device has not taken a packet that the cache has counted: its path's counters are brought up to date, so
// that it can be taken back from them.
void flow_credit_packet(const struct worker *worker, struct rte_mbuf *m);

// Not to be cached, for the reason that traces show: punted, flooded, a fragment, …
void record_refuse(struct flow_record *record, const char *why);

#endif
