// The MVRP encoder, byte by byte and against the decoder.
#include "collect.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static void encode_one_value(void **state)
{
	static const uint8_t expected[] = {0, 1, 2, 0, 1, 0, 10, 0, 0, 0, 0, 0};
	uint8_t pdu[1500];
	size_t taken, length = mvrp_encode(&(struct mvrp_value){10, MRP_NEW}, 1, false, pdu, sizeof(pdu), &taken);

	assert_int_equal(taken, 1);
	assert_int_equal(length, sizeof(expected));
	assert_memory_equal(pdu, expected, sizeof(expected));
}

static void encode_consecutive_values_in_one_vector(void **state)
{
	// 10, 11, 12, 13 are one vector of two octets: (New, Lv, New) and (Lv, –, –); 20 is another.
	static const uint8_t expected[] = {0, 1, 2, 0, 4, 0, 10, 30, 180, 0, 1, 0, 20, 180, 0, 0, 0, 0};
	const struct mvrp_value values[] = {{10, MRP_NEW}, {11, MRP_LV}, {12, MRP_NEW}, {13, MRP_LV}, {20, MRP_LV}};
	uint8_t pdu[1500];
	size_t taken, length = mvrp_encode(values, 5, false, pdu, sizeof(pdu), &taken);

	assert_int_equal(taken, 5);
	assert_int_equal(length, sizeof(expected));
	assert_memory_equal(pdu, expected, sizeof(expected));
}

static void encode_all_vlans_fits_one_pdu(void **state)
{
	static struct mvrp_value values[4094], decoded[4094];
	uint8_t pdu[1500];
	size_t taken, length;

	for (unsigned i = 0; i < 4094; i++)
		values[i] = (struct mvrp_value){(uint16_t)(i + 1), i % 6};
	length = mvrp_encode(values, 4094, false, pdu, sizeof(pdu), &taken);
	assert_int_equal(taken, 4094);
	assert_int_equal(mvrp_decode(pdu, length, decoded, 4094, NULL), 4094);
	assert_memory_equal(values, decoded, sizeof(values));
}

static void encode_random_values_in_any_room(void **state)
{
	static struct mvrp_value values[4094], decoded[4094];
	unsigned seed = getenv("SEED") != NULL ? (unsigned)strtoul(getenv("SEED"), NULL, 0) : (unsigned)time(NULL);

	print_message("SEED=%u\n", seed);
	srand(seed);
	for (int round = 0; round < 300; round++) {
		size_t count = 0, room = MVRP_PDU_MIN + (size_t)rand() % 600, got = 0;
		int every = 1 + rand() % 5;
		uint8_t pdu[1500];

		for (uint16_t vid = 1; vid <= 4094; vid++)
			if (rand() % every == 0) values[count++] = (struct mvrp_value){vid, (uint8_t)(rand() % 6)};
		for (size_t done = 0, taken; done < count; done += taken) {
			size_t length = mvrp_encode(values + done, count - done, false, pdu, room, &taken);
			int decoded_now;

			assert_true(length <= room && taken > 0);
			decoded_now = mvrp_decode(pdu, length, decoded + got, 4094 - got, NULL);
			assert_int_equal(decoded_now, taken);
			got += taken;
		}
		assert_int_equal(got, count);
		assert_memory_equal(values, decoded, count * sizeof(values[0]));
	}
}

static void decode_refuses_what_is_cut(void **state)
{
	static const uint8_t pdu[] = {0, 1, 2, 0, 4, 0, 10, 30, 180, 0, 0, 0, 0};
	struct mvrp_value values[8];

	for (size_t length = 4; length < 11; length++)
		assert_int_equal(mvrp_decode(pdu, length, values, 8, NULL), -EBADMSG);
	assert_int_equal(mvrp_decode(pdu, sizeof(pdu), values, 8, NULL), 4);
}

static void decode_refuses_impossible_values(void **state)
{
	static const uint8_t event[] = {0, 1, 2, 0, 1, 0, 10, 216, 0, 0, 0, 0};
	static const uint8_t vid[] = {0, 1, 2, 0, 2, 0x0f, 0xfe, 0, 0, 0, 0, 0};
	static const uint8_t other_type[] = {0, 9, 3, 0, 1, 1, 2, 3, 4, 0, 0, 0, 0};
	struct mvrp_value values[8];

	assert_int_equal(mvrp_decode(event, sizeof(event), values, 8, NULL), -EBADMSG);
	assert_int_equal(mvrp_decode(vid, sizeof(vid), values, 8, NULL), -EBADMSG);
	assert_int_equal(mvrp_decode(other_type, sizeof(other_type), values, 8, NULL), 0);
}

// A LeaveAll goes in the first vector alone, and without values in one of its own.
static void leave_all_is_in_the_first_vector(void **state)
{
	static const uint8_t alone[] = {0, 1, 2, 0x20, 0, 0, 0, 0, 0, 0, 0};
	static const uint8_t with[] = {0, 1, 2, 0x20, 1, 0, 10, 36, 0, 1, 0, 20, 72, 0, 0, 0, 0};
	static const uint8_t unknown[] = {0, 1, 2, 0x40, 1, 0, 10, 36, 0, 0, 0, 0};
	const struct mvrp_value values[] = {{10, MRP_JOIN_IN}, {20, MRP_IN}};
	struct mvrp_value decoded[8];
	unsigned leave_alls;
	uint8_t pdu[64];
	size_t taken, length = mvrp_encode(NULL, 0, true, pdu, sizeof(pdu), &taken);

	assert_int_equal(length, sizeof(alone));
	assert_memory_equal(pdu, alone, length);
	assert_int_equal(mvrp_decode(pdu, length, decoded, 8, &leave_alls), 0);
	assert_int_equal(leave_alls, 1);
	length = mvrp_encode(values, 2, true, pdu, sizeof(pdu), &taken);
	assert_int_equal(length, sizeof(with));
	assert_memory_equal(pdu, with, length);
	assert_int_equal(mvrp_decode(pdu, length, decoded, 8, &leave_alls), 2);
	assert_int_equal(leave_alls, 1);
	assert_int_equal(mvrp_decode(unknown, sizeof(unknown), decoded, 8, &leave_alls), -EBADMSG);
}

// What was before the first wrong octet has been told.
static void read_tells_what_was_before_the_error(void **state)
{
	static const uint8_t pdu[] = {0, 1, 2, 0x20, 2, 0, 10, 7, 0, 3, 0, 20, 216, 0, 0, 0, 0};
	struct mvrp_value values[8];
	struct mvrp_collected collected = {.values = values, .max = 8};
	struct mvrp_reader reader = {mvrp_collect_value, mvrp_collect_leave_all, &collected};

	assert_int_equal(mvrp_read(pdu, sizeof(pdu), &reader), -EBADMSG);
	assert_int_equal(collected.count, 2);
	assert_int_equal(collected.leave_alls, 1);
	assert_int_equal(values[1].vid, 11);
	assert_int_equal(values[1].event, MRP_JOIN_IN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encode_one_value),
		cmocka_unit_test(encode_consecutive_values_in_one_vector),
		cmocka_unit_test(encode_all_vlans_fits_one_pdu),
		cmocka_unit_test(encode_random_values_in_any_room),
		cmocka_unit_test(decode_refuses_what_is_cut),
		cmocka_unit_test(decode_refuses_impossible_values),
		cmocka_unit_test(leave_all_is_in_the_first_vector),
		cmocka_unit_test(read_tells_what_was_before_the_error),
	};

	return cmocka_run_group_tests_name("mvrp-pdu", tests, NULL, NULL);
}
