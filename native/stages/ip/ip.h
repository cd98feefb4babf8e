// IP forwarding: what other stages use of it.
//
//   l3-in → [features] → ip4-lookup → [features] → l3-out → tx      (ip6-… likewise)
//             │            ├→ ip-local → icmp-echo, listeners, punt
//             │            ├→ neighbour-hold, ip4-fragment, icmp-redirect → ip4-rewrite
//             │            └→ icmp-error → ip4-lookup (the error), drop-… (the packet)
//
// A packet between these nodes has its IP header at meta->l3_offset, 20 (40) bytes of it in the first segment, and
// nobody else writes to those. Before the rewrite what stands before the header is of no meaning.
#ifndef SLUICE_STAGES_IP_H
#define SLUICE_STAGES_IP_H

#include <rte_ip.h>

#include "../../main/stage.h"

static inline uint8_t *ip_header(struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod_offset(m, uint8_t *, packet_meta(m)->l3_offset);
}

static inline enum ip_version ip_version_of(const uint8_t *ip)
{
	return ip[0] >> 4 == 6 ? IP_V6 : IP_V4;
}

// The VRF that a packet is looked up in: of the interface that it came in by. Of the router's own packets: of the
// interface that they leave by, as far as that is known, else meta->adjacency says it until the lookup.
static inline uint32_t ip_vrf_of(const struct dataplane *dp, struct rte_mbuf *m)
{
	const struct packet_meta *meta = packet_meta(m);
	const struct l3_interface *interface =
		dataplane_interface(dp, likely(meta->interface != 0) ? meta->interface : meta->egress_interface);

	return likely(interface != NULL) ? interface->vrf : meta->adjacency;
}

// ---------------------------------------------------------------- the router's own packets

// Prepares a packet of the router's own, whose data begins with the IP header: without features on the way in, looked
// up in `vrf`. `interface` (0: none) is the one that a link-local destination is on. Checksums are the caller's.
void ip_own_packet(struct rte_mbuf *m, uint32_t vrf, uint32_t interface);

// Control thread. Sends such a packet; takes it in every case. 0; -ENOBUFS: too much waits already. Call
// port_inject_flush() after a batch. A node of a worker instead calls ip_own_packet() and hands it to the node
// "ip4-lookup" or "ip6-lookup".
int ip_send(struct rte_mbuf *m, uint32_t vrf, uint32_t interface);

// Worker. The interface by which packets to `destination` leave; `otherwise` where the routes of its VRF do not say.
const struct l3_interface *ip_way_to(const struct worker *worker, const struct l3_interface *otherwise,
				     enum ip_version version, const uint8_t *destination);

// Worker. The interface of the VRF that has the address; NULL: none.
const struct l3_interface *ip_owner_of(const struct worker *worker, uint32_t vrf, enum ip_version version,
				       const uint8_t *address);

// The address that the router sends from: to `destination` out of `interface` (which must be). The one whose prefix
// holds the destination, else the first of the interface, else the first of any interface of the VRF; for IPv6 of the
// destination's scope. False: there is none.
bool ip_source_address(const struct dataplane *dp, const struct l3_interface *interface, enum ip_version version,
		       const uint8_t *destination, struct ip_address *source);

// Whether `address` is one of the interface's own; whether it is in one of its prefixes; whether (IPv4) it is the
// broadcast or network address of one of them.
bool ip_is_own(const struct l3_interface *interface, enum ip_version version, const uint8_t *address);
bool ip_on_link(const struct l3_interface *interface, enum ip_version version, const uint8_t *address);
bool ip_is_broadcast(const struct l3_interface *interface, const uint8_t *address);

// Cuts what stands behind `length` bytes of the IP packet: a frame's padding.
void ip_trim(struct rte_mbuf *m, uint32_t length);
// The packet, if its bytes may be written to, else a copy, and the packet is gone. NULL: no buffer, it is still there.
struct rte_mbuf *ip_writable(const struct worker *worker, struct rte_mbuf *m);

// ---------------------------------------------------------------- delivery

// Who takes packets for the router itself: the node `node` gets those of a protocol, or of a UDP port, whole and
// reassembled, with meta->l4_offset set. Call from a constructor (RTE_INIT). `groups` says that packets to any
// multicast or broadcast address come too (the listener checks which), else only those to the router's own addresses.
void ip_listen(enum ip_version version, uint8_t protocol, const char *node, bool groups);
void ip_listen_udp(enum ip_version version, uint16_t port, const char *node, bool groups);

// Bytes from the IP header to the header of the upper layer (meta->l4_offset counts fours).
static inline unsigned ip_l4_offset(const struct packet_meta *meta)
{
	return meta->l4_offset * 4u;
}

// ---------------------------------------------------------------- errors

// Why a packet does not go on, and what its sender is told. Set with icmp_error_about() before it goes to the node
// "icmp-error", which tells (or not), counts the drop and frees the packet.
enum icmp_cause {
	ICMP_CAUSE_TTL,          // used up here
	ICMP_CAUSE_NO_ROUTE,     // net unreachable
	ICMP_CAUSE_HOST,         // host (IPv6: address) unreachable
	ICMP_CAUSE_PROHIBITED,   // by a route or an access list
	ICMP_CAUSE_TOO_BIG,      // detail: MTU
	ICMP_CAUSE_PORT,         // nobody listens there
	ICMP_CAUSE_PROTOCOL,     // detail (IPv6): offset of the field
	ICMP_CAUSE_SCOPE,        // a link-local source to somewhere else (RFC 4443, 3.1)
	ICMP_CAUSE_HEADER,       // a bad field of the header; detail: its offset
	ICMP_CAUSE_OPTION,       // an option that must be known (IPv6); detail: its offset
	ICMP_CAUSE_SOURCE_ROUTE, // source routing is refused
	ICMP_CAUSE_REASSEMBLY,   // fragments did not come in time
	ICMP_CAUSES,
};

static inline void icmp_error_about(struct rte_mbuf *m, enum icmp_cause cause, uint32_t detail)
{
	packet_meta(m)->drop_reason = (uint8_t)cause;
	packet_meta(m)->adjacency = detail;
}

// ---------------------------------------------------------------- counting

// Adds to a field of struct ip_counters, of the VRF and of the interface (NULL: only the former).
#define IP_COUNT(worker, vrf_id, it, version, field, n)                                                                \
	do {                                                                                                           \
		const struct vrf *count_vrf = dataplane_vrf((worker)->dataplane, (vrf_id));                            \
		const struct l3_interface *count_it = (it);                                                            \
		if (count_vrf != NULL) count_vrf->counters[version][(worker)->index].field += (n);                     \
		if (count_it != NULL) count_it->ip_counters[version][(worker)->index].field += (n);                    \
	} while (0)

// The same for the interface that a packet came in by.
#define IP_COUNT_PACKET(worker, m, version, field)                                                                     \
	IP_COUNT(worker, ip_vrf_of((worker)->dataplane, m),                                                            \
		 dataplane_interface((worker)->dataplane, packet_meta(m)->interface), version, field, 1)

#endif
