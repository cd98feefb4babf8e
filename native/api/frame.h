// Frames on a stream: a length of 4 bytes, big-endian, then so many bytes.
#ifndef SLUICE_API_FRAME_H
#define SLUICE_API_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAX_FRAME (16u << 20)

// What has come in and is not consumed. Grows with the bytes that came, never with what a length announces.
struct frame_buffer {
	uint8_t *data;
	size_t from, to, room;
};

// Room for at least `least` bytes behind buffer->to; NULL: no memory. The caller adds what it wrote to buffer->to.
uint8_t *frame_buffer_room(struct frame_buffer *buffer, size_t least);
// 1: *frame and *size are the next frame, consumed, valid until the buffer is touched again; 0: not whole yet;
// -EMSGSIZE: longer than MAX_FRAME, the stream is lost.
int frame_next(struct frame_buffer *buffer, const uint8_t **frame, size_t *size);
void frame_buffer_free(struct frame_buffer *buffer);

// Writes the length in front of a frame.
static inline void frame_put_length(uint8_t *at, size_t size)
{
	at[0] = (uint8_t)(size >> 24);
	at[1] = (uint8_t)(size >> 16);
	at[2] = (uint8_t)(size >> 8);
	at[3] = (uint8_t)size;
}

#endif
