// Source node: one burst from the ports of this worker, all ports in turn; and what other workers have received for it.
//
// A device with a queue for each worker spreads its flows over them by itself. What comes from any other device the
// worker that receives shares out: each flow has a worker, so its packets stay in order.
#include "flow_hash.h"
#include "port_io.h"

#include <rte_ring.h>

#include "../stages/count.h"
#include "../stages/drop/drop_node.h"
#include "mirror.h"

// A worker's queue of packets that others received is full.
DROP_NODE(worker_queue_full, "worker-queue-full", DROP_INGRESS);

// What a link of a bundle receives before, or without, being taken into it.
DROP_NODE(bundle_not_collecting, "bundle-not-collecting", DROP_INGRESS);

enum { EDGE_CLASSIFY, EDGE_FLOW, EDGE_QUEUE_FULL, EDGE_NOT_COLLECTING, EDGE_SLOW_PROTOCOLS, EDGES };

// LACP and Marker (IEEE 802.1AX-2014, annex A): 01-80-C2-00-00-02 and EtherType 0x8809.
static inline bool is_slow_protocol(const struct rte_mbuf *m)
{
	static const uint8_t address[RTE_ETHER_ADDR_LEN] = {0x01, 0x80, 0xc2, 0x00, 0x00, 0x02};
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);

	return m->data_len >= RTE_ETHER_HDR_LEN && memcmp(frame, address, sizeof(address)) == 0 && frame[12] == 0x88 &&
	       frame[13] == 0x09;
}

// A link of a bundle: its frames are the bundle's, but for the protocols of the link itself. Returns how many are.
static uint16_t take_into_bundle(struct rte_graph *graph, struct rte_node *node, const struct worker *worker,
				 const struct port *port, struct rte_mbuf **packets, uint16_t n)
{
	bool collecting = port->enabled && __atomic_load_n(&port->io->collecting, __ATOMIC_ACQUIRE);
	uint16_t taken = 0;

	for (uint16_t i = 0; i < n; i++)
		rte_prefetch0(rte_pktmbuf_mtod(packets[i], void *));
	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = packets[i];

		if (likely(m->data_len >= RTE_ETHER_HDR_LEN))
			count_in(&port->counters[worker->index], rte_pktmbuf_mtod(m, const uint8_t *), m->pkt_len);
		if (unlikely(is_slow_protocol(m) || !collecting)) {
			rte_node_enqueue_x1(graph, node,
					    is_slow_protocol(m) ? EDGE_SLOW_PROTOCOLS : EDGE_NOT_COLLECTING, m);
			continue;
		}
		packet_meta(m)->ingress_port = port->bundle;
		packets[taken++] = m;
	}
	return taken;
}

// Gives each packet to the worker of its flow. Returns how many stay here, which come first.
static uint16_t share_out(struct rte_graph *graph, struct rte_node *node, const struct worker *self,
			  struct rte_mbuf **packets, uint16_t n)
{
	struct rte_mbuf *others[MAX_BURST];
	uint8_t target[MAX_BURST];
	uint16_t mine = 0, left = 0;

	for (uint16_t i = 0; i < n; i++)
		rte_prefetch0(rte_pktmbuf_mtod(packets[i], void *));
	for (uint16_t i = 0; i < n; i++) {
		unsigned worker = flow_hash_reduce(flow_hash(packets[i]), worker_count);

		if (worker == self->index) {
			packets[mine++] = packets[i];
		} else {
			target[left] = (uint8_t)worker;
			others[left++] = packets[i];
		}
	}
	for (unsigned worker = 0; worker < worker_count && left != 0; worker++) {
		void *burst[MAX_BURST];
		uint16_t count = 0, rest = 0;

		for (uint16_t i = 0; i < left; i++) {
			if (target[i] == worker) {
				burst[count++] = others[i];
				continue;
			}
			target[rest] = target[i];
			others[rest++] = others[i];
		}
		left = rest;
		if (count == 0) continue;
		unsigned taken = rte_ring_mp_enqueue_burst(workers[worker].handoff, burst, count, NULL);
		if (taken != 0) worker_wake(worker);
		if (unlikely(taken < count))
			rte_node_enqueue(graph, node, EDGE_QUEUE_FULL, burst + taken, (uint16_t)(count - taken));
	}
	return mine;
}

static uint16_t receive(struct rte_graph *graph, struct rte_node *node, struct worker *worker, const struct port *port,
			struct rte_mbuf **packets, uint16_t room)
{
	struct device *device = __atomic_load_n(&port->io->device, __ATOMIC_ACQUIRE);
	unsigned queue;
	uint16_t got;

	if (unlikely(device == NULL)) return 0;
	queue = worker->index - device->first_worker;
	if (unlikely((int)queue < 0)) queue += worker_count;
	if (queue >= device->rx_queues) return 0;
	got = device->kind->receive(device, queue, worker, packets, room);
	if (got == 0) return 0;
	worker->busy = true;
	for (uint16_t k = 0; k < got; k++)
		*packet_meta(packets[k]) = (struct packet_meta){.ingress_port = port->id};
	if (unlikely(port->mirrors != NULL)) mirror_received(worker, port, packets, got);
	if (port->bundle != 0) {
		const struct port *bundle = dataplane_port(worker->dataplane, port->bundle);

		got = take_into_bundle(graph, node, worker, port, packets, got);
		if (unlikely(bundle != NULL && bundle->mirrors != NULL && got != 0))
			mirror_received(worker, bundle, packets, got);
	}
	return device->rx_queues < worker_count ? share_out(graph, node, worker, packets, got) : got;
}

// To the flow cache or past it, as the port says that they came in by.
static void hand_on(struct rte_graph *graph, struct rte_node *node, const struct dataplane *dp,
		    struct rte_mbuf **packets, uint16_t n)
{
	for (uint16_t from = 0, to; from < n; from = to) {
		uint16_t id = packet_meta(packets[from])->ingress_port;
		const struct port *port = dataplane_port(dp, id);

		for (to = (uint16_t)(from + 1); to < n && packet_meta(packets[to])->ingress_port == id;)
			to++;
		rte_node_enqueue(graph, node, port != NULL && port->cached ? EDGE_FLOW : EDGE_CLASSIFY,
				 (void **)packets + from, (uint16_t)(to - from));
	}
}

static uint16_t rx_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb_objs)
{
	struct worker *worker = worker_self();
	const struct dataplane *dp = worker->dataplane;
	unsigned *first = (unsigned *)node->ctx;
	struct rte_mbuf *packets[MAX_BURST];
	uint16_t total = 0, handed = 0;

	if (worker->handoff != NULL) {
		handed = (uint16_t)rte_ring_sc_dequeue_burst(worker->handoff, (void **)packets, MAX_BURST, NULL);
		if (handed != 0) {
			worker->busy = true;
			hand_on(graph, node, dp, packets, handed);
		}
	}
	if (unlikely(dp->port_count == 0)) return handed;
	// Who goes first changes from walk to walk: a port that fills the burst does not starve the others.
	if (++*first >= dp->port_count) *first = 0;
	for (unsigned i = 0, at = *first; i < dp->port_count && total < MAX_BURST; i++) {
		const struct port *port = dp->ports[dp->port_ids[at]];
		uint16_t got = receive(graph, node, worker, port, packets, (uint16_t)(MAX_BURST - total));

		if (++at == dp->port_count) at = 0;
		hand_on(graph, node, dp, packets, got);
		total = (uint16_t)(total + got);
	}
	return (uint16_t)(total + handed);
}

static struct rte_node_register rx_node = {
	.name = "rx",
	.flags = RTE_NODE_SOURCE_F,
	.process = rx_process,
	.nb_edges = EDGES,
	.next_nodes =
		{
			[EDGE_CLASSIFY] = "classify",
			[EDGE_FLOW] = "flow",
			[EDGE_QUEUE_FULL] = "drop-worker-queue-full",
			[EDGE_NOT_COLLECTING] = "drop-bundle-not-collecting",
			[EDGE_SLOW_PROTOCOLS] = "slow-protocols",
		},
};
RTE_NODE_REGISTER(rx_node);
