// What waits to be written to a client: replies, which the client itself paces, and events, of which a slow reader
// loses the newest.
#ifndef SLUICE_API_OUTPUT_H
#define SLUICE_API_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sluice.pb-c.h>

// Above this no further request of the client is read and no part of an answer made.
#define OUTPUT_HIGH (1u << 20)
#define EVENT_QUEUE 4096

struct output {
	uint8_t *data;
	size_t from, to, room;
	// Packed replies that carry events, oldest first; only used while `data` is above its mark.
	struct {
		uint8_t *frame;
		size_t size;
	} * events;
	uint32_t event_head, event_count;
	uint64_t lost;
};

// 0 or -ENOMEM (nothing was added).
int output_reply(struct output *output, const Sluice__Api__Reply *reply);
// Queues, or counts as lost.
void output_event(struct output *output, const Sluice__Api__Event *event);
// Writes what the socket takes. 0: all is written; 1: there is more; -errno: the connection is over.
int output_write(struct output *output, int fd);
static inline bool output_full(const struct output *output)
{
	return output->to - output->from > OUTPUT_HIGH;
}
void output_free(struct output *output);

#endif
