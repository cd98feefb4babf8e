// Node "tx": to the wire, in one burst a port. Counts the output of port and logical port.
#include "../../main/stage.h"
#include "../count.h"
#include "../drop/drop_node.h"

// The device's queue stays full.
DROP_NODE(tx_queue_full, "tx-queue-full", DROP_EGRESS);

enum { EDGE_PORT_DOWN, EDGE_QUEUE_FULL, EDGES };

static void record_counters(struct flow_record *record, struct counters *counters, const uint8_t *frame)
{
	uint64_t *packets = &counters->out_unicast;

	if (frame[0] & 1) packets = is_broadcast(frame) ? &counters->out_broadcast : &counters->out_multicast;
	record_counter_now(record, packets, &counters->out_octets);
}

// The end of a recorded packet's way.
static void tx_record(const struct worker *worker, const struct rte_node *node, const struct port *port,
		      struct rte_mbuf *m)
{
	struct flow_record *record = flow_record_of(worker, m);
	const struct logical_port *lp = dataplane_logical_port(worker->dataplane, packet_meta(m)->egress);
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);

	if (record == NULL) return;
	// A hit comes here itself.
	if (record_traced(record)) record_stage(record, node->id);
	record_element(record, FLOW_PORT, port->id);
	record_counters(record, &port->counters[worker->index], frame);
	if (lp != NULL) {
		record_element(record, FLOW_LOGICAL_PORT, lp->id);
		record_counters(record, &lp->counters[worker->index], frame);
	}
	record_verdict(record, "port %s", port->name);
	record_sent(worker, record, m);
}

// Frames of one logical port that follow each other are counted together; others one by one.
static void count_burst(const struct worker *worker, const struct rte_node *node, const struct port *port,
			struct rte_mbuf **packets, uint16_t n)
{
	uint64_t port_octets = 0, octets = 0;
	uint32_t port_frames = 0, frames = 0, id = 0;
	const struct logical_port *lp = NULL;

	for (uint16_t i = 0; i < n; i++) {
		const uint8_t *frame = rte_pktmbuf_mtod(packets[i], const uint8_t *);
		uint32_t egress = packet_meta(packets[i])->egress;

		// The flow cache counts by path.
		if (packet_meta(packets[i])->flags & PACKET_COUNTED) continue;
		if (unlikely(packet_meta(packets[i])->record != 0)) tx_record(worker, node, port, packets[i]);
		if (unlikely(egress != id)) {
			if (lp != NULL) count_out_unicast(&lp->counters[worker->index], frames, octets);
			port_frames += frames;
			port_octets += octets;
			frames = 0;
			octets = 0;
			id = egress;
			lp = dataplane_logical_port(worker->dataplane, id);
		}
		if (likely((frame[0] & 1) == 0)) {
			frames++;
			octets += packets[i]->pkt_len;
		} else {
			count_out(&port->counters[worker->index], frame, packets[i]->pkt_len, 1);
			if (lp != NULL) count_out(&lp->counters[worker->index], frame, packets[i]->pkt_len, 1);
		}
	}
	if (lp != NULL) count_out_unicast(&lp->counters[worker->index], frames, octets);
	count_out_unicast(&port->counters[worker->index], port_frames + frames, port_octets + octets);
}

// What the device refused was counted before.
static void uncount(const struct worker *worker, const struct port *port, struct rte_mbuf *m)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	const struct logical_port *lp = dataplane_logical_port(worker->dataplane, packet_meta(m)->egress);

	count_out(&port->counters[worker->index], frame, m->pkt_len, -1);
	if (lp != NULL) count_out(&lp->counters[worker->index], frame, m->pkt_len, -1);
}

static void transmit(struct rte_graph *graph, struct rte_node *node, uint16_t id, struct rte_mbuf **packets, uint16_t n)
{
	struct worker *worker = worker_self();
	const struct port *port = dataplane_port(worker->dataplane, id);
	uint16_t sent;

	if (unlikely(port == NULL)) {
		rte_node_enqueue(graph, node, EDGE_PORT_DOWN, (void **)packets, n);
		return;
	}
	// Sent packets belong to the device: they are counted before.
	count_burst(worker, node, port, packets, n);
	if (worker_traces(worker)) {
		rte_pktmbuf_free_bulk(packets, n);
		return;
	}
	sent = port_transmit(worker, port, packets, n);
	if (unlikely(sent < n)) {
		for (uint16_t i = sent; i < n; i++) {
			if (packet_meta(packets[i])->flags & PACKET_COUNTED) flow_credit_packet(worker, packets[i]);
			uncount(worker, port, packets[i]);
		}
		rte_node_enqueue(graph, node, EDGE_QUEUE_FULL, (void **)(packets + sent), n - sent);
	}
}

// Takes the packets of the first one's port out of the list, in order. Returns how many; the others close up.
static uint16_t take_first_port(struct rte_mbuf **packets, uint16_t *count, struct rte_mbuf **burst)
{
	uint16_t id = packet_meta(packets[0])->egress_port, taken = 0, left = 0;

	for (uint16_t i = 0; i < *count; i++) {
		if (packet_meta(packets[i])->egress_port == id)
			burst[taken++] = packets[i];
		else
			packets[left++] = packets[i];
	}
	*count = left;
	return taken;
}

static bool of_one_port(struct rte_mbuf **packets, uint16_t n)
{
	uint16_t id = packet_meta(packets[0])->egress_port;

	for (uint16_t i = 1; i < n; i++)
		if (packet_meta(packets[i])->egress_port != id) return false;
	return true;
}

static uint16_t tx_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct rte_mbuf *burst[MAX_BURST];

	for (uint16_t done = 0; done < n; done += MAX_BURST) {
		struct rte_mbuf **packets = (struct rte_mbuf **)objs + done;
		uint16_t left = RTE_MIN(n - done, MAX_BURST);

		if (likely(of_one_port(packets, left))) {
			transmit(graph, node, packet_meta(packets[0])->egress_port, packets, left);
			continue;
		}
		while (left != 0) {
			uint16_t id = packet_meta(packets[0])->egress_port;
			uint16_t taken = take_first_port(packets, &left, burst);

			transmit(graph, node, id, burst, taken);
		}
	}
	return n;
}

static struct rte_node_register tx_node = {
	.name = "tx",
	.process = tx_process,
	.nb_edges = EDGES,
	.next_nodes = {[EDGE_PORT_DOWN] = "drop-port-down", [EDGE_QUEUE_FULL] = "drop-tx-queue-full"},
};
RTE_NODE_REGISTER(tx_node);
