// The services of the control thread, ports that record what leaves, and the graph on one thread.
#include "engine.h"

#include <errno.h>
#include <stdlib.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_graph.h>
#include <rte_graph_worker.h>
#include <rte_mempool.h>

#include "../../main/clock.h"
#include "../../port/hold.h"
#include "../lacp/lacp_hold.h"

struct engine_frame engine_frames[ENGINE_FRAMES];
unsigned engine_frame_count, engine_inject_room, engine_events;
enum port_link engine_link;
struct worker engine_worker;

unsigned worker_count = 1;
__thread struct worker *worker_current;
int packet_meta_offset;

// ---------------------------------------------------------------- services

static struct timer *timers[64];
static uint64_t clock_ms = 1000000;

uint64_t control_now_ms(void)
{
	return clock_ms;
}

uint64_t control_realtime_ns(void)
{
	return clock_realtime_ns();
}

int timer_arm(struct timer *timer, uint64_t at_ms)
{
	timer->at_ms = at_ms;
	for (unsigned i = 0; timer->place == 0 && i < RTE_DIM(timers); i++)
		if (timers[i] == NULL) {
			timers[i] = timer;
			timer->place = i + 1;
		}
	return timer->place != 0 ? 0 : -ENOMEM;
}

void timer_disarm(struct timer *timer)
{
	if (timer->place != 0) timers[timer->place - 1] = NULL;
	timer->place = 0;
}

void engine_advance(uint64_t ms)
{
	for (uint64_t end = clock_ms + ms; clock_ms < end; clock_ms++)
		for (unsigned i = 0; i < RTE_DIM(timers); i++)
			if (timers[i] != NULL && timers[i]->at_ms <= clock_ms) {
				struct timer *timer = timers[i];

				timer_disarm(timer);
				timer->run(timer);
			}
}

void event_emit(const Sluice__Api__Event *event)
{
	engine_events++;
}

void workers_synchronize(void)
{
}

void control_wake(void)
{
}

static void record(uint16_t port, struct rte_mbuf *m)
{
	struct engine_frame *frame = &engine_frames[engine_frame_count % ENGINE_FRAMES];
	uint8_t scratch[ENGINE_FRAME];

	frame->port = port;
	frame->at_ms = clock_ms;
	frame->length = (uint16_t)RTE_MIN(m->pkt_len, (uint32_t)ENGINE_FRAME);
	memcpy(frame->bytes, rte_pktmbuf_read(m, 0, frame->length, scratch), frame->length);
	engine_frame_count++;
	rte_pktmbuf_free(m);
}

struct rte_mbuf *packet_alloc(void)
{
	return rte_pktmbuf_alloc(engine_worker.packets);
}

int port_inject(uint16_t port, struct rte_mbuf *m)
{
	int result = engine_link != PORT_LINK_UP ? -ENETDOWN : engine_inject_room == 0 ? -ENOBUFS : 0;

	if (result != 0) {
		rte_pktmbuf_free(m);
		return result;
	}
	engine_inject_room--;
	record(port, m);
	return 0;
}

void port_inject_flush(void)
{
}

void port_address(uint16_t port, struct rte_ether_addr *address)
{
	*address = (struct rte_ether_addr){{2, 0, 0, 0, 0xee, (uint8_t)port}};
}

uint32_t port_speed_mbps(uint16_t port)
{
	return 1000;
}

enum port_link port_link(uint16_t port)
{
	return engine_link;
}

unsigned engine_holds;

int port_hold_down(uint16_t port, bool down)
{
	engine_holds += down;
	return 0;
}

void port_held(uint16_t port, bool held)
{
}

int lacp_hold(uint16_t bundle, bool held)
{
	engine_holds += held;
	return 0;
}

bool port_can_transmit(const struct port *port)
{
	return engine_link == PORT_LINK_UP;
}

uint16_t port_transmit(struct worker *worker, const struct port *port, struct rte_mbuf **packets, uint16_t n)
{
	uint16_t take = (uint16_t)RTE_MIN((unsigned)n, engine_inject_room);

	for (uint16_t i = 0; i < take; i++)
		record(port->id, packets[i]);
	return take;
}

// ---------------------------------------------------------------- graph

static struct rte_mbuf *received[MAX_BURST];
static uint16_t received_count;

static uint16_t rx_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	uint16_t count = received_count;

	if (count != 0) rte_node_enqueue(graph, node, 0, (void **)received, count);
	received_count = 0;
	return count;
}

static struct rte_node_register rx_node = {
	.name = "rx",
	.flags = RTE_NODE_SOURCE_F,
	.process = rx_process,
	.nb_edges = 1,
	.next_nodes = {"classify"},
};
RTE_NODE_REGISTER(rx_node);

static rte_graph_t graph_id = RTE_GRAPH_ID_INVALID;

void engine_receive_burst(const uint16_t *port, struct rte_mbuf **packets, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++) {
		*packet_meta(packets[i]) = (struct packet_meta){.ingress_port = port[i]};
		received[i] = packets[i];
	}
	received_count = n;
	engine_worker.dataplane = dataplane_current();
	rte_graph_walk(engine_worker.graph);
}

void engine_receive_packet(uint16_t port, struct rte_mbuf *m)
{
	engine_receive_burst(&port, &m, 1);
}

void engine_receive(uint16_t port, const void *frame, uint16_t length)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(engine_worker.packets);

	memcpy(rte_pktmbuf_append(m, length), frame, length);
	engine_receive_packet(port, m);
}

unsigned engine_packets_in_use(void)
{
	return rte_mempool_in_use_count(engine_worker.packets) + rte_mempool_in_use_count(engine_worker.headers);
}

struct rte_mempool *engine_pool(void)
{
	return engine_worker.packets;
}

void engine_graph_start(void)
{
	static bool done;
	char *arguments[] = {"test", "--no-huge",      "--no-shconf", "--no-pci", "-m",
			     "128",  "--no-telemetry", "--lcores",    "0"};
	static const struct rte_mbuf_dynfield field = {
		.name = "packet_meta", .size = sizeof(struct packet_meta), .align = 4};
	const char *patterns[] = {"rx"};
	struct rte_graph_param parameters = {.nb_node_patterns = 1, .node_patterns = patterns};

	if (done) return;
	done = true;
	if (rte_eal_init(RTE_DIM(arguments), arguments) < 0) rte_exit(1, "EAL\n");
	packet_meta_offset = rte_mbuf_dynfield_register(&field);
	engine_worker.packets = rte_pktmbuf_pool_create("packets", 1023, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
	engine_worker.headers = rte_pktmbuf_pool_create("headers", 1023, 0, 0, 256, 0);
	graph_id = rte_graph_create("test", &parameters);
	engine_worker.graph = rte_graph_lookup("test");
	if (packet_meta_offset < 0 || engine_worker.packets == NULL || engine_worker.headers == NULL ||
	    engine_worker.graph == NULL)
		rte_exit(1, "pools or graph: %s\n", rte_strerror(rte_errno));
}
