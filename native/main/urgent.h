// The thread "sluice-urgent": clocks that may wait neither for the control thread nor for a worker. A stage has a round
// there; what its rounds share with the control thread is guarded by the one lock of this file, which also makes them
// one taker of buffers_urgent_pool().
//
// The thread is of fixed priority (SCHED_FIFO 2, above workers that `--bench` puts at 1), and so may wait for no thread
// that it may have interrupted: DPDK's rings and pools spin then. Rings from workers have one writer, rings to them are
// relaxed ones (RTS). Who holds the lock is as urgent as who waits for it.
#ifndef SLUICE_MAIN_URGENT_H
#define SLUICE_MAIN_URGENT_H

#include <stdbool.h>
#include <stdint.h>

#define URGENT_NEVER UINT64_MAX

struct urgent {
	// The thread, without the lock. Takes what workers have brought, then does what is due at `now`, microseconds.
	// Returns when to be called again at the latest, URGENT_NEVER; sets *changed where the control thread has
	// something to take (stage.h, poll).
	uint64_t (*round)(uint64_t now, bool *changed);
	struct urgent *next;
};

void urgent_register(struct urgent *urgent);

// The control thread and the thread itself.
void urgent_lock(void);
void urgent_unlock(void);

// Not 0: the time that a test keeps. Then there is no thread, and the test calls the rounds.
extern uint64_t urgent_by_hand;
// Microseconds, CLOCK_MONOTONIC.
uint64_t urgent_now(void);

// The thread runs from the first call on. 0 or -errno.
int urgent_start(void);
// Idempotent.
void urgent_stop(void);
// Any thread.
void urgent_wake(void);

#endif
