// Node "ce-in": what a CE says by MVRP or E-LMI goes to the control thread, through a bounded ring and within the
// limits of its class of control-plane packets. It comes before block points: a blocked CE has to be heard.
#include "ce_in.h"
#include "../../main/control_ring.h"
#include "../control-plane/control_plane.h"
#include "../drop/drop_node.h"

// More than the control thread takes in.
DROP_NODE(ce_in_limit, "ce-in-limit", DROP_INGRESS);

enum { EDGE_LIMIT, EDGE_POLICED, EDGES };

// Of an MRPDU.
#define LONGEST 1600

_Atomic uint8_t ce_takes[MAX_PORTS];
static struct rte_ring *ring;

static uint16_t ce_in_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	const struct worker *worker = worker_self();

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = objs[i];
		bool e_lmi = ce_in_kind(rte_pktmbuf_mtod(m, const uint8_t *)) == CE_IN_E_LMI;

		if (!control_plane_takes(worker, e_lmi ? CONTROL_E_LMI : CONTROL_MRP)) {
			rte_node_enqueue_x1(graph, node, EDGE_POLICED, m);
			continue;
		}
		if (unlikely(!worker_traces(worker) && !control_ring_copy(ring, worker, m, LONGEST)))
			rte_node_enqueue_x1(graph, node, EDGE_LIMIT, m);
		else
			rte_pktmbuf_free(m);
	}
	return n;
}

static struct rte_node_register ce_in_node = {
	.name = "ce-in",
	.process = ce_in_process,
	.nb_edges = EDGES,
	.next_nodes = {[EDGE_LIMIT] = "drop-ce-in-limit", [EDGE_POLICED] = CONTROL_PLANE_DROP},
};
RTE_NODE_REGISTER(ce_in_node);

int ce_in_start(void)
{
	return control_ring_open(&ring, "ce-in", CE_IN_WAITING);
}

struct rte_mbuf *ce_in_next(void)
{
	return control_ring_next(ring);
}

void ce_in_stop(void)
{
	control_ring_close(&ring);
}
