// Frames that the control thread makes: a bounded ring to a worker, and the source node that empties it into tx.
#include "stage.h"
#include "worker.h"

#include <errno.h>

#include <rte_graph.h>
#include <rte_graph_worker.h>
#include <rte_ring.h>

static bool fed[MAX_WORKERS];

int port_inject(uint16_t port, struct rte_mbuf *m)
{
	// One worker sends all frames of a port: they keep their order.
	unsigned index = port % worker_count;
	int rc = -ENETDOWN;

	if (port_link(port) == PORT_LINK_UP) {
		*packet_meta(m) = (struct packet_meta){.egress_port = port, .flags = PACKET_INJECTED};
		rc = rte_ring_sp_enqueue(workers[index].inject, m) == 0 ? 0 : -ENOBUFS;
	}
	if (rc < 0)
		rte_pktmbuf_free(m);
	else
		fed[index] = true;
	return rc;
}

void port_inject_flush(void)
{
	for (unsigned i = 0; i < worker_count; i++) {
		if (fed[i]) worker_wake(i);
		fed[i] = false;
	}
}

static uint16_t inject_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb_objs)
{
	struct worker *worker = worker_self();
	void *packets[MAX_BURST];
	unsigned got = rte_ring_sc_dequeue_burst(worker->inject, packets, MAX_BURST, NULL);

	if (got == 0) return 0;
	worker->busy = true;
	rte_node_enqueue(graph, node, 0, packets, (uint16_t)got);
	return (uint16_t)got;
}

static struct rte_node_register inject_node = {
	.name = "inject",
	.flags = RTE_NODE_SOURCE_F,
	.process = inject_process,
	.nb_edges = 1,
	.next_nodes = {"tx"},
};
RTE_NODE_REGISTER(inject_node);
