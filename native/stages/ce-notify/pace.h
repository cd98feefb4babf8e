// Spaces frames evenly: so many a second, catching up at most PACE_SLACK_NS after a pause.
#ifndef SLUICE_PACE_H
#define SLUICE_PACE_H

#include <stdint.h>

// A thread that is late by as much loses nothing of its share.
#define PACE_SLACK_NS  10000000u
#define PACE_BEGIN_NS  2000000u
#define PACE_SECOND_NS UINT64_C(1000000000)

struct pace {
	uint64_t interval_ns; // of one frame
	uint64_t next_ns;     // when the next frame is due
};

// Frames a second for a quarter of a port's speed: 84 bytes on the wire (60, FCS, preamble, gap). An unknown speed (0)
// counts as 1 Gbit/s.
static inline uint64_t pace_of_port(uint32_t speed_mbps)
{
	return (uint64_t)(speed_mbps != 0 ? speed_mbps : 1000) * 250000 / (84 * 8);
}

static inline void pace_set(struct pace *pace, uint64_t frames_per_second)
{
	pace->interval_ns = frames_per_second >= PACE_SECOND_NS ? 1
			    : frames_per_second != 0            ? PACE_SECOND_NS / frames_per_second
								: PACE_SECOND_NS;
}

// What was not sent in more than `slack_ns` is not made up for.
static inline void pace_forget(struct pace *pace, uint64_t now_ns, uint64_t slack_ns)
{
	if (pace->next_ns + slack_ns < now_ns) pace->next_ns = now_ns - slack_ns;
}

// After a pause: what PACE_BEGIN_NS give is due now.
static inline void pace_begin(struct pace *pace, uint64_t now_ns)
{
	pace_forget(pace, now_ns, PACE_BEGIN_NS);
}

// How many frames are due.
static inline uint64_t pace_due(struct pace *pace, uint64_t now_ns)
{
	pace_forget(pace, now_ns, PACE_SLACK_NS);
	return pace->next_ns > now_ns ? 0 : (now_ns - pace->next_ns) / pace->interval_ns + 1;
}

static inline void pace_sent(struct pace *pace, uint64_t frames)
{
	pace->next_ns += frames * pace->interval_ns;
}

#endif
