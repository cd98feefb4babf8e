// Node "l3-out": what leaves an L3 interface with its L2 header on: into its bridge domain, or by its logical port.
// Packets of an interface without features, whose port has no block points, have gone to tx without coming here.
#include <rte_graph.h>
#include <rte_graph_worker.h>

#include "../enqueue.h"
#include "forward.h"

enum { EDGE_TX, EDGE_BLOCK_OUT, EDGE_BRIDGE, EDGE_PORT_DOWN, EDGE_LP_DISABLED, EDGE_INTERFACE_DOWN, EDGES };

static uint8_t interface_edge(const struct dataplane *dp, const struct l3_interface *it)
{
	const struct logical_port *lp;
	const struct port *port;

	if (it == NULL || !it->enabled) return EDGE_INTERFACE_DOWN;
	if (it->bridge_domain != 0) return EDGE_BRIDGE;
	lp = dataplane_logical_port(dp, it->logical_port);
	port = lp != NULL ? dataplane_port(dp, lp->port) : NULL;
	if (port == NULL || !port->enabled || !port_can_transmit(port)) return EDGE_PORT_DOWN;
	if (!lp->enabled) return EDGE_LP_DISABLED;
	return port->blocks != NULL ? EDGE_BLOCK_OUT : EDGE_TX;
}

static void record_out(struct flow_record *record, struct rte_node *node, const struct worker *worker,
		       const struct packet_meta *meta, const struct l3_interface *it)
{
	record_stage(record, node->id);
	forward_record_way(worker->dataplane, record, meta->egress_interface);
	if (it == NULL) return;
	record_counter_now(record, &it->counters[worker->index].out_packets, &it->counters[worker->index].out_octets);
}

static uint16_t l3_out_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct worker *worker = worker_self();
	const struct l3_interface *it = NULL;
	uint8_t edge[MAX_BURST], usual = 0;
	uint32_t id = 0;

	for (uint16_t done = 0; done < n; done += MAX_BURST) {
		uint16_t chunk = RTE_MIN(n - done, MAX_BURST);

		for (uint16_t i = 0; i < chunk; i++) {
			struct rte_mbuf *m = objs[done + i];
			struct packet_meta *meta = packet_meta(m);
			struct flow_record *record = flow_record_of(worker, m);

			if (unlikely(record != NULL))
				record_out(record, node, worker, meta,
					   dataplane_interface(worker->dataplane, meta->egress_interface));
			if (meta->egress_interface != id || id == 0 || record != NULL) {
				id = meta->egress_interface;
				it = dataplane_interface(worker->dataplane, id);
				usual = interface_edge(worker->dataplane, it);
			}
			edge[i] = usual;
			if (it != NULL) {
				it->counters[worker->index].out_packets++;
				it->counters[worker->index].out_octets += m->pkt_len;
			}
			if (usual == EDGE_BRIDGE) {
				// From now on a frame of the bridge domain, which came from no logical port of it.
				meta->bridge_domain = it->bridge_domain;
				meta->ingress = 0;
			}
		}
		enqueue_runs(graph, node, objs + done, edge, chunk, chunk == n);
	}
	return n;
}

static struct rte_node_register l3_out_node = {
	.name = "l3-out",
	.process = l3_out_process,
	.nb_edges = EDGES,
	.next_nodes =
		{
			[EDGE_TX] = "tx",
			[EDGE_BLOCK_OUT] = "block-out",
			[EDGE_BRIDGE] = "bridge",
			[EDGE_PORT_DOWN] = "drop-port-down",
			[EDGE_LP_DISABLED] = "drop-egress-disabled",
			[EDGE_INTERFACE_DOWN] = "drop-interface-down",
		},
};
RTE_NODE_REGISTER(l3_out_node);
