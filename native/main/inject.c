// Packets of the control thread, and of other threads: a bounded ring to a worker, and the source node that empties it
// into tx or into the node that a stage has asked for.
#include "stage.h"
#include "worker.h"

#include <errno.h>
#include <string.h>

#include <rte_graph.h>
#include <rte_graph_worker.h>
#include <rte_ring.h>

#include "../stages/enqueue.h"

static bool fed[MAX_WORKERS];

static int ring_put(struct rte_mbuf *m, unsigned index)
{
	if (rte_ring_enqueue(workers[index].inject, m) == 0) return 0;
	rte_pktmbuf_free(m);
	return -ENOBUFS;
}

static int packet_queue(struct rte_mbuf *m, unsigned index)
{
	int rc = ring_put(m, index);

	if (rc == 0) fed[index] = true;
	return rc;
}

int port_inject(uint16_t port, struct rte_mbuf *m)
{
	// One worker sends all frames of a port: they keep their order.
	unsigned index = port % worker_count;
	int rc = -ENETDOWN;

	if (port_link(port) == PORT_LINK_UP) {
		*packet_meta(m) = (struct packet_meta){.egress_port = port, .flags = PACKET_INJECTED};
		rc = packet_queue(m, index);
	} else {
		rte_pktmbuf_free(m);
	}
	return rc;
}

int packet_inject(struct rte_mbuf *m, int edge, uint32_t order)
{
	packet_meta(m)->inject_edge = (uint8_t)edge;
	return packet_queue(m, order % worker_count);
}

int packet_inject_from_thread(struct rte_mbuf *m, int edge, uint32_t order)
{
	unsigned index = order % worker_count;
	int rc;

	packet_meta(m)->inject_edge = (uint8_t)edge;
	rc = ring_put(m, index);
	if (rc == 0) worker_wake(index);
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

	uint8_t edge[MAX_BURST];

	if (got == 0) return 0;
	worker->busy = true;
	for (unsigned i = 0; i < got; i++)
		edge[i] = packet_meta(packets[i])->inject_edge;
	enqueue_runs(graph, node, packets, edge, (uint16_t)got, false);
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

int inject_edge(const char *name)
{
	rte_node_t inject = rte_node_from_name("inject");
	rte_edge_t count = rte_node_edge_count(inject);
	char *edges[UINT8_MAX];

	if (rte_node_from_name(name) == RTE_NODE_ID_INVALID || count >= RTE_DIM(edges)) return -ENOENT;
	rte_node_edge_get(inject, edges);
	for (rte_edge_t i = 0; i < count; i++)
		if (strcmp(edges[i], name) == 0) return i;
	if (rte_node_edge_update(inject, RTE_EDGE_ID_INVALID, &name, 1) != 1) return -ENOMEM;
	return count;
}
