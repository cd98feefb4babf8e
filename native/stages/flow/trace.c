// A trace: one frame walks a graph of the control thread's own, over the tables that packets see. The stages run as
// they are, on a worker's slot that no sum includes; what would have an effect beyond counters asks worker_traces().
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_graph.h>
#include <rte_graph_worker.h>

#include "../../api/state.h"
#include "../../main/buffers.h"
#include "../../main/worker.h"
#include "control.h"

static struct worker tracer;
static struct rte_mbuf *waiting;

// Source node "trace-in": the frame that waits, once.
static uint16_t trace_in_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	RTE_SET_USED(objs);
	RTE_SET_USED(n);
	if (waiting == NULL) return 0;
	rte_node_enqueue_x1(graph, node, 0, waiting);
	waiting = NULL;
	return 1;
}

static struct rte_node_register trace_in_node = {
	.name = "trace-in",
	.flags = RTE_NODE_SOURCE_F,
	.process = trace_in_process,
	.nb_edges = 1,
	.next_nodes = {"classify"},
};
RTE_NODE_REGISTER(trace_in_node);

static int tracer_start(void)
{
	static const char *patterns[] = {"trace-in"};
	struct rte_graph_param param = {
		.socket_id = SOCKET_ID_ANY, .nb_node_patterns = RTE_DIM(patterns), .node_patterns = patterns};

	if (tracer.graph != NULL) return 0;
	flow_caches[worker_count] = calloc(1, sizeof(*flow_caches[0]));
	if (flow_caches[worker_count] == NULL) return -ENOMEM;
	if (rte_graph_create("trace", &param) == RTE_GRAPH_ID_INVALID) {
		free(flow_caches[worker_count]);
		flow_caches[worker_count] = NULL;
		return -ENOMEM;
	}
	tracer.index = worker_count;
	tracer.graph = rte_graph_lookup("trace");
	tracer.packets = buffers_pool();
	tracer.headers = buffers_header_pool();
	return 0;
}

void flow_tracer_stop(void)
{
	if (tracer.graph != NULL) rte_graph_destroy(rte_graph_from_name(tracer.graph->name));
	tracer = (struct worker){0};
	free(flow_caches[worker_count]);
	flow_caches[worker_count] = NULL;
}

int flow_trace_frame(const struct port *port, const uint8_t *frame, size_t length, struct flow_trace *trace)
{
	struct worker *before = worker_current;
	struct flow_record *record;
	struct flow_parsed parsed = {.l3_offset = ETHERNET_HEADER};
	struct rte_mbuf *m;
	bool known;

	if (tracer_start() < 0 || (m = buffers_packet(tracer.packets, frame, (uint32_t)length)) == NULL) return -ENOMEM;
	memset(trace, 0, sizeof(*trace));
	known = flow_parse(&parsed, rte_pktmbuf_mtod(m, const uint8_t *), m->data_len, m->pkt_len, port->id);
	record = &flow_caches[worker_count]->record[0];
	record_begin(record, m, &parsed);
	record->trace = trace;
	if (!known) record_refuse(record, "such frames always take the stages");
	*packet_meta(m) = (struct packet_meta){.ingress_port = port->id, .record = 1};
	tracer.dataplane = dataplane_current();
	waiting = m;
	worker_current = &tracer;
	rte_graph_walk(tracer.graph);
	worker_current = before;
	// It has come to rest where nothing sends or drops it: at the router itself.
	if (!trace->sent && !trace->dropped)
		trace->refused = record->refused != NULL ? record->refused : "not forwarded";
	record->packet = NULL;
	return 0;
}

// ---------------------------------------------------------------- the answer

static char *copy_text(struct arena *arena, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = arena_alloc(arena, size);

	if (copy != NULL) memcpy(copy, text, size);
	return copy;
}

static int write_end(struct arena *arena, const struct flow_trace *trace, Sluice__Api__TraceStep *step)
{
	step->drop = trace->dropped;
	if (trace->dropped) {
		step->object = copy_text(arena, trace->object);
		step->detail = copy_text(arena, trace->detail);
		if (step->object == NULL || step->detail == NULL) return -ENOMEM;
		if (step->verdict[0] == '\0') step->verdict = (char *)(uintptr_t)drop_reason_name(trace->reason);
	}
	if (!trace->sent) return 0;
	step->frame.data = arena_alloc(arena, trace->length);
	if (step->frame.data == NULL) return -ENOMEM;
	memcpy(step->frame.data, trace->frame, trace->length);
	step->frame.len = trace->length;
	return 0;
}

int flow_trace_query(const struct port *port, const uint8_t *frame, size_t length, struct arena *arena,
		     Sluice__Api__QueryReply *part)
{
	static struct flow_trace trace;
	bool cached;
	int rc = flow_trace_frame(port, frame, length, &trace);

	if (rc < 0) return rc;
	// A hit goes from rx to tx: it skips all between.
	cached = port->cached && trace.refused == NULL;
	part->trace = arena_alloc(arena, TRACE_STEPS * sizeof(*part->trace));
	if (part->trace == NULL) return -ENOMEM;
	for (unsigned i = 0; i < trace.count; i++) {
		Sluice__Api__TraceStep *step = arena_alloc(arena, sizeof(*step));

		if (step == NULL) return -ENOMEM;
		*step = (Sluice__Api__TraceStep)SLUICE__API__TRACE_STEP__INIT;
		step->stage = rte_node_id_to_name(trace.step[i].node);
		step->verdict = copy_text(arena, trace.step[i].verdict);
		if (step->verdict == NULL) return -ENOMEM;
		step->skipped_on_hit = cached && !(trace.sent && i + 1 == trace.count);
		if (i + 1 == trace.count && write_end(arena, &trace, step) < 0) return -ENOMEM;
		part->trace[part->n_trace++] = step;
	}
	return 0;
}
