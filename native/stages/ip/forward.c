// The parts of lookup and rewrite that are once an interface, or rare.
#include "forward.h"

#include "ip4_input.h"
#include "ip6_input.h"

void forward_count(struct forward *f)
{
	struct worker *worker = f->worker;
	const struct l3_interface *in = dataplane_interface(worker->dataplane, f->in_id);

	if (f->packets != 0) {
		f->it->counters[worker->index].out_packets += f->packets;
		f->it->counters[worker->index].out_octets += f->octets;
		f->packets = 0;
		f->octets = 0;
	}
	if (f->forwarded != 0) IP_COUNT(worker, f->vrf, in, f->version, forwarded, f->forwarded);
	if (f->no_routes != 0) IP_COUNT(worker, f->vrf, in, f->version, in_no_routes, f->no_routes);
	f->forwarded = f->no_routes = 0;
}

void forward_enter_in(struct forward *f, uint32_t interface, uint32_t vrf)
{
	const struct vrf *of = dataplane_vrf(f->worker->dataplane, vrf);

	forward_count(f);
	f->in_id = interface;
	f->vrf = vrf;
	f->fib = of != NULL ? of->fib[f->version] : NULL;
}

void forward_enter_out(struct forward *f, uint32_t id)
{
	const struct dataplane *dp = f->worker->dataplane;
	const struct l3_interface *it = dataplane_interface(dp, id);
	const struct port *port;
	uint8_t first;

	forward_count(f);
	f->out_id = id;
	f->it = it;
	f->longest = 0;
	f->lp = NULL;
	f->port = f->vid = 0;
	f->tags = 0;
	f->edge = FORWARD_INTERFACE_DOWN;
	if (it == NULL || !it->enabled || it->loopback) return;
	first = feature_first_out(it, f->version);
	f->edge = first;
	if (it->bridge_domain != 0) {
		f->longest = it->mtu;
		return;
	}
	f->lp = dataplane_logical_port(dp, it->logical_port);
	port = f->lp != NULL ? dataplane_port(dp, f->lp->port) : NULL;
	if (port == NULL) return;
	f->port = port->id;
	f->tags = f->lp->matches;
	f->vid = f->tags != 0 ? f->lp->match[0].vid : 0;
	f->longest = RTE_MIN(it->mtu, port->mtu);
	// Whatever else may stand in its way, l3-out looks at.
	if (first == FEATURE_OUT_DONE && f->lp->enabled && port->enabled && port->blocks == NULL &&
	    port_can_transmit(port))
		f->edge = FORWARD_TX;
}

void forward_push_tags(const struct forward *f, const struct packet_meta *meta, uint8_t *frame)
{
	uint8_t *type = frame + ETHERNET_HEADER - 2, *at = type;
	uint8_t kind[2] = {type[0], type[1]};

	for (unsigned i = 0; i < f->tags; i++, at += TAG_SIZE) {
		const struct vlan_tag *tag = &f->lp->match[i];

		at[0] = (uint8_t)(tag->tpid >> 8);
		at[1] = (uint8_t)tag->tpid;
		at[2] = (uint8_t)(meta->priority << 4 | tag->vid >> 8);
		at[3] = (uint8_t)tag->vid;
	}
	memcpy(at, kind, sizeof(kind));
}

uint8_t forward_too_long(struct forward *f, struct rte_mbuf *m)
{
	struct packet_meta *meta = packet_meta(m);
	const uint8_t *ip = ip_header(m);
	uint32_t length = f->version == IP_V4 ? read_be16(ip + 2) : IP6_HEADER + (uint32_t)read_be16(ip + 4);

	if (f->longest == 0) return FORWARD_INTERFACE_DOWN;
	if (flow_record_of(f->worker, m) != NULL) record_refuse(flow_record_of(f->worker, m), "longer than the MTU");
	if (length <= f->longest) {
		ip_trim(m, length);
		return FORWARD_EDGES;
	}
	// Don't fragment, bit 1 of the flags (RFC 791, 3.1).
	if (f->version == IP_V4 && (ip[6] & 0x40) == 0) return FORWARD_FRAGMENT;
	if (f->version == IP_V6 && (meta->flags & PACKET_ROUTER) != 0) return FORWARD_FRAGMENT;
	IP_COUNT_PACKET(f->worker, m, f->version, fragmentation_failures);
	icmp_error_about(m, ICMP_CAUSE_TOO_BIG, f->longest);
	return FORWARD_ERROR;
}

// RFC 1812, 5.2.7.2: it leaves by the interface that it came in by, its sender is a neighbour there, it has no source
// route; RFC 4861, 8.2. Once is enough: the packet comes back from the node "icmp-redirect".
bool forward_redirects(const struct forward *f, struct rte_mbuf *m, const struct adjacency *adjacency)
{
	const uint8_t *ip = ip_header(m), *source = ip + (f->version == IP_V4 ? 12 : 8);

	struct flow_record *record = flow_record_of(f->worker, m);

	if (!f->it->redirects || (packet_meta(m)->flags & PACKET_REDIRECTED) != 0) return false;
	// Whose sender is no neighbour does not speak for those whose sender is one.
	if (record != NULL) record_source(record, f->version == IP_V4 ? 32 : 128);
	if (f->version == IP_V6 && ip6_is_link_local(source)) return true;
	return ip_on_link(f->it, f->version, source) && ip_on_link(f->it, f->version, adjacency->address.bytes);
}

void forward_record_way(const struct dataplane *dp, struct flow_record *record, uint32_t interface)
{
	const struct l3_interface *it = dataplane_interface(dp, interface);
	const struct logical_port *lp = it != NULL ? dataplane_logical_port(dp, it->logical_port) : NULL;

	record_element(record, FLOW_INTERFACE, interface);
	if (lp == NULL) return;
	record_element(record, FLOW_LOGICAL_PORT, lp->id);
	record_element(record, FLOW_PORT, lp->port);
}

static void use_adjacency(uint64_t id)
{
	adjacency_used((uint32_t)id);
}

void forward_recorded(struct forward *f, struct rte_mbuf *m)
{
	struct flow_record *record = flow_record_of(f->worker, m);
	const struct packet_meta *meta = packet_meta(m);
	unsigned index = f->worker->index;
	const struct vrf *vrf = dataplane_vrf(f->worker->dataplane, f->vrf);
	const struct l3_interface *in = dataplane_interface(f->worker->dataplane, f->in_id);

	if (record == NULL) return;
	record_largest(record, f->longest);
	if (meta->flags & PACKET_ROUTER || in == NULL || vrf == NULL) {
		record_refuse(record, "the router's own");
		return;
	}
	record_ttl_decrement(record);
	record_counter(record, &vrf->counters[f->version][index].forwarded, NULL, 0);
	record_counter(record, &in->ip_counters[f->version][index].forwarded, NULL, 0);
	record_use(record, use_adjacency, meta->adjacency);
	if (f->edge != FORWARD_TX) return;
	record_counter_now(record, &f->it->counters[index].out_packets, &f->it->counters[index].out_octets);
}

// ---------------------------------------------------------------- what routes do not say

static void group_header(const struct l3_interface *it, enum ip_version version, const uint8_t *destination,
			 struct adjacency *adjacency)
{
	uint8_t *to = adjacency->header;

	if (version == IP_V6) {
		to[0] = to[1] = 0x33; // RFC 2464, 7
		memcpy(to + 2, destination + 12, 4);
	} else if (destination[0] >= 240) {
		memset(to, 0xff, RTE_ETHER_ADDR_LEN);
	} else {
		to[0] = 0x01; // RFC 1112, 6.4
		to[2] = 0x5e;
		to[3] = destination[1] & 0x7f;
		to[4] = destination[2];
		to[5] = destination[3];
	}
	memcpy(to + RTE_ETHER_ADDR_LEN, &it->live->mac, RTE_ETHER_ADDR_LEN);
	to[12] = version == IP_V6 ? 0x86 : 0x08;
	to[13] = version == IP_V6 ? 0xdd : 0x00;
}

bool forward_on_link(struct forward *f, struct rte_mbuf *m, uint8_t *ip, uint8_t *edge)
{
	struct packet_meta *meta = packet_meta(m);
	const uint8_t *destination = ip + (f->version == IP_V4 ? 16 : 24);
	const struct l3_interface *it = dataplane_interface(f->worker->dataplane, meta->egress_interface);
	bool group = f->version == IP_V4 ? destination[0] >= 224 : destination[0] == 0xff;
	struct adjacency adjacency = {.complete = true, .length = ETHERNET_HEADER};

	if (!group && (f->version == IP_V4 || !ip6_is_link_local(destination))) return false;
	if (it == NULL) {
		*edge = FORWARD_BLACKHOLE;
	} else if (!group) {
		meta->adjacency = 0;
		*edge = FORWARD_HOLD;
	} else {
		adjacency.interface = meta->egress_interface;
		adjacency.version = (uint8_t)f->version;
		group_header(it, f->version, destination, &adjacency);
		*edge = forward_rewrite(f, m, ip, &adjacency);
	}
	return true;
}

static uint8_t unreachable(struct rte_mbuf *m, enum icmp_cause cause)
{
	icmp_error_about(m, cause, 0);
	return FORWARD_ERROR;
}

// The destination is on the link of `hop`, and no neighbour is known there.
static uint8_t glean(struct forward *f, struct rte_mbuf *m, const uint8_t *ip, const struct next_hop *hop)
{
	struct packet_meta *meta = packet_meta(m);
	const struct l3_interface *it = dataplane_interface(f->worker->dataplane, hop->interface);

	if (it == NULL || !it->enabled || it->loopback) return unreachable(m, ICMP_CAUSE_HOST);
	if (f->version == IP_V4 && ip_is_broadcast(it, ip + 16))
		return meta->interface == hop->interface && (meta->flags & PACKET_ROUTER) == 0 ? FORWARD_LOCAL
											       : FORWARD_BROADCAST;
	if (ip[f->version == IP_V4 ? 8 : 7] <= 1 && (meta->flags & PACKET_ROUTER) == 0)
		return unreachable(m, ICMP_CAUSE_TTL);
	meta->egress_interface = hop->interface;
	meta->adjacency = 0;
	return FORWARD_HOLD;
}

uint8_t forward_special(struct forward *f, struct rte_mbuf *m, uint8_t *ip, const struct next_hop *hop)
{
	struct flow_record *record = flow_record_of(f->worker, m);

	if (record != NULL) record_refuse(record, "not to a neighbour");
	switch (hop->kind) {
	case NEXT_HOP_GLEAN:
		return glean(f, m, ip, hop);
	case NEXT_HOP_LOCAL:
		return FORWARD_LOCAL;
	case NEXT_HOP_BLACKHOLE:
		return FORWARD_BLACKHOLE;
	case NEXT_HOP_UNREACHABLE:
		return unreachable(m, ICMP_CAUSE_HOST);
	case NEXT_HOP_PROHIBIT:
		return unreachable(m, ICMP_CAUSE_PROHIBITED);
	default:
		f->no_routes++;
		return unreachable(m, ICMP_CAUSE_NO_ROUTE);
	}
}
