// The whole engine on the calling thread, for tests of stages that need the real control side: transactions as clients
// send them, the real graph, which the test walks. Ports are rings whose far ends the test holds.
#ifndef SLUICE_TESTING_ROUTER_H
#define SLUICE_TESTING_ROUTER_H

#include <stdbool.h>
#include <stdint.h>

#include "control.h"

#define ROUTER_FRAME  9300
#define ROUTER_FRAMES 4096

struct router_frame {
	uint16_t length;
	uint8_t bytes[ROUTER_FRAME];
};

// Once a process; control_start() is part of it. At the end all objects go, and no buffer may be left in use.
void router_start(void);
void router_stop(void);

// One transaction; takes the operations (the last argument is NULL). Commits, or returns the refusal (static storage).
// NULL: committed.
const struct api_error *router_apply(Sluice__Api__Operation *first, ...) __attribute__((sentinel));
// The same with a list, `replay`: what is not named goes.
const struct api_error *router_apply_list(Sluice__Api__Operation **operations, unsigned count, bool replay);

// A port `name` with a ring whose far end the test holds, as an operation for router_apply.
Sluice__Api__Operation *router_port(const char *name);
// Puts a frame before the port; router_run() receives it.
void router_send(const char *port, const void *frame, uint16_t length);
// Walks the graph, polls the stages and runs due timers until nothing moves any more. Frames that have left are added
// to their ports.
void router_run(void);
// router_send() and router_run().
void router_receive(const char *port, const void *frame, uint16_t length);
// Moves the clock of the control side in steps of a tenth of a second, and runs what becomes due.
void router_advance(uint64_t ms);
// Frames that have left by the port since router_forget(); the i-th of them.
unsigned router_frames(const char *port);
const struct router_frame *router_frame(const char *port, unsigned i);
void router_forget(void);

// NULL: none of that name.
const struct l3_interface *router_interface(const char *name);
// Drops of a reason at all ports, logical ports or L3 interfaces (0 where it is not registered).
uint64_t router_drops(const char *reason);
// Packets of all pools that are in use.
unsigned router_packets_in_use(void);

#endif
