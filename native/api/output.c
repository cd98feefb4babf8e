#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../main/clock.h"
#include "frame.h"

// Events go straight to the buffer below this.
#define EVENT_MARK (256u << 10)
// What an idle client may keep.
#define KEEP (128u << 10)

static uint8_t *grow(struct output *output, size_t least)
{
	size_t held = output->to - output->from;

	if (output->from > 0 && output->room - output->to < least) {
		memmove(output->data, output->data + output->from, held);
		output->from = 0;
		output->to = held;
	}
	if (output->room - output->to < least) {
		size_t room = held + least < output->room * 2 ? output->room * 2 : held + least;
		uint8_t *data = realloc(output->data, room);

		if (data == NULL) return NULL;
		output->data = data;
		output->room = room;
	}
	return output->data + output->to;
}

int output_reply(struct output *output, const Sluice__Api__Reply *reply)
{
	size_t size = sluice__api__reply__get_packed_size(reply);
	uint8_t *at = grow(output, size + 4);

	if (at == NULL) return -ENOMEM;
	frame_put_length(at, size);
	sluice__api__reply__pack(reply, at + 4);
	output->to += size + 4;
	return 0;
}

static void event_reply(Sluice__Api__Reply *reply, const Sluice__Api__Event *event)
{
	*reply = (Sluice__Api__Reply)SLUICE__API__REPLY__INIT;
	reply->body_case = SLUICE__API__REPLY__BODY_EVENT;
	reply->event = (Sluice__Api__Event *)(uintptr_t)event;
}

void output_event(struct output *output, const Sluice__Api__Event *event)
{
	Sluice__Api__Reply reply;

	event_reply(&reply, event);
	if (output->event_count == 0 && output->lost == 0 && output->to - output->from < EVENT_MARK) {
		output->lost += output_reply(output, &reply) < 0;
		return;
	}
	if (output->events == NULL) output->events = calloc(EVENT_QUEUE, sizeof(*output->events));
	size_t size = sluice__api__reply__get_packed_size(&reply);
	uint8_t *frame = output->events != NULL && output->event_count < EVENT_QUEUE && output->lost == 0
				 ? malloc(size + 4)
				 : NULL;
	if (frame == NULL) {
		output->lost++;
		return;
	}
	frame_put_length(frame, size);
	sluice__api__reply__pack(&reply, frame + 4);
	uint32_t at = (output->event_head + output->event_count++) % EVENT_QUEUE;
	output->events[at].frame = frame;
	output->events[at].size = size + 4;
}

// Moves queued events into the buffer while it is low, and the word about lost ones behind them.
static void take_events(struct output *output)
{
	while (output->event_count > 0 && output->to - output->from < EVENT_MARK) {
		size_t size = output->events[output->event_head].size;
		uint8_t *at = grow(output, size);

		if (at == NULL) return;
		memcpy(at, output->events[output->event_head].frame, size);
		output->to += size;
		free(output->events[output->event_head].frame);
		output->event_head = (output->event_head + 1) % EVENT_QUEUE;
		output->event_count--;
	}
	if (output->event_count == 0 && output->lost > 0 && output->to - output->from < EVENT_MARK) {
		Sluice__Api__Event event = SLUICE__API__EVENT__INIT;
		Sluice__Api__Reply reply;

		event.at_ns = clock_realtime_ns();
		event.what_case = SLUICE__API__EVENT__WHAT_LOST;
		event.lost = output->lost;
		event_reply(&reply, &event);
		if (output_reply(output, &reply) == 0) output->lost = 0;
	}
}

int output_write(struct output *output, int fd)
{
	for (;;) {
		take_events(output);
		if (output->from == output->to) break;
		ssize_t sent =
			send(fd, output->data + output->from, output->to - output->from, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0) return errno == EAGAIN || errno == EINTR ? 1 : -errno;
		output->from += (size_t)sent;
	}
	output->from = output->to = 0;
	if (output->room > KEEP) {
		free(output->data);
		output->data = NULL;
		output->room = 0;
	}
	return 0;
}

void output_free(struct output *output)
{
	for (; output->event_count > 0; output->event_count--) {
		free(output->events[output->event_head].frame);
		output->event_head = (output->event_head + 1) % EVENT_QUEUE;
	}
	free(output->events);
	free(output->data);
	*output = (struct output){0};
}
