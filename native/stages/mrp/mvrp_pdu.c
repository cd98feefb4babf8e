#include "mvrp_pdu.h"

#include <errno.h>

#define ATTRIBUTE_VID  1
#define LEAVE_ALL_BITS 13
#define VECTOR_HEADER  4
// Both end marks.
#define TRAILER 4

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

// How many of the values go into one vector of at most `room` bytes.
static size_t vector_count(const struct mvrp_value *values, size_t count, size_t room)
{
	size_t n = 1, most = room < VECTOR_HEADER + 1 ? 0 : (room - VECTOR_HEADER) * 3;

	if (most == 0) return 0;
	while (n < count && n < most && values[n].vid == values[0].vid + n)
		n++;
	return n;
}

static size_t put_vector(uint8_t *at, const struct mvrp_value *values, size_t count, bool leave_all)
{
	size_t length = VECTOR_HEADER;

	put16(at, (uint16_t)(count | (unsigned)leave_all << LEAVE_ALL_BITS));
	put16(at + 2, count != 0 ? values[0].vid : 0);
	for (size_t i = 0; i < count; i += 3) {
		unsigned e1 = values[i].event;
		unsigned e2 = i + 1 < count ? values[i + 1].event : 0;
		unsigned e3 = i + 2 < count ? values[i + 2].event : 0;

		at[length++] = (uint8_t)((e1 * 6 + e2) * 6 + e3);
	}
	return length;
}

size_t mvrp_encode(const struct mvrp_value *values, size_t count, bool leave_all, uint8_t *pdu, size_t room,
		   size_t *taken)
{
	size_t length = 3;

	*taken = 0;
	pdu[0] = 0;
	pdu[1] = ATTRIBUTE_VID;
	pdu[2] = 2;
	if (leave_all && count == 0) length += put_vector(pdu + length, NULL, 0, true);
	while (*taken < count) {
		size_t n = vector_count(values + *taken, count - *taken, room - TRAILER - length);

		if (n == 0) break;
		length += put_vector(pdu + length, values + *taken, n, leave_all && *taken == 0);
		*taken += n;
	}
	put16(pdu + length, 0);
	put16(pdu + length + 2, 0);
	return length + TRAILER;
}

struct cursor {
	const uint8_t *at, *end;
	const struct mvrp_reader *reader;
};

// The values of one vector with its events at the cursor.
static int read_vector(const struct cursor *cursor, uint16_t first, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		unsigned packed = cursor->at[i / 3];
		unsigned event = i % 3 == 0 ? packed / 36 : i % 3 == 1 ? packed / 6 % 6 : packed % 6;
		struct mvrp_value value = {(uint16_t)(first + i), (uint8_t)event};

		if (packed >= 6 * 6 * 6 || first + i == 0 || first + i > 4094) return -EBADMSG;
		cursor->reader->value(cursor->reader->ctx, &value);
	}
	return 0;
}

// The vectors of one message up to and with its end mark.
static int read_message(struct cursor *cursor, uint8_t type, uint8_t attribute_length)
{
	for (;;) {
		unsigned header, count, size;

		if (cursor->end - cursor->at < 2) return -EBADMSG;
		header = get16(cursor->at);
		cursor->at += 2;
		if (header == 0) return 0;
		count = header & ((1u << LEAVE_ALL_BITS) - 1);
		size = (count + 2) / 3;
		if ((size_t)(cursor->end - cursor->at) < attribute_length + (size_t)size) return -EBADMSG;
		if (type == ATTRIBUTE_VID) {
			uint16_t first = attribute_length == 2 ? get16(cursor->at) : 0;

			if (attribute_length != 2 || header >> LEAVE_ALL_BITS > 1) return -EBADMSG;
			cursor->at += 2;
			if (header >> LEAVE_ALL_BITS == 1) cursor->reader->leave_all(cursor->reader->ctx);
			if (read_vector(cursor, first, count) != 0) return -EBADMSG;
		} else {
			cursor->at += attribute_length;
		}
		cursor->at += size;
	}
}

int mvrp_read(const uint8_t *pdu, size_t length, const struct mvrp_reader *reader)
{
	struct cursor cursor = {.at = pdu + 1, .end = pdu + length, .reader = reader};

	if (length < 3) return -EBADMSG;
	// The end of the PDU counts as an end mark (10.8.1.2).
	while (cursor.end - cursor.at >= 2 && get16(cursor.at) != 0) {
		uint8_t type = cursor.at[0], attribute_length = cursor.at[1];

		cursor.at += 2;
		if (read_message(&cursor, type, attribute_length) != 0) return -EBADMSG;
	}
	return 0;
}
