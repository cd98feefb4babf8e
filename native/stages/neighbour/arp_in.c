// Node "arp-in": ARP that is about the router, or that may tell of a neighbour, goes to the control thread. Requests
// for others, of which a segment is full, end here.
#include <string.h>

#include <rte_graph.h>
#include <rte_graph_worker.h>

#include "../control-plane/control_plane.h"
#include "../drop/drop_node.h"
#include "../flow/record.h"
#include "arp.h"
#include "inbox.h"

// Not ARP for IPv4 over Ethernet, or a sender that cannot be.
DROP_NODE(arp_malformed, "arp-malformed", DROP_INGRESS);
// Asks for somebody else.
DROP_NODE(arp_not_for_us, "arp-not-for-us", DROP_INGRESS);
// More ARP than the control thread takes.
DROP_NODE(arp_queue_full, "arp-queue-full", DROP_INGRESS);

enum { EDGE_MALFORMED, EDGE_NOT_FOR_US, EDGE_POLICED, EDGE_QUEUE_FULL, EDGES };

static bool is_own(const struct l3_interface *interface, const uint8_t address[4])
{
	for (uint32_t i = 0; i < interface->address_count; i++)
		if (interface->addresses[i].version == IP_V4 &&
		    memcmp(interface->addresses[i].address.bytes, address, 4) == 0)
			return true;
	// Of a virtual router: the control thread knows.
	return interface->live->has_virtual_routers;
}

// EDGES: for the control thread.
static uint8_t arp_packet(const struct worker *worker, struct rte_mbuf *m)
{
	const struct packet_meta *meta = packet_meta(m);
	const struct l3_interface *interface = dataplane_interface(worker->dataplane, meta->interface);
	uint8_t scratch[ARP_SIZE];
	const uint8_t *bytes;
	struct arp arp;

	if (interface == NULL || m->pkt_len < (uint32_t)meta->l3_offset + ARP_SIZE) return EDGE_MALFORMED;
	bytes = rte_pktmbuf_read(m, meta->l3_offset, ARP_SIZE, scratch);
	if (!arp_parse(bytes, ARP_SIZE, &arp)) return EDGE_MALFORMED;
	if (arp.operation == ARP_REQUEST && memcmp(arp.sender, arp.target, sizeof(arp.sender)) != 0 &&
	    !is_own(interface, arp.target) && !is_own(interface, arp.sender))
		return EDGE_NOT_FOR_US;
	return EDGES;
}

static uint16_t arp_in_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct worker *worker = worker_self();
	bool any = false;

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = objs[i];
		struct flow_record *record = flow_record_of(worker, m);
		uint8_t edge = arp_packet(worker, m);

		if (unlikely(record != NULL)) {
			record_stage(record, node->id);
			record_refuse(record, "ARP");
			packet_meta(m)->record = 0;
		}
		if (edge == EDGES && !control_plane_takes(worker, CONTROL_ARP)) edge = EDGE_POLICED;
		if (edge == EDGES && !inbox_put(worker, INBOX_ARP, m)) edge = EDGE_QUEUE_FULL;
		if (edge != EDGES)
			rte_node_enqueue_x1(graph, node, edge, m);
		else
			any = true;
	}
	if (any) control_wake();
	return n;
}

static struct rte_node_register arp_in_node = {
	.name = "arp-in",
	.process = arp_in_process,
	.nb_edges = EDGES,
	.next_nodes = {[EDGE_MALFORMED] = "drop-arp-malformed",
		       [EDGE_NOT_FOR_US] = "drop-arp-not-for-us",
		       [EDGE_POLICED] = CONTROL_PLANE_DROP,
		       [EDGE_QUEUE_FULL] = "drop-arp-queue-full"},
};
RTE_NODE_REGISTER(arp_in_node);
