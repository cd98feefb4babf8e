// The engine's side of the timers that stage.h offers.
#ifndef SLUICE_MAIN_TIMER_H
#define SLUICE_MAIN_TIMER_H

#include "stage.h"

// Milliseconds until the next timer, at most 60,000; 0: due; -1: none is armed.
int timers_next_ms(uint64_t now_ms);
// Runs what is due, each timer at most once.
void timers_run(uint64_t now_ms);
// Disarms all and frees the heap.
void timers_free(void);

#endif
