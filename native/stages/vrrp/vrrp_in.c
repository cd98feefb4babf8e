// Node "vrrp-in": advertisements go to the control thread.
#include <rte_graph.h>
#include <rte_graph_worker.h>

#include "../control-plane/control_plane.h"
#include "../drop/drop_node.h"
#include "../ip/ip.h"
#include "../neighbour/inbox.h"
#include "packet.h"

// More advertisements than the control thread takes.
DROP_NODE(vrrp_queue_full, "vrrp-queue-full", DROP_INGRESS);

enum { EDGE_POLICED, EDGE_QUEUE_FULL, EDGES };

RTE_INIT(vrrp_listen)
{
	ip_listen(IP_V4, VRRP_PROTOCOL, "vrrp-in", true);
	ip_listen(IP_V6, VRRP_PROTOCOL, "vrrp-in", true);
}

static uint16_t vrrp_in_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct worker *worker = worker_self();

	for (uint16_t i = 0; i < n; i++) {
		packet_meta((struct rte_mbuf *)objs[i])->record = 0;
		if (!control_plane_takes(worker, CONTROL_VRRP))
			rte_node_enqueue_x1(graph, node, EDGE_POLICED, objs[i]);
		else if (!inbox_put(worker, INBOX_VRRP, objs[i]))
			rte_node_enqueue_x1(graph, node, EDGE_QUEUE_FULL, objs[i]);
	}
	control_wake();
	return n;
}

static struct rte_node_register vrrp_in_node = {
	.name = "vrrp-in",
	.process = vrrp_in_process,
	.nb_edges = EDGES,
	.next_nodes = {[EDGE_POLICED] = CONTROL_PLANE_DROP, [EDGE_QUEUE_FULL] = "drop-vrrp-queue-full"},
};
RTE_NODE_REGISTER(vrrp_in_node);
