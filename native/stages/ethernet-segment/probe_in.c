// Node "segment-probe-in": frames of the other PEs of a segment. They came in by the segment's port, in one of its VLANs,
// and end here in every case.
#include <rte_graph.h>
#include <rte_graph_worker.h>
#include <rte_ring_elem.h>

#include "../control-plane/control_plane.h"
#include "../drop/drop_node.h"
#include "../ip/packet.h"
#include "probe.h"
#include "probe_heard.h"
#include "segment.h"

// Malformed, of nobody that is known, with another key, or played again.
DROP_NODE(segment_probe_refused, "segment-probe-refused", DROP_INGRESS);
// More than the control thread takes.
DROP_NODE(segment_probe_queue_full, "segment-probe-queue-full", DROP_INGRESS);

enum { EDGE_REFUSED, EDGE_QUEUE_FULL, EDGE_POLICED, EDGES };

static struct segment_peer *sender(const struct segment_view *view, const struct probe *probe)
{
	for (unsigned i = 0; i < view->peer_count; i++)
		if (memcmp(&view->peer[i]->address, &probe->from, sizeof(probe->from)) == 0) return view->peer[i];
	return NULL;
}

// Takes a number that is above all before it.
static bool take_sequence(_Atomic uint64_t *last, uint64_t sequence)
{
	uint64_t seen = atomic_load_explicit(last, memory_order_relaxed);

	do {
		if (sequence <= seen) return false;
	} while (!atomic_compare_exchange_weak_explicit(last, &seen, sequence, memory_order_relaxed,
							memory_order_relaxed));
	return true;
}

static uint8_t probe_packet(struct worker *worker, struct rte_mbuf *m)
{
	const struct packet_meta *meta = packet_meta(m);
	const struct segment_view *view = segment_on(worker->dataplane, meta->ingress_port);
	struct probe_heard heard = {.port = meta->ingress_port, .vid = meta->vid};
	struct segment_peer *peer;
	struct probe probe;
	uint8_t scratch[PROBE_BODY];
	const uint8_t *body = rte_pktmbuf_read(m, ETHERNET_HEADER + TAG_SIZE, PROBE_BODY, scratch);

	// What costs little comes first: a flood of old frames is told from new ones without the digest.
	if (body == NULL || !probe_parse(body, PROBE_BODY, &probe) || probe.vid != meta->vid ||
	    probe.version != view->version || memcmp(probe.esi, view->esi, sizeof(probe.esi)) != 0)
		return EDGE_REFUSED;
	peer = sender(view, &probe);
	if (peer == NULL || probe.sequence <= atomic_load_explicit(&peer->sequence[meta->vid], memory_order_relaxed))
		return EDGE_REFUSED;
	if (!control_plane_takes(worker, CONTROL_SEGMENT_PROBE)) return EDGE_POLICED;
	if (!probe_is_genuine(body, &view->key)) return EDGE_REFUSED;
	if (worker_traces(worker)) return EDGES;
	if (!take_sequence(&peer->sequence[meta->vid], probe.sequence)) return EDGE_REFUSED;
	heard.kind = probe.kind;
	heard.stamp = probe.stamp;
	heard.from = probe.from;
	if (!probe_heard_put(worker, &heard)) return EDGE_QUEUE_FULL;
	return EDGES;
}

static uint16_t probe_in_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct worker *worker = worker_self();
	bool any = false;

	for (uint16_t i = 0; i < n; i++) {
		const struct segment_view *view = segment_on(worker->dataplane, packet_meta(objs[i])->ingress_port);
		struct segment_counters *counters = &view->segment->counters[worker->index];
		struct flow_record *record = flow_record_of(worker, objs[i]);
		uint8_t edge = probe_packet(worker, objs[i]);

		if (unlikely(record != NULL)) {
			record_stage(record, node->id);
			record_refuse(record, "of another PE of the segment");
		}
		counters->probes_received += edge == EDGES;
		counters->probes_refused += edge == EDGE_REFUSED;
		any |= edge == EDGES;
		if (edge == EDGES)
			rte_pktmbuf_free(objs[i]);
		else
			rte_node_enqueue_x1(graph, node, edge, objs[i]);
	}
	if (any) control_wake();
	return n;
}

static struct rte_node_register probe_in_node = {
	.name = "segment-probe-in",
	.process = probe_in_process,
	.nb_edges = EDGES,
	.next_nodes =
		{
			[EDGE_REFUSED] = "drop-segment-probe-refused",
			[EDGE_QUEUE_FULL] = "drop-segment-probe-queue-full",
			[EDGE_POLICED] = CONTROL_PLANE_DROP,
		},
};
RTE_NODE_REGISTER(probe_in_node);
