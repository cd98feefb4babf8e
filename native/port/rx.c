// Source node: one burst from the ports of this worker, all ports in turn.
#include "port_io.h"

#include <rte_graph.h>
#include <rte_graph_worker.h>

enum { EDGE_CLASSIFY, EDGE_FLOW, EDGES };

static uint16_t rx_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb_objs)
{
	struct worker *worker = worker_self();
	const struct dataplane *dp = worker->dataplane;
	unsigned *first = (unsigned *)node->ctx;
	uint16_t total = 0;

	if (unlikely(dp->port_count == 0)) return 0;
	// Who goes first changes from walk to walk: a port that fills the burst does not starve the others.
	if (++*first >= dp->port_count) *first = 0;
	for (unsigned i = 0, at = *first; i < dp->port_count && total < MAX_BURST; i++) {
		const struct port *port = dp->ports[dp->port_ids[at]];
		struct device *device = __atomic_load_n(&port->io->device, __ATOMIC_ACQUIRE);
		struct rte_mbuf *packets[MAX_BURST];
		uint16_t got;

		if (++at == dp->port_count) at = 0;
		if (unlikely(device == NULL || worker->index >= device->rx_queues)) continue;
		got = device->kind->receive(device, worker->index, worker, packets, (uint16_t)(MAX_BURST - total));
		if (got == 0) continue;
		worker->busy = true;
		for (uint16_t k = 0; k < got; k++)
			*packet_meta(packets[k]) = (struct packet_meta){.ingress_port = port->id};
		rte_node_enqueue(graph, node, port->cached ? EDGE_FLOW : EDGE_CLASSIFY, (void **)packets, got);
		total = (uint16_t)(total + got);
	}
	return total;
}

static struct rte_node_register rx_node = {
	.name = "rx",
	.flags = RTE_NODE_SOURCE_F,
	.process = rx_process,
	.nb_edges = EDGES,
	.next_nodes = {[EDGE_CLASSIFY] = "classify", [EDGE_FLOW] = "flow"},
};
RTE_NODE_REGISTER(rx_node);
