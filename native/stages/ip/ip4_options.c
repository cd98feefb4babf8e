// Node "ip4-options": IPv4 packets with options (RFC 791, 3.1), whose header is in one piece. Every option has to
// parse. Source routes are refused (RFC 7126, 4.3 and 4.4); a record of the route and timestamps are filled in for
// packets that go on (RFC 1812, 4.2.2.2 and 5.2.4.1); what is not known stays as it is.
//
//   | type | length | pointer (from 1) | data …        timestamps: | overflow (4 bits), kind (4 bits) | data …
#include <netinet/ip.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_graph.h>
#include <rte_graph_worker.h>

#include "../flow/record.h"
#include "features.h"
#include "ip4_input.h"
#include "packet.h"

enum { EDGE_TO_LOCAL = FEATURE_IN_EDGES, EDGE_BAD, EDGE_NO_ROOM, OPTIONS_EDGES };

struct options {
	uint8_t record, timestamp; // offsets in the header; 0: none
	bool source_route;
};

// 0, or the offset of what does not parse.
static uint8_t parse(const uint8_t *ip, unsigned header, struct options *options)
{
	unsigned at = IP4_HEADER;

	while (at < header && ip[at] != IPOPT_END) {
		if (ip[at] == IPOPT_NOP) {
			at++;
			continue;
		}
		if (at + 2 > header || ip[at + 1] < 2 || at + ip[at + 1] > header) return (uint8_t)(at + 1);
		switch (ip[at]) {
		case IPOPT_LSRR:
		case IPOPT_SSRR:
			options->source_route = true;
			break;
		case IPOPT_RR:
			if (ip[at + 1] < 3 || ip[at + 2] < 4 || options->record != 0) return (uint8_t)at;
			options->record = (uint8_t)at;
			break;
		case IPOPT_TS:
			if (ip[at + 1] < 4 || ip[at + 2] < 5 || options->timestamp != 0) return (uint8_t)at;
			options->timestamp = (uint8_t)at;
			break;
		}
		at += ip[at + 1];
	}
	return 0;
}

static void fill_record(uint8_t *option, const struct ip_address *own)
{
	if (option[2] + 3 > option[1]) return;
	memcpy(option + option[2] - 1, own->bytes, 4);
	option[2] = (uint8_t)(option[2] + 4);
}

// Milliseconds of a clock that is not that of the day say so by the highest bit (RFC 791, 3.1). False: the overflow has
// no room any more.
static bool fill_timestamp(uint8_t *option, const struct l3_interface *it, const struct ip_address *own)
{
	unsigned kind = option[3] & 0xf, size = kind == IPOPT_TS_TSONLY ? 4 : 8;
	uint32_t now = rte_cpu_to_be_32(0x80000000u | (uint32_t)(rte_rdtsc() * 1000 / rte_get_tsc_hz()));
	uint8_t *at = option + option[2] - 1;

	if (option[2] - 1u + size > option[1]) {
		if (option[3] >> 4 == 15) return false;
		option[3] = (uint8_t)(option[3] + 0x10);
		return true;
	}
	if (kind == IPOPT_TS_PRESPEC && !ip_is_own(it, IP_V4, at)) return true;
	if (kind == IPOPT_TS_TSANDADDR) memcpy(at, own->bytes, 4);
	memcpy(at + size - 4, &now, sizeof(now));
	option[2] = (uint8_t)(option[2] + size);
	return true;
}

static uint8_t options_packet(struct worker *worker, struct rte_mbuf **packet)
{
	struct rte_mbuf *m = *packet, *own_packet;
	const struct l3_interface *it = dataplane_interface(worker->dataplane, packet_meta(m)->interface), *out;
	struct options options = {0};
	struct ip_address own = {0};
	uint8_t *ip = ip_header(m), bad = parse(ip, (ip[0] & 0xfu) * 4, &options);

	if (it == NULL) return EDGE_NO_ROOM;
	if (bad != 0) {
		icmp_error_about(m, ICMP_CAUSE_HEADER, bad);
		return EDGE_BAD;
	}
	if (options.source_route) {
		icmp_error_about(m, ICMP_CAUSE_SOURCE_ROUTE, 0);
		return EDGE_BAD;
	}
	if (ip[16] >= 224) return EDGE_TO_LOCAL;
	if ((options.record | options.timestamp) == 0 || ip_is_own(it, IP_V4, ip + 16))
		return feature_first_in(it, IP_V4);
	own_packet = ip_writable(worker, m);
	if (own_packet == NULL) return EDGE_NO_ROOM;
	*packet = m = own_packet;
	ip = ip_header(m);
	out = ip_way_to(worker, it, IP_V4, ip + 16);
	ip_source_address(worker->dataplane, out, IP_V4, ip + 16, &own);
	if (options.record != 0) fill_record(ip + options.record, &own);
	if (options.timestamp != 0 && !fill_timestamp(ip + options.timestamp, it, &own)) {
		icmp_error_about(m, ICMP_CAUSE_HEADER, options.timestamp);
		return EDGE_BAD;
	}
	packet_ip4_checksum(ip);
	return feature_first_in(it, IP_V4);
}

static uint16_t ip4_options_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct worker *worker = worker_self();

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = objs[i];
		struct flow_record *record = flow_record_of(worker, m);
		uint8_t edge;

		if (record != NULL) {
			record_stage(record, node->id);
			record_refuse(record, "IPv4 options");
		}
		edge = options_packet(worker, &m);
		if (edge == EDGE_BAD) IP_COUNT_PACKET(worker, m, IP_V4, in_header_errors);
		rte_node_enqueue_x1(graph, node, edge, m);
	}
	return n;
}

static struct rte_node_register ip4_options_node = {
	.name = "ip4-options",
	.process = ip4_options_process,
	.nb_edges = OPTIONS_EDGES,
	.next_nodes =
		{
			// Replaced by the features' nodes where there are any (ip_stage.c).
			[FEATURE_ACL_IN] = "ip4-lookup",
			[FEATURE_URPF] = "urpf",
			[FEATURE_POLICER_IN] = "ip4-lookup",
			[FEATURE_IN_LOOKUP4] = "ip4-lookup",
			[FEATURE_IN_LOOKUP6] = "ip6-lookup",
			[EDGE_TO_LOCAL] = "ip-local",
			[EDGE_BAD] = "icmp-error",
			[EDGE_NO_ROOM] = "drop-ip-no-buffer",
		},
};
RTE_NODE_REGISTER(ip4_options_node);
