// The provider's end of E-LMI, message by message.
#include "uni_n.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct uni_n uni;
static uint8_t answer[E_LMI_PDU];
static size_t length;

// `evcs` EVCs of `vlans` VLANs each, with ids as long as they may be.
static const struct e_lmi_config *config_of(uint32_t evcs, uint16_t vlans)
{
	static struct e_lmi_config *config;

	free(config);
	config = calloc(1, sizeof(*config) + evcs * sizeof(config->evc[0]));
	snprintf(config->uni_id, sizeof(config->uni_id), "uni");
	config->map_type = 3;
	config->verification = true;
	config->verification_ms = 15000;
	config->spacing_ms = 1000;
	config->status_counter = 4;
	config->evc_count = evcs;
	for (uint32_t i = 0; i < evcs; i++) {
		config->evc[i].reference_id = (uint16_t)(i + 1);
		snprintf(config->evc[i].id, sizeof(config->evc[i].id), "evc-%u", i + 1);
		for (uint16_t v = 0; v < vlans; v++) {
			uint16_t vid = (uint16_t)(1 + (i * vlans + v) % 4094);

			config->evc[i].vlans[vid / 64] |= UINT64_C(1) << vid % 64;
		}
	}
	return config;
}

static void start(uint32_t evcs, uint16_t vlans)
{
	static uint8_t status[E_LMI_EVCS];

	memset(status, E_LMI_STATUS_ACTIVE, sizeof(status));
	uni_n_start(&uni, config_of(evcs, vlans), status, 7);
}

static void ask(enum e_lmi_report report, uint8_t send, uint8_t receive, uint64_t now)
{
	const uint8_t pdu[] = {1, 0x75, 1, 1, (uint8_t)report, 2, 2, send, receive, 3, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0};

	length = uni_n_receive(&uni, pdu, sizeof(pdu), now, answer);
}

static void full_status_is_told_byte_by_byte(void **state)
{
	static const uint8_t expected[] = {1,    0x7d, 1, 1,    0,    2, 2,    1, 9,   3,   5,   0,    0,
					   0,    0,    7, 0x11, 6,    3, 0x51, 3, 'u', 'n', 'i', 0x21, 13,
					   0,    1,    3, 0x61, 1,    0, 0x62, 5, 'e', 'v', 'c', '-',  '1',
					   0x22, 10,   0, 1,    0x40, 0, 0x63, 4, 0,   1,   0,   2};

	start(1, 2);
	ask(E_LMI_FULL, 9, 0, 1000);
	assert_int_equal(length, sizeof(expected));
	assert_memory_equal(answer, expected, sizeof(expected));
	assert_int_equal(uni.sequence_errors, 0);
}

static void check_tells_the_data_instance(void **state)
{
	static const uint8_t expected[] = {1, 0x7d, 1, 1, 1, 2, 2, 1, 200, 3, 5, 0, 0, 0, 0, 7};

	start(1, 2);
	ask(E_LMI_CHECK, 200, 0, 1000);
	assert_int_equal(length, sizeof(expected));
	assert_memory_equal(answer, expected, sizeof(expected));
	assert_int_equal(uni.check_enquiries, 1);
}

// New until the CE has acknowledged a message that says so.
static void new_ends_with_the_acknowledgement(void **state)
{
	start(1, 1);
	ask(E_LMI_CHECK, 1, 0, 1000);
	ask(E_LMI_FULL, 2, 1, 2000);
	assert_true(uni.evc[0].is_new);
	ask(E_LMI_FULL, 3, 99, 3000); // lost: another number
	assert_true(uni.evc[0].is_new);
	ask(E_LMI_CHECK, 4, 3, 4000);
	assert_false(uni.evc[0].is_new);
	ask(E_LMI_FULL, 5, 4, 5000);
	assert_int_equal(answer[28], E_LMI_STATUS_ACTIVE);
}

static void sequence_numbers_skip_zero_and_errors_count(void **state)
{
	start(1, 1);
	for (unsigned i = 0; i < 255; i++)
		ask(E_LMI_CHECK, (uint8_t)(i + 1), (uint8_t)i, 1000 + i);
	assert_int_equal(uni.send, 255);
	ask(E_LMI_CHECK, 1, 255, 2000);
	assert_int_equal(uni.send, 1);
	assert_int_equal(answer[7], 1);
	assert_int_equal(uni.sequence_errors, 0);
	assert_true(uni.operational);
	for (unsigned i = 0; i < 4; i++) {
		assert_true(uni.operational);
		ask(E_LMI_CHECK, 7, 200, 3000);
	}
	assert_int_equal(uni.sequence_errors, 4);
	assert_false(uni.operational);
}

static void silence_is_counted_until_the_ce_is_given_up(void **state)
{
	uint64_t now = 1000;

	start(1, 1);
	assert_int_equal(uni_n_next(&uni), E_LMI_NEVER);
	for (unsigned i = 0; i < 4; i++, now += 100)
		ask(E_LMI_CHECK, (uint8_t)(i + 1), (uint8_t)i, now);
	assert_true(uni.operational);
	for (unsigned i = 1; i <= 4; i++) {
		now = uni_n_next(&uni);
		assert_true(uni.operational);
		uni_n_run(&uni, now - 1);
		assert_int_equal(uni.timeouts, i - 1);
		uni_n_run(&uni, now);
		assert_int_equal(uni.timeouts, i);
	}
	assert_int_equal(now, 1300 + 4 * 15000);
	assert_false(uni.operational);
	assert_int_equal(uni_n_next(&uni), E_LMI_NEVER);
}

// The example of MEF 16: EVC 1 is not active. One EVC a frame, a tenth of T391 apart, the latest state.
static void changes_are_told_one_a_frame_and_spaced(void **state)
{
	static const uint8_t expected[] = {1, 0x7d, 1, 1, 2, 0x21, 3, 0, 1, 0};
	uint8_t status[E_LMI_EVCS] = {0, E_LMI_STATUS_PARTIALLY_ACTIVE, E_LMI_STATUS_ACTIVE};
	uint32_t evc;

	start(3, 1);
	for (unsigned i = 0; i < 3; i++)
		uni.evc[i].is_new = false;
	uni_n_follow(&uni, status);
	assert_int_equal(uni.data_instance, 8);
	assert_int_equal(uni_n_asynchronous(&uni, 5000, answer, &evc), sizeof(expected));
	assert_memory_equal(answer, expected, sizeof(expected));
	assert_int_equal(uni_n_asynchronous(&uni, 5999, answer, &evc), 0);
	assert_int_equal(uni_n_next(&uni), 6000);
	// It changes once more before its turn comes.
	status[1] = E_LMI_STATUS_NOT_ACTIVE;
	uni_n_follow(&uni, status);
	assert_int_equal(uni_n_asynchronous(&uni, 6000, answer, &evc), sizeof(expected));
	assert_int_equal(evc, 1);
	assert_int_equal(answer[9], E_LMI_STATUS_NOT_ACTIVE);
	assert_int_equal(uni_n_asynchronous(&uni, 9000, answer, &evc), 0);
	assert_int_equal(uni.asynchronous_sent, 2);
}

// 1,024 EVCs and 4,094 VLANs: every part fits a frame, and all is told once, in order.
static void long_status_continues(void **state)
{
	unsigned evcs = 0, vlans = 0, frames = 0, last = 0;

	start(1024, 3);
	for (enum e_lmi_report report = E_LMI_FULL;; report = E_LMI_FULL_CONTINUED) {
		ask(report, (uint8_t)(frames + 1), uni.send, 1000 + frames);
		assert_true(length > 20 && length <= E_LMI_PDU);
		frames++;
		for (size_t at = 2; at < length; at += 2u + answer[at + 1]) {
			if (answer[at] == 0x21) {
				unsigned id = (unsigned)(answer[at + 2] << 8 | answer[at + 3]);

				assert_int_equal(id, last + 1);
				last = id;
				evcs++;
			}
			if (answer[at] == 0x22) vlans += answer[at + 7] / 2u;
		}
		if (answer[4] == E_LMI_FULL) break;
		assert_int_equal(answer[4], E_LMI_FULL_CONTINUED);
		assert_true(frames < 100);
	}
	print_message("%u frames\n", frames);
	assert_int_equal(evcs, 1024);
	assert_int_equal(vlans, 3 * 1024);
}

static void one_evc_of_all_vlans_has_a_map_in_parts(void **state)
{
	unsigned vlans = 0, sequence = 0, frames = 0;
	bool last = false;

	start(1, 4094);
	for (enum e_lmi_report report = E_LMI_FULL; !last; report = E_LMI_FULL_CONTINUED) {
		ask(report, (uint8_t)(++frames), uni.send, 1000);
		for (size_t at = 2; at < length; at += 2u + answer[at + 1])
			if (answer[at] == 0x22) {
				assert_int_equal(answer[at + 4] & 0x3f, sequence++);
				assert_false(last);
				last = (answer[at + 4] & 0x40) != 0;
				vlans += answer[at + 7] / 2u;
			}
		assert_int_equal(answer[4], last ? E_LMI_FULL : E_LMI_FULL_CONTINUED);
	}
	assert_int_equal(vlans, 4094);
}

static void what_is_no_enquiry_is_refused(void **state)
{
	static const uint8_t good[] = {1, 0x75, 1, 1, 0, 2, 2, 1, 0, 3, 5, 0, 0, 0, 0, 0};
	uint8_t pdu[sizeof(good)];
	struct e_lmi_enquiry enquiry;

	start(1, 1);
	for (size_t cut = 0; cut < sizeof(good); cut++)
		assert_int_not_equal(e_lmi_read_enquiry(good, cut, &enquiry), 0);
	assert_int_equal(e_lmi_read_enquiry(good, sizeof(good), &enquiry), 0);
	static const struct {
		size_t at;
		uint8_t value;
	} wrong[] = {{0, 2}, {1, 0x7d}, {3, 2}, {4, 2}, {4, 4}, {6, 3}, {10, 9}};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		memcpy(pdu, good, sizeof(good));
		pdu[wrong[i].at] = wrong[i].value;
		assert_int_equal(uni_n_receive(&uni, pdu, sizeof(pdu), 1000, answer), 0);
	}
	assert_int_equal(uni.protocol_errors, 7);
}

static void bandwidth_is_magnitude_and_multiplier(void **state)
{
	static const uint8_t expected[] = {0x71, 12, 0x06, 1, 0x27, 0x10, 0, 64, 0, 0, 0, 1, 100, 0};
	struct e_lmi_config *config;

	start(1, 1);
	config = (struct e_lmi_config *)(uintptr_t)uni.config;
	// 100,000 kbit/s = 10,000 · 10; 1,001 kB = 100 · 10 and a remainder that is lost.
	config->bandwidth = (struct e_lmi_bandwidth){100000, 64, 0, 1001, true, true};
	ask(E_LMI_FULL, 1, 0, 1000);
	assert_memory_equal(answer + 24, expected, sizeof(expected));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(full_status_is_told_byte_by_byte),
		cmocka_unit_test(check_tells_the_data_instance),
		cmocka_unit_test(new_ends_with_the_acknowledgement),
		cmocka_unit_test(sequence_numbers_skip_zero_and_errors_count),
		cmocka_unit_test(silence_is_counted_until_the_ce_is_given_up),
		cmocka_unit_test(changes_are_told_one_a_frame_and_spaced),
		cmocka_unit_test(long_status_continues),
		cmocka_unit_test(one_evc_of_all_vlans_has_a_map_in_parts),
		cmocka_unit_test(what_is_no_enquiry_is_refused),
		cmocka_unit_test(bandwidth_is_magnitude_and_multiplier),
	};

	return cmocka_run_group_tests_name("e-lmi", tests, NULL, NULL);
}
