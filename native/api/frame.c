#include "frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// What an idle connection may keep.
#define KEEP (256u << 10)

uint8_t *frame_buffer_room(struct frame_buffer *buffer, size_t least)
{
	size_t held = buffer->to - buffer->from;

	if (buffer->from > 0 && (held == 0 || buffer->room - buffer->to < least)) {
		memmove(buffer->data, buffer->data + buffer->from, held);
		buffer->from = 0;
		buffer->to = held;
	}
	if (buffer->room - buffer->to < least || (held == 0 && buffer->room > KEEP)) {
		size_t room = held + least;

		if (room < buffer->room && held > 0)
			room = buffer->room;
		else if (held > 0 && room < buffer->room * 2)
			room = buffer->room * 2;
		uint8_t *data = realloc(buffer->data, room);
		if (data == NULL) return NULL;
		buffer->data = data;
		buffer->room = room;
	}
	return buffer->data + buffer->to;
}

int frame_next(struct frame_buffer *buffer, const uint8_t **frame, size_t *size)
{
	size_t held = buffer->to - buffer->from;

	if (held < 4) return 0;
	const uint8_t *at = buffer->data + buffer->from;
	*size = (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
	if (*size > MAX_FRAME) return -EMSGSIZE;
	if (held - 4 < *size) return 0;
	*frame = at + 4;
	buffer->from += 4 + *size;
	return 1;
}

void frame_buffer_free(struct frame_buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct frame_buffer){0};
}
