// VLANs of a segment in which something holds for a time, each until its own: a bitmap of the gate's, which workers
// read.
#ifndef SLUICE_ETHERNET_SEGMENT_TERM_H
#define SLUICE_ETHERNET_SEGMENT_TERM_H

#include "../../main/stage.h"
#include "../block-point/gate.h"

// So much at most.
#define TERM_MOST_MS 60000

struct segment;

struct term {
	struct segment *segment;
	_Atomic uint64_t *holds; // [GATE_WORDS]
	// After time has ended it in these VLANs. NULL: nothing more is to be done.
	void (*ended)(const struct segment *segment, const uint64_t *vlans);
	uint64_t until_ms[GATE_VIDS];
	struct timer timer;
};

void term_init(struct term *term, struct segment *segment, _Atomic uint64_t *holds,
	       void (*ended)(const struct segment *segment, const uint64_t *vlans));
// Flow cache: the caller of both raises FLOW_BLOCK of these VLANs. When time ends it, that is done here.
void term_begin(struct term *term, const uint64_t *vlans, uint32_t milliseconds);
// Of the VLANs `ended` gets those in which it held. NULL: nobody asks.
void term_end(struct term *term, const uint64_t *vlans, uint64_t *ended);
// Before the segment's memory goes.
void term_stop(struct term *term);

#endif
