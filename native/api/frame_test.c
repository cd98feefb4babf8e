// frame_next: frames come out as they went in, however the stream is cut.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"

static void add(struct frame_buffer *buffer, const void *bytes, size_t size)
{
	memcpy(frame_buffer_room(buffer, size), bytes, size);
	buffer->to += size;
}

static void frame_next_waits_for_the_whole_frame(void **state)
{
	static const uint8_t stream[] = {0, 0, 0, 3, 'a', 'b', 'c', 0, 0, 0, 0, 0, 0, 0, 1, 'z'};
	struct frame_buffer buffer = {0};
	const uint8_t *frame;
	size_t size;

	assert_int_equal(frame_next(&buffer, &frame, &size), 0);
	for (size_t i = 0; i < 6; i++) {
		add(&buffer, stream + i, 1);
		assert_int_equal(frame_next(&buffer, &frame, &size), 0);
	}
	add(&buffer, stream + 6, sizeof(stream) - 6);
	assert_int_equal(frame_next(&buffer, &frame, &size), 1);
	assert_int_equal(size, 3);
	assert_memory_equal(frame, "abc", 3);
	assert_int_equal(frame_next(&buffer, &frame, &size), 1);
	assert_int_equal(size, 0);
	assert_int_equal(frame_next(&buffer, &frame, &size), 1);
	assert_memory_equal(frame, "z", 1);
	assert_int_equal(frame_next(&buffer, &frame, &size), 0);
	frame_buffer_free(&buffer);
}

static void frame_next_refuses_a_length_above_the_limit(void **state)
{
	struct frame_buffer buffer = {0};
	const uint8_t *frame;
	size_t size;

	add(&buffer, "\x01\x00\x00\x01", 4);
	assert_int_equal(frame_next(&buffer, &frame, &size), -EMSGSIZE);
	frame_buffer_free(&buffer);
}

static void frame_buffer_keeps_memory_to_what_came(void **state)
{
	struct frame_buffer buffer = {0};
	const uint8_t *frame;
	size_t size;

	// A length of 16 MiB is announced and little comes.
	add(&buffer, "\x01\x00\x00\x00", 4);
	for (int i = 0; i < 100; i++) {
		assert_non_null(frame_buffer_room(&buffer, 1000));
		buffer.to += 1000;
	}
	assert_int_equal(frame_next(&buffer, &frame, &size), 0);
	assert_true(buffer.room < 300000);
	frame_buffer_free(&buffer);
}

static void frame_next_survives_any_cut(void **state)
{
	uint8_t stream[40000];
	size_t filled = 0;

	srand(7);
	for (unsigned n = 0; filled < sizeof(stream) - 1100; n++) {
		size_t size = (size_t)rand() % 1000;

		frame_put_length(stream + filled, size);
		memset(stream + filled + 4, (int)n, size);
		filled += 4 + size;
	}
	for (int run = 0; run < 200; run++) {
		struct frame_buffer buffer = {0};
		const uint8_t *frame;
		size_t at = 0, size, checked = 0;

		while (at < filled) {
			size_t part = 1 + (size_t)rand() % 3000;

			if (part > filled - at) part = filled - at;
			add(&buffer, stream + at, part);
			at += part;
			while (frame_next(&buffer, &frame, &size) == 1) {
				assert_memory_equal(frame, stream + checked + 4, size);
				checked += 4 + size;
			}
		}
		assert_int_equal(checked, filled);
		frame_buffer_free(&buffer);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frame_next_waits_for_the_whole_frame),
		cmocka_unit_test(frame_next_refuses_a_length_above_the_limit),
		cmocka_unit_test(frame_buffer_keeps_memory_to_what_came),
		cmocka_unit_test(frame_next_survives_any_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
