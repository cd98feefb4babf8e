// Worker threads: each walks its graph while there is work and sleeps in epoll while there is none.
#ifndef SLUICE_MAIN_WORKER_H
#define SLUICE_MAIN_WORKER_H

#include "stage.h"

#define DEFAULT_MAC_LIMIT       131072u
#define DEFAULT_FLOW_LIMIT      1048576u
#define DEFAULT_NEIGHBOUR_LIMIT 65536u

extern struct worker workers[MAX_WORKERS];

// Rings, epoll and quiescent-state bookkeeping for `count` workers (1 to MAX_WORKERS); no thread yet, no EAL needed.
// Until workers_run the workers count as quiescent. 0 or -errno.
int workers_start(unsigned count);
// Creates the graph of one worker, which nobody walks yet. Needs the stages' start(). 0 or -errno.
int worker_graph_create(unsigned index);
// Creates the graphs and launches the workers on the EAL's worker lcores. Needs the stages' start(). `fixed_priority`:
// before everything else on their cores (SCHED_FIFO). 0 or -errno.
int workers_run(bool fixed_priority);
// Whether threads walk the graphs. Where none does, the control thread may act for them.
bool workers_running(void);
// Ends the threads and waits for them; then graphs, rings and fds go.
void workers_stop(void);

// Adds and removes a descriptor that wakes worker `index` when it is readable. `context` gets the errors
// (worker_wait_error below). 0 or -errno.
struct worker_wait {
	int fd;
	// Worker: the descriptor reports an error (device down or gone); must take it off the descriptor.
	void (*error)(struct worker_wait *wait);
};
int worker_watch(unsigned index, struct worker_wait *wait);
void worker_unwatch(unsigned index, struct worker_wait *wait);
// A port without a descriptor is served by naps of this worker while it is counted here.
void worker_nap_for(unsigned index, int change);

// Control thread. Waits until every worker has passed a quiescent state and has handled what others had received for it
// before. Nobody hands on what came from a device that went before the call.
void workers_drain(void);

// Any thread but the worker itself: makes a sleeping worker walk its graph.
void worker_wake(unsigned index);

// Where the workers read the root; and the swing of it (generation.c).
const struct dataplane *const *dataplane_root(void);
void dataplane_publish(const struct dataplane *next);

// Between two walks: wakes whom the nodes wanted woken. Whether there was anybody.
bool worker_wake_others(struct worker *worker);

// The descriptor that control_wake() makes readable; the loop drains it and calls stages_poll().
int control_wake_fd(void);
void control_wake_drain(void);

#endif
