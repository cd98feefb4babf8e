// Who goes first where threads share a core: the engine before the rest of the router, and within it what a neighbour's
// timer waits for (urgent.h, SCHED_FIFO), then workers and the control thread, then threads that prepare (nice 0).
#ifndef SLUICE_MAIN_PRIORITY_H
#define SLUICE_MAIN_PRIORITY_H

// For the calling thread. Without the right to it (CAP_SYS_NICE) the thread stays as it is, and the log says so.
void priority_before_others(const char *thread);

#endif
