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

static size_t put_vector(uint8_t *at, const struct mvrp_value *values, size_t count)
{
	size_t length = VECTOR_HEADER;

	put16(at, (uint16_t)count);
	put16(at + 2, values[0].vid);
	for (size_t i = 0; i < count; i += 3) {
		unsigned e1 = values[i].event;
		unsigned e2 = i + 1 < count ? values[i + 1].event : 0;
		unsigned e3 = i + 2 < count ? values[i + 2].event : 0;

		at[length++] = (uint8_t)((e1 * 6 + e2) * 6 + e3);
	}
	return length;
}

size_t mvrp_encode(const struct mvrp_value *values, size_t count, uint8_t *pdu, size_t room, size_t *taken)
{
	size_t length = 3;

	*taken = 0;
	pdu[0] = 0;
	pdu[1] = ATTRIBUTE_VID;
	pdu[2] = 2;
	while (*taken < count) {
		size_t n = vector_count(values + *taken, count - *taken, room - TRAILER - length);

		if (n == 0) break;
		length += put_vector(pdu + length, values + *taken, n);
		*taken += n;
	}
	put16(pdu + length, 0);
	put16(pdu + length + 2, 0);
	return length + TRAILER;
}

struct reader {
	const uint8_t *at, *end;
	struct mvrp_value *values;
	size_t count, max;
};

// The values of one vector with `events` at the read position.
static int get_vector(struct reader *reader, uint16_t first, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		unsigned packed = reader->at[i / 3];
		unsigned event = i % 3 == 0 ? packed / 36 : i % 3 == 1 ? packed / 6 % 6 : packed % 6;

		if (packed >= 6 * 6 * 6 || first + i == 0 || first + i > 4094) return -EBADMSG;
		if (reader->count < reader->max)
			reader->values[reader->count++] = (struct mvrp_value){(uint16_t)(first + i), (uint8_t)event};
	}
	return 0;
}

// The vectors of one message up to and with its end mark.
static int get_message(struct reader *reader, uint8_t type, uint8_t attribute_length)
{
	for (;;) {
		unsigned header, count, size;

		if (reader->end - reader->at < 2) return -EBADMSG;
		header = get16(reader->at);
		reader->at += 2;
		if (header == 0) return 0;
		count = header & ((1u << LEAVE_ALL_BITS) - 1);
		size = (count + 2) / 3;
		if ((size_t)(reader->end - reader->at) < attribute_length + (size_t)size) return -EBADMSG;
		if (type == ATTRIBUTE_VID) {
			uint16_t first;

			if (attribute_length != 2) return -EBADMSG;
			first = get16(reader->at);
			reader->at += 2;
			if (get_vector(reader, first, count) != 0) return -EBADMSG;
		} else {
			reader->at += attribute_length;
		}
		reader->at += size;
	}
}

int mvrp_decode(const uint8_t *pdu, size_t length, struct mvrp_value *values, size_t max)
{
	struct reader reader = {.at = pdu + 1, .end = pdu + length, .values = values, .max = max};

	if (length < 3) return -EBADMSG;
	// The end of the PDU counts as an end mark (10.8.1.2).
	while (reader.end - reader.at >= 2 && get16(reader.at) != 0) {
		uint8_t type = reader.at[0], attribute_length = reader.at[1];

		reader.at += 2;
		if (get_message(&reader, type, attribute_length) != 0) return -EBADMSG;
	}
	return (int)reader.count;
}
