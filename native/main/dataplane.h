// What packets see: the root that every worker reads once a burst, the objects
// that hang from it, the metadata that travels with a packet, and the counters.
//
// Life of the root. The control thread builds a new generation (generation.h)
// beside the old one, sharing whatever did not change, then swings one pointer.
// A worker loads the pointer before each walk of the graph and keeps it for the
// whole walk: `worker_self()->dataplane`. Nothing reachable from a published
// root is ever written, except counters (each worker its own slot) and what a
// stage documents as shared table of its own. The old generation's memory goes
// once every worker has passed a quiescent state.
#ifndef SLUICE_MAIN_DATAPLANE_H
#define SLUICE_MAIN_DATAPLANE_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_common.h>
#include <rte_ether.h>
#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>

// Ids are small and dense, 0 is "none", and a freed id is used again as late as
// possible, never before the generation that dropped it has been quiescent.
#define MAX_WORKERS      16
#define MAX_PORTS        64
#define ID_CHUNK         256
#define ID_CHUNKS        256
#define MAX_ID           (ID_CHUNK * ID_CHUNKS - 1)
#define NAME_SIZE        64
#define MAX_DROP_REASONS 128
#define MAX_BURST        256
#define WORKER_WAKES     3 // the control thread, the thread of the TAPs, the urgent one

// A persistent array of pointers: a new generation copies the chunks it changes
// and shares the others, so that one change among 10,000 objects copies 4 kB.
struct id_map {
	void **chunk[ID_CHUNKS];
};

static inline void *id_map_get(const struct id_map *map, uint32_t id)
{
	void **chunk = likely(id <= MAX_ID) ? map->chunk[id / ID_CHUNK] : NULL;

	return likely(chunk != NULL) ? chunk[id % ID_CHUNK] : NULL;
}

// ---------------------------------------------------------------- counters

// Of a port or of a logical port, one worker's share. Bytes without FCS.
// `drops` has one counter a reason (drop_reason_register in stage.h): it counts
// packets received there (ingress reasons) or meant to leave there (egress reasons).
// The classify node counts the input of port and logical port, the tx node their output (rx and
// port_transmit count neither): the header is in the cache there.
struct counters {
	uint64_t in_octets;
	uint64_t in_unicast;
	uint64_t in_multicast;
	uint64_t in_broadcast;
	uint64_t out_octets;
	uint64_t out_unicast;
	uint64_t out_multicast;
	uint64_t out_broadcast;
	uint64_t drops[MAX_DROP_REASONS];
} __rte_cache_aligned;

// ---------------------------------------------------------------- objects

struct tag_map;    // stages/classify: (outer tag, inner tag) -> logical port
struct block_map;  // stages/block-point: vid -> block point
struct cfm_map;    // stages/cfm: vid -> MEP
struct fdb_bridge; // stages/bridge: what a bridge domain keeps across generations
struct port_io;    // port/: the open device, kept across generations
struct member_list;

enum port_link { PORT_LINK_UNKNOWN, PORT_LINK_UP, PORT_LINK_DOWN, PORT_LINK_NOT_PRESENT };

// How the links of a bundle are held together (stages/lacp). Defaults are filled in.
struct bundle_config {
	uint8_t mode; // enum lacp_mode
	bool fast;
	uint16_t system_priority;
	struct rte_ether_addr system; // zero: the bundle's own address
	uint16_t key;                 // 0: the port's id
	uint16_t min_links, max_links;
};

struct mirror_list; // port/mirror.h

// A physical port. `counters` and `io` are the same memory in every generation
// of the port; the rest is of this generation.
struct port {
	uint16_t id; // 1 to MAX_PORTS - 1
	bool enabled;
	bool cached;  // its frames go by the flow cache (stages/flow): something on the port has features
	uint16_t mtu; // bytes of L3 payload, never 0
	char name[NAME_SIZE];
	struct port_io *io;             // NULL: no device behind it now
	const struct tag_map *tags;     // owned by stages/classify, COW
	const struct block_map *blocks; // owned by stages/block-point, COW; NULL: none
	const struct cfm_map *meps;     // owned by stages/cfm, COW; NULL: none
	struct counters *counters;      // [worker index]
	uint64_t since_ns;              // CLOCK_REALTIME of the counters' start
	bool is_bundle;
	struct bundle_config bundle_config; // of a bundle
	uint16_t bundle;                    // id of the bundle that it is a link of; 0: none
	uint16_t lacp_priority;             // of a link; default filled in
	const struct mirror_list *mirrors;  // stages/mirror, COW; NULL: none
};

struct vlan_tag {
	uint16_t tpid; // RTE_ETHER_TYPE_VLAN or RTE_ETHER_TYPE_QINQ, host order
	uint16_t vid;
};

// Stages/storm-control: what of frames that are flooded a logical port may bring in. 0: no limit.
enum storm_class { STORM_BROADCAST, STORM_MULTICAST, STORM_UNKNOWN_UNICAST, STORM_CLASSES };

struct storm;
struct storm_limit {
	uint64_t packets_per_second;
	uint64_t bits_per_second;
};

enum rewrite_kind { REWRITE_KIND_NONE, REWRITE_KIND_POP, REWRITE_KIND_TRANSLATE, REWRITE_KIND_PUSH };

struct logical_port {
	uint32_t id;
	uint16_t port;          // id; 0: the port does not exist (never in a published root)
	uint32_t bridge_domain; // id; 0: none
	uint32_t cross_connect; // id of the logical port at the other end; 0: none
	uint32_t interface;     // id of the L3 interface on it; 0: none
	bool enabled;
	uint8_t matches; // 0, 1, 2 tags
	struct vlan_tag match[2];
	uint8_t rewrite;      // enum rewrite_kind
	uint8_t rewrite_tags; // 0, 1, 2
	struct vlan_tag rewrite_tag[2];
	uint32_t split_horizon_group; // 0: none
	uint32_t mac_limit;           // 0: only the bridge domain's
	struct storm_limit storm_limit[STORM_CLASSES];
	struct storm *storm;       // stages/storm-control; NULL: no limits
	struct counters *counters; // [worker index], same memory in every generation
	uint64_t since_ns;
	char name[NAME_SIZE];
};

// The outer VID of its frames on the wire; 0: they are untagged.
static inline uint16_t logical_port_vid(const struct logical_port *lp)
{
	return lp->matches != 0 ? lp->match[0].vid : 0;
}

struct bridge_domain {
	uint32_t id;
	bool learning;
	bool flood_unknown_unicast;
	uint32_t ageing_seconds;           // 0: never
	uint32_t mac_limit;                // 0: the engine's
	uint32_t mac_move_limit;           // moves of an address in the time after which it is reported; 0: not watched
	uint32_t mac_move_seconds;         // default filled in
	uint32_t mac_move_hold_seconds;    // 0: it is only reported
	uint32_t interface;                // id of the router's L3 interface in it (IRB); 0: none
	const struct member_list *members; // COW, owned by main/: ids of the logical ports
	struct fdb_bridge *fdb;            // same in every generation; made and destroyed by stages/bridge
	uint64_t since_ns;
	char name[NAME_SIZE];
};

// Flood list of a bridge domain: enabled logical ports on any port, ascending ids.
struct member_list {
	uint32_t count;
	uint32_t logical_port[];
};

// dropped[worker] is memory of stages/block-point kept across generations.
struct block_point_counters {
	uint64_t in_dropped;
	uint64_t out_dropped;
} __rte_cache_aligned;

struct block_point {
	uint16_t port;                         // id
	uint16_t vid;                          // outer VID; 0: untagged
	uint8_t cause;                         // Sluice__Api__BlockCause
	struct block_point_counters *counters; // [worker index], same memory in every generation
	uint64_t since_ns;
	char name[NAME_SIZE];
};

struct static_mac {
	uint32_t bridge_domain; // id
	uint32_t logical_port;  // id
	struct rte_ether_addr mac;
	char name[NAME_SIZE];
};

// ---------------------------------------------------------------- IP

struct fib;        // stages/fib: the routes of one family, same in every generation
struct acl;        // stages/acl
struct policer;    // stages/policer
struct tap;        // stages/punt
struct dhcp_relay; // stages/dhcp-relay

enum ip_version { IP_V4, IP_V6, IP_VERSIONS };

struct ip_address {
	uint8_t bytes[16]; // network order; IPv4 in the first four, the rest zero
};

// By version: the counters of RFC 4293; one worker's share. Who counts is said at each.
struct ip_counters {
	uint64_t in_receives, in_header_errors, in_address_errors;                    // ip4-input, ip6-input
	uint64_t in_no_routes, forwarded;                                             // lookup, rewrite
	uint64_t in_discards, in_delivers;                                            // local
	uint64_t reassembly_requests, reassembled, reassembly_failures;               // reassembly
	uint64_t out_discards, fragmented, fragments_created, fragmentation_failures; // rewrite, fragmentation
	uint64_t icmp_errors_sent, icmp_errors_limited;                               // icmp-error
} __rte_cache_aligned;

struct vrf {
	uint32_t id;
	uint32_t route_limit; // default filled in
	struct fib *fib[IP_VERSIONS];
	struct ip_counters *counters[IP_VERSIONS]; // [worker index], same memory in every generation
	uint64_t since_ns;
	char name[NAME_SIZE];
};

struct interface_address {
	struct ip_address address;
	uint8_t version; // enum ip_version
	uint8_t prefix_length;
};

// One worker's share.
struct interface_counters {
	uint64_t in_packets, in_octets;   // l3-in
	uint64_t out_packets, out_octets; // l3-out
	uint64_t drops[MAX_DROP_REASONS]; // drop_count()
} __rte_cache_aligned;

// What an interface keeps across generations and what changes without one. Written by the control thread.
struct interface_live {
	struct rte_ether_addr mac; // that the interface has now; zero: not known yet
	enum port_link link;       // of the port below; up for IRB and loopback
	bool mac_configured;
	bool has_link_local;          // link_local may be used (stages/neighbour: no duplicate)
	struct ip_address link_local; // IPv6 link-local address made by the engine; zero: none
	// Virtual routers that are active here, a bit a VRID: their MACs are the interface's too (stages/vrrp).
	bool has_virtual_routers;
	_Atomic uint8_t virtual_routers[IP_VERSIONS][32];
};

enum urpf { URPF_MODE_OFF, URPF_MODE_STRICT, URPF_MODE_LOOSE };

// Features that a packet passes between input and lookup, and between rewrite and output, in this order. A stage of
// that name has its node in the array of names in stages/ip/features.h.
enum feature_in { FEATURE_ACL_IN, FEATURE_URPF, FEATURE_POLICER_IN, FEATURES_IN };
enum feature_out { FEATURE_ACL_OUT, FEATURE_POLICER_OUT, FEATURES_OUT };

struct l3_interface {
	uint32_t id;
	uint32_t vrf;           // id
	uint32_t logical_port;  // id; 0: none
	uint32_t bridge_domain; // id; 0: none
	bool loopback;
	bool enabled;
	bool ip[IP_VERSIONS];                  // whether the version is on
	uint16_t mtu;                          // longest IP packet, bytes; default filled in
	uint8_t urpf[IP_VERSIONS];             // enum urpf
	uint8_t features_in[IP_VERSIONS];      // bit (1 << enum feature_in)
	uint8_t features_out[IP_VERSIONS];     // bit (1 << enum feature_out)
	const struct acl *acl_in[IP_VERSIONS]; // NULL: none
	const struct acl *acl_out[IP_VERSIONS];
	struct policer *policer_in, *policer_out; // NULL: none
	struct tap *tap;                          // NULL: none
	const struct dhcp_relay *dhcp_relay;      // NULL: none
	bool redirects, unreachables;
	uint32_t reachable_seconds; // default filled in
	uint32_t neighbour_limit;   // 0: only the engine's
	uint32_t dad_transmits;
	uint32_t address_count;
	const struct interface_address *addresses; // generation memory
	struct interface_live *live;               // same in every generation
	struct interface_counters *counters;       // [worker index], same memory in every generation
	struct ip_counters *ip_counters[IP_VERSIONS];
	uint64_t since_ns;
	char name[NAME_SIZE];
};

struct e_lmi_config; // stages/e-lmi

#define CE_OFFSETS 8
struct ce_notification {
	uint16_t port; // id
	bool mac_move;
	bool mvrp;
	bool cfm;
	bool mvrp_provider_address;
	uint8_t mac_move_offsets;
	uint8_t mvrp_offsets;
	uint32_t mac_move_offset_ms[CE_OFFSETS]; // defaults are filled in
	uint32_t mvrp_offset_ms[CE_OFFSETS];
	uint32_t mac_move_limit;             // default filled in
	uint32_t mac_move_frames_per_second; // 0: a quarter of the port's speed
	uint8_t mvrp_registration;           // enum mrp_registration (stages/mrp)
	bool mvrp_periodic;
	bool stp_tc;
	bool stp_tc_rst; // an RST BPDU in place of a TCN BPDU
	uint8_t stp_tc_offsets;
	uint32_t stp_tc_offset_ms[CE_OFFSETS];
	const struct e_lmi_config *e_lmi;       // stages/e-lmi, generation memory; NULL: off
	bool lacp, carrier;                     // out of synchronization or down while every VLAN is blocked,
	uint32_t lacp_hold_ms, carrier_hold_ms; // once it has been for so long
};

struct engine_settings {
	uint32_t mac_limit; // defaults are filled in
	uint32_t flow_limit;
	uint32_t neighbour_limit;
	bool flow_cache_off;
};

// The root.
struct dataplane {
	uint64_t generation;
	struct engine_settings settings;
	uint16_t port_count; // ports are found in port_ids[0 .. port_count)
	uint16_t port_ids[MAX_PORTS];
	const struct port *ports[MAX_PORTS]; // by id
	struct id_map logical_ports;         // const struct logical_port *
	struct id_map bridge_domains;        // const struct bridge_domain *
	struct id_map vrfs;                  // const struct vrf *
	struct id_map interfaces;            // const struct l3_interface *
};

static inline const struct port *dataplane_port(const struct dataplane *dp, uint16_t id)
{
	return likely(id < MAX_PORTS) ? dp->ports[id] : NULL;
}

static inline const struct logical_port *dataplane_logical_port(const struct dataplane *dp, uint32_t id)
{
	return id_map_get(&dp->logical_ports, id);
}

static inline const struct bridge_domain *dataplane_bridge_domain(const struct dataplane *dp, uint32_t id)
{
	return id_map_get(&dp->bridge_domains, id);
}

static inline const struct vrf *dataplane_vrf(const struct dataplane *dp, uint32_t id)
{
	return id_map_get(&dp->vrfs, id);
}

static inline const struct l3_interface *dataplane_interface(const struct dataplane *dp, uint32_t id)
{
	return id_map_get(&dp->interfaces, id);
}

// ---------------------------------------------------------------- packets

// Travels in the dynamic field area of every mbuf that is in the graph.
// `rx` sets ingress_port and zeroes the rest; `inject` sets egress_port and
// PACKET_INJECTED. classify sets ingress, bridge_domain, vid, tags; the bridge
// sets egress; the rewrite on the way out sets egress_port. l3-in sets interface and l3_offset, the lookup sets
// adjacency and egress_interface. 36 bytes: what an mbuf has room for.
struct packet_meta {
	uint16_t ingress_port; // 0: made by the engine
	uint16_t egress_port;  // 0: not known yet
	uint32_t ingress;      // logical port ids; 0: none
	uint32_t egress;
	uint32_t bridge_domain;
	uint16_t vid;        // outer VID on the wire at ingress; 0: untagged or priority tag
	uint8_t tags;        // tags in front of the payload type at ingress, as classify parsed them
	uint8_t flags;       // PACKET_*
	uint8_t drop_reason; // set before a packet goes to the drop node, where a node has several
	uint8_t priority;    // PCP << 1 | DEI of the tag that was removed at ingress, for the tag pushed at egress
	uint16_t egress_vid; // outer VID on the wire at egress, set by the rewrite on the way out; 0: untagged
	uint16_t interface;  // id of the L3 interface that it came in by; 0: none, or made by the router
	uint16_t egress_interface; // id of the L3 interface that it leaves by; 0: not known yet
	uint32_t adjacency;        // stages/neighbour: id of the neighbour that it goes to
	uint8_t l3_offset;         // bytes from the frame's start to the IP header
	union {
		uint8_t inject_edge; // where a packet of the control thread enters (packet_inject)
		uint8_t l4_offset;   // from the IP header to the upper layer's, in 4 bytes: set by ip-local
	};
	uint16_t record; // stages/flow: 1 + index of the worker's record of this packet; 0: not recorded
};

#define PACKET_INJECTED   0x01 // made by the control thread: goes straight to tx
#define PACKET_COPY       0x02 // one of several copies (flood)
#define PACKET_ROUTER     0x04 // from the router itself: no input features, not counted as received
#define PACKET_PUNTED     0x08 // came back from the kernel: goes out as it is, no second punt
#define PACKET_FROM_PEER  0x10 // redirected by a peer of an ethernet segment: not redirected again
#define PACKET_COUNTED    0x80 // by the flow cache, which has sent it to tx: `record` is 1 + its path
#define PACKET_REDIRECTED 0x20 // its sender has been told of a better way

extern int packet_meta_offset; // set before the first worker starts

static inline struct packet_meta *packet_meta(struct rte_mbuf *m)
{
	return RTE_MBUF_DYNFIELD(m, packet_meta_offset, struct packet_meta *);
}

static inline const struct packet_meta *packet_meta_of(const struct rte_mbuf *m)
{
	return RTE_MBUF_DYNFIELD(m, packet_meta_offset, const struct packet_meta *);
}

// ---------------------------------------------------------------- workers

struct rte_graph;
struct rte_ring;

// One a worker thread; only its own thread writes it, except where noted.
struct worker {
	const struct dataplane *dataplane; // root of this walk of the graph
	unsigned index;                    // 0 to worker_count - 1: slot in every counters array
	struct rte_graph *graph;
	struct rte_ring *inject;          // mbufs from the control thread (stage.h, port_inject)
	struct rte_ring *handoff;         // packets that other workers received for it; NULL where there is one worker
	struct rte_mempool *packets;      // whole frames up to 1,9xx bytes; also copies
	struct rte_mempool *headers;      // small mbufs: new headers in front of shared payload, indirect mbufs
	struct waker *wake[WORKER_WAKES]; // threads that nodes want woken after this walk (thread_wake); NULL: no more
	bool busy;                        // rx or inject moved packets in this walk
	uint64_t drops[MAX_DROP_REASONS]; // packets that belong to no port
} __rte_cache_aligned;

extern unsigned worker_count; // fixed at start
// Of every array of counters by worker: behind the workers' own comes the one of traces, which no sum includes.
#define COUNTER_SLOTS (worker_count + 1)
extern __thread struct worker *worker_current;

// The worker that runs the calling node; NULL on the control thread.
static inline struct worker *worker_self(void)
{
	return worker_current;
}

// A trace runs the node (stages/flow/trace.c): nothing may be learned, sent, kept or asked for.
static inline bool worker_traces(const struct worker *worker)
{
	return unlikely(worker->index == worker_count);
}

#endif
