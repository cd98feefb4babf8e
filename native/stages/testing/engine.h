// The engine around the stages, for their tests: generations, timers and ports in memory, a clock that the test moves.
// It calls the stages in the order of stage.h; everything runs on one thread, so that a committed generation is
// effective at once.
#ifndef SLUICE_STAGES_TESTING_ENGINE_H
#define SLUICE_STAGES_TESTING_ENGINE_H

#include "../../main/stage.h"

#define ENGINE_FRAME  2048
#define ENGINE_FRAMES 65536

// A frame that left by port_inject or port_transmit.
struct engine_frame {
	uint16_t port;
	uint16_t length;
	uint64_t at_ms;
	uint8_t bytes[ENGINE_FRAME];
};

extern struct engine_frame engine_frames[ENGINE_FRAMES];
extern unsigned engine_frame_count;
// What port_inject answers; frames that port_inject takes before it answers -ENOBUFS.
extern enum port_link engine_link;
extern unsigned engine_inject_room;
extern unsigned engine_events;
// How often a port was taken down, or a bundle's links out of synchronization.
extern unsigned engine_holds;
extern struct worker engine_worker;

// EAL, pools and graph, once for the process.
void engine_graph_start(void);

// Starts these, then the stages; ends with nothing left allocated.
void engine_start(void);
void engine_stop(void);

// Moves the clock and runs the timers that are due, each at its time.
void engine_advance(uint64_t ms);

struct generation *engine_begin(void);
// The block changes of the last commit, valid until the next.
struct block_change *engine_commit(struct generation *g, unsigned *count);
void engine_abort(struct generation *g);

// Objects: created or changed if given, deleted if only `id` counts. The stages' answer.
// MTU of ports that are made from now on; 0: 1500.
extern uint16_t engine_port_mtu[MAX_PORTS];
int engine_port(struct generation *g, uint16_t id, bool exists);
int engine_bridge_domain(struct generation *g, const struct bridge_domain *bd, bool exists);
int engine_logical_port(struct generation *g, const struct logical_port *lp, bool exists);
int engine_static_mac(struct generation *g, const struct static_mac *old, const struct static_mac *new);
int engine_block(struct generation *g, uint16_t port, uint16_t vid, bool blocked);
int engine_ce_notification(struct generation *g, const struct ce_notification *old, const struct ce_notification *new);
int engine_settings(struct generation *g, uint32_t mac_limit);

// Answers of the stages, NULL or false where none has it.
bool engine_ce_method_state(uint16_t port, unsigned i, Sluice__Api__CeMethodState *state);

// Another link of all ports, told to the stages.
void engine_set_link(enum port_link link);
// A round of the control loop: what nodes have posted.
void engine_poll(void);

const struct port *engine_port_now(uint16_t id);
// Sum of a reason's drops at a port, of both directions.
uint64_t engine_port_drops(uint16_t port, const char *reason);
uint64_t engine_logical_port_drops(uint32_t id, const char *reason);

// Sends one frame into a port and walks the graph until it is empty.
void engine_receive(uint16_t port, const void *frame, uint16_t length);
// The same for a packet that the test has built, which it gives away.
void engine_receive_packet(uint16_t port, struct rte_mbuf *m);
// A burst of at most MAX_BURST packets, each from its own port.
void engine_receive_burst(const uint16_t *port, struct rte_mbuf **packets, uint16_t n);
// Packets of all pools in use: 0 when nothing has leaked.
unsigned engine_packets_in_use(void);
struct rte_mempool *engine_pool(void);

#endif
