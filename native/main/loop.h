// The control thread's loop: descriptors and timers. One thread only.
#ifndef SLUICE_MAIN_LOOP_H
#define SLUICE_MAIN_LOOP_H

#include <stdint.h>

// Memory is the owner's, from loop_add to loop_remove. ready() gets epoll's events and may remove any watch.
struct watch {
	int fd;
	void (*ready)(struct watch *watch, uint32_t events);
};

int loop_start(void); // 0 or -errno
void loop_stop(void);

int loop_add(struct watch *watch, uint32_t events); // 0 or -errno
void loop_change(struct watch *watch, uint32_t events);
void loop_remove(struct watch *watch);

// One round: waits (at most `limit_ms`; -1: until something happens), then runs what is ready and what is due.
void loop_round(int limit_ms);

// For tests: the monotonic clock goes on by that much at once.
void loop_advance(uint64_t ms);
// For tests, before loop_start(): it goes on by nothing else, so that two runs see the same times.
void loop_hold(void);

#endif
