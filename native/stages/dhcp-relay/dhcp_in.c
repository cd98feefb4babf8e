// Node "dhcp-in": DHCP for a relay agent goes to the control thread.
#include <rte_graph.h>
#include <rte_graph_worker.h>

#include "../control-plane/control_plane.h"
#include "../drop/drop_node.h"
#include "../ip/ip.h"
#include "../neighbour/inbox.h"

// More DHCP messages than the control thread takes.
DROP_NODE(dhcp_queue_full, "dhcp-queue-full", DROP_INGRESS);

enum { EDGE_POLICED, EDGE_QUEUE_FULL, EDGES };

RTE_INIT(dhcp_listen)
{
	ip_listen_udp(IP_V4, 67, "dhcp-in", true);
	ip_listen_udp(IP_V6, 547, "dhcp-in", true);
}

static uint16_t dhcp_in_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct worker *worker = worker_self();

	for (uint16_t i = 0; i < n; i++) {
		packet_meta((struct rte_mbuf *)objs[i])->record = 0;
		if (!control_plane_takes(worker, CONTROL_DHCP))
			rte_node_enqueue_x1(graph, node, EDGE_POLICED, objs[i]);
		else if (!inbox_put(worker, INBOX_DHCP, objs[i]))
			rte_node_enqueue_x1(graph, node, EDGE_QUEUE_FULL, objs[i]);
	}
	control_wake();
	return n;
}

static struct rte_node_register dhcp_in_node = {
	.name = "dhcp-in",
	.process = dhcp_in_process,
	.nb_edges = EDGES,
	.next_nodes = {[EDGE_POLICED] = CONTROL_PLANE_DROP, [EDGE_QUEUE_FULL] = "drop-dhcp-queue-full"},
};
RTE_NODE_REGISTER(dhcp_in_node);
