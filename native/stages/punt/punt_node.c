// Node "punt": packets for the kernel, which has a part in the interface that they came in by (or in the loopback whose
// address they are for). In front of the IP header comes an Ethernet header as if the kernel had the port.
#include <string.h>

#include <rte_graph.h>
#include <rte_graph_worker.h>

#include "../control-plane/control_plane.h"
#include "../drop/drop_node.h"
#include "../flow/record.h"
#include "../ip/ip.h"
#include "../ip/listen.h"
#include "tap.h"

// More than the thread of the TAPs takes, or there is no TAP now.
DROP_NODE(punt_queue_full, "punt-queue-full", DROP_INGRESS);

enum { EDGE_POLICED, EDGE_QUEUE_FULL, EDGE_NO_BUFFER, EDGES };

// RFC 1112, 6.4; RFC 2464, 7. The broadcast address is that of Ethernet.
static void destination_mac(const struct l3_interface *it, const uint8_t *ip, uint8_t mac[RTE_ETHER_ADDR_LEN])
{
	bool v6 = ip[0] >> 4 == 6;

	if (v6 && ip[24] == 0xff) {
		mac[0] = mac[1] = 0x33;
		memcpy(mac + 2, ip + 36, 4);
	} else if (!v6 && ip[16] >= 224 && ip[16] < 240) {
		mac[0] = 0x01;
		mac[1] = 0x00;
		mac[2] = 0x5e;
		mac[3] = ip[17] & 0x7f;
		memcpy(mac + 4, ip + 18, 2);
	} else if (!v6 && (ip[16] >= 240 || ip_is_broadcast(it, ip + 16))) {
		memset(mac, 0xff, RTE_ETHER_ADDR_LEN);
	} else {
		memcpy(mac, &it->live->mac, RTE_ETHER_ADDR_LEN);
	}
}

static void frame(const struct l3_interface *it, struct rte_mbuf *m)
{
	struct packet_meta *meta = packet_meta(m);
	uint8_t source[RTE_ETHER_ADDR_LEN], *at, *ip = ip_header(m);
	uint16_t type = ip[0] >> 4 == 4 ? RTE_BE16(RTE_ETHER_TYPE_IPV4) : RTE_BE16(RTE_ETHER_TYPE_IPV6);

	// What stands there is the frame that it came in.
	memcpy(source, rte_pktmbuf_mtod_offset(m, uint8_t *, RTE_ETHER_ADDR_LEN), sizeof(source));
	rte_pktmbuf_adj(m, (uint16_t)(meta->l3_offset - RTE_ETHER_HDR_LEN));
	meta->l3_offset = RTE_ETHER_HDR_LEN;
	at = rte_pktmbuf_mtod(m, uint8_t *);
	destination_mac(it, ip, at);
	memcpy(at + RTE_ETHER_ADDR_LEN, source, sizeof(source));
	memcpy(at + 2 * RTE_ETHER_ADDR_LEN, &type, sizeof(type));
}

static uint8_t punt_packet(struct worker *worker, struct rte_mbuf **packet)
{
	const struct l3_interface *it = punt_interface(
		worker, dataplane_interface(worker->dataplane, packet_meta(*packet)->interface), *packet);
	uint32_t slot = it != NULL ? atomic_load_explicit(&it->tap->slot, memory_order_relaxed) : 0;
	struct rte_mbuf *own;

	if (!control_plane_takes(worker, control_class_of(*packet))) return EDGE_POLICED;
	if (slot == 0 || packet_meta(*packet)->l3_offset < RTE_ETHER_HDR_LEN) return EDGE_QUEUE_FULL;
	own = ip_writable(worker, *packet);
	if (own == NULL) return EDGE_NO_BUFFER;
	*packet = own;
	frame(it, own);
	return tap_io_punt(worker, slot, own) ? EDGES : EDGE_QUEUE_FULL;
}

static uint16_t punt_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct worker *worker = worker_self();

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = objs[i];
		struct flow_record *record = flow_record_of(worker, m);
		uint8_t edge;

		if (unlikely(record != NULL)) record_stage(record, node->id);
		edge = punt_packet(worker, &m);
		if (unlikely(edge != EDGES)) rte_node_enqueue_x1(graph, node, edge, m);
	}
	return n;
}

static struct rte_node_register punt_node = {
	.name = "punt",
	.process = punt_process,
	.nb_edges = EDGES,
	.next_nodes = {[EDGE_POLICED] = CONTROL_PLANE_DROP,
		       [EDGE_QUEUE_FULL] = "drop-punt-queue-full",
		       [EDGE_NO_BUFFER] = "drop-ip-no-buffer"},
};
RTE_NODE_REGISTER(punt_node);
