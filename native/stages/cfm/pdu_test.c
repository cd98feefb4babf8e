// PDUs as they are on the wire, and what is no PDU.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "pdu.h"

static void a_ccm_is_written_as_the_standard_lays_it_out(void **state)
{
	struct cfm_ccm ccm = {.rdi = true,
			      .interval = 4,
			      .sequence = 0x01020304,
			      .mep_id = 0x1abc,
			      .port_status = CFM_PORT_BLOCKED,
			      .interface_status = CFM_INTERFACE_UP},
		       back;
	uint8_t pdu[CFM_CCM_LONGEST], again[CFM_CCM_LONGEST];
	static const uint8_t head[] = {0xa0, 1, 0x84, 70, 1, 2, 3, 4, 0x1a, 0xbc, 4, 2, 'm', 'd', 2, 2, 'm', 'a', 0};
	static const uint8_t tail[] = {2, 0, 1, 1, 4, 0, 1, 1, 0};

	assert_true(cfm_maid(4, (const uint8_t *)"md", 2, 2, (const uint8_t *)"ma", 2, ccm.maid));
	assert_int_equal(cfm_write_ccm(&ccm, 5, pdu), 74 + sizeof(tail));
	assert_memory_equal(pdu, head, sizeof(head));
	assert_memory_equal(pdu + 74, tail, sizeof(tail));
	assert_true(cfm_parse_ccm(pdu, 74 + sizeof(tail), &back));
	assert_int_equal(cfm_write_ccm(&back, 5, again), 74 + sizeof(tail));
	assert_memory_equal(again, pdu, 74 + sizeof(tail));
	// One that ends within a TLV has none; one that ends within its fields is none.
	assert_true(cfm_parse_ccm(pdu, 77, &back));
	assert_int_equal(back.port_status, CFM_PORT_NONE);
	assert_false(cfm_parse_ccm(pdu, 73, &back));
	// A value that is not known counts as none.
	pdu[77] = 3;
	assert_true(cfm_parse_ccm(pdu, 83, &back));
	assert_int_equal(back.port_status, CFM_PORT_NONE);
	assert_int_equal(back.interface_status, CFM_INTERFACE_UP);
	// A later version with a longer fixed part.
	pdu[0] |= 1;
	pdu[3] = 74;
	assert_true(cfm_parse_ccm(pdu, 83, &back));
	assert_int_equal(back.interface_status, CFM_INTERFACE_UP);
	pdu[3] = 69;
	assert_false(cfm_parse_ccm(pdu, 83, &back));
}

static void names_are_checked(void **state)
{
	static const uint8_t long_name[48] = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstu";
	static const struct {
		uint8_t md_format, md_length, ma_format, ma_length;
		const char *md, *ma;
		bool fine;
		uint8_t head[8];
	} cases[] = {
		{1, 0, 1, 2, "", "\x0f\xa0", true, {1, 1, 2, 0x0f, 0xa0}},
		{1, 0, 1, 2, "", "\x00\x00", false, {0}},
		{1, 0, 1, 2, "", "\x0f\xff", false, {0}},
		{1, 0, 3, 2, "", "\xff\xff", true, {1, 3, 2, 0xff, 0xff}},
		{1, 0, 3, 1, "", "\xff", false, {0}},
		{1, 1, 3, 2, "x", "ab", false, {0}},
		{2, 4, 2, 1, "a.bc", "x", true, {2, 4, 'a', '.', 'b', 'c', 2, 1}},
		{3, 8, 2, 1, "\1\2\3\4\5\6\7\0", "x", true, {3, 8, 1, 2, 3, 4, 5, 6}},
		{3, 7, 2, 1, "\1\2\3\4\5\6\7", "x", false, {0}},
		{4, 0, 2, 1, "", "x", false, {0}},
		{4, 2, 2, 1, "a\n", "x", false, {0}},
		{5, 2, 2, 1, "ab", "x", false, {0}},
		{1, 0, 4, 7, "", "\1\2\3\0\0\0\1", true, {1, 4, 7, 1, 2, 3, 0, 0}},
		{1, 0, 32, 13, "", "ICC\0\0\0\0\0\0\0\0\0\0", true, {1, 32, 13, 'I', 'C', 'C', 0, 0}},
		{4, 1, 32, 13, "a", "ICCUMCICCUMCI", false, {0}},
		{1, 0, 32, 12, "", "ICCUMCICCUMC", false, {0}},
		{1, 0, 5, 2, "", "ab", false, {0}},
	};
	uint8_t maid[CFM_MAID];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool fine = cfm_maid(cases[i].md_format, (const uint8_t *)cases[i].md, cases[i].md_length,
				     cases[i].ma_format, (const uint8_t *)cases[i].ma, cases[i].ma_length, maid);

		if (fine != cases[i].fine) fail_msg("case %zu", i);
		if (fine) assert_memory_equal(maid, cases[i].head, 8);
	}
	// Together as long as there is room.
	assert_true(cfm_maid(1, NULL, 0, 2, long_name, 45, maid));
	assert_false(cfm_maid(1, NULL, 0, 2, long_name, 46, maid));
	assert_true(cfm_maid(4, long_name, 43, 2, long_name, 1, maid));
	assert_false(cfm_maid(4, long_name, 43, 2, long_name, 2, maid));
}

static void linktraces_survive_being_written(void **state)
{
	struct cfm_ltm ltm = {.use_fdb_only = true,
			      .transaction = 7,
			      .ttl = 64,
			      .original = {2, 1},
			      .target = {2, 2},
			      .has_egress = true,
			      .egress = {0, 0, 2, 3}},
		       ltm_back;
	struct cfm_ltr ltr = {.forwarded = true,
			      .terminal = true,
			      .transaction = 7,
			      .ttl = 63,
			      .relay_action = 2,
			      .has_egress_identifiers = true,
			      .last_egress = {1},
			      .next_egress = {2},
			      .ingress_action = 3,
			      .egress_action = 1,
			      .ingress_mac = {4},
			      .egress_mac = {5}},
		       ltr_back;
	uint8_t pdu[128], again[128];
	uint32_t length = cfm_write_ltm(&ltm, 2, pdu);

	assert_int_equal(length, CFM_LTM_LONGEST);
	assert_int_equal(pdu[0], 0x40);
	assert_int_equal(pdu[3], 17);
	assert_true(cfm_parse_ltm(pdu, length, &ltm_back));
	assert_int_equal(cfm_write_ltm(&ltm_back, 2, again), length);
	assert_memory_equal(again, pdu, length);
	assert_false(cfm_parse_ltr(pdu, length, &ltr_back));
	length = cfm_write_ltr(&ltr, 2, pdu);
	assert_int_equal(length, CFM_LTR_LONGEST);
	assert_int_equal(pdu[2], 0x60);
	assert_true(cfm_parse_ltr(pdu, length, &ltr_back));
	assert_int_equal(cfm_write_ltr(&ltr_back, 2, again), length);
	assert_memory_equal(again, pdu, length);
}

static void measurements_survive_being_written(void **state)
{
	struct cfm_sl sl = {.source = 1, .responder = 2, .test = 3, .tx_f = 4, .tx_b = 5}, sl_back;
	uint8_t pdu[CFM_DM_LONGEST(4)];
	struct cfm_dm dm;
	static const uint8_t dmr[] = {0x60, 46, 0, 32, 0, 0, 0, 3, 0, 0, 0, 9, 0, 0,
				      0,    4,  0, 0,  0, 1, 0, 0, 0, 5, 0, 0, 0, 2};

	assert_int_equal(cfm_write_dmm(3, 3000000009, 4, pdu), sizeof(pdu));
	assert_int_equal(pdu[1], CFM_DMM);
	cfm_answer_dmm(pdu, 4000000001, 5000000002);
	assert_memory_equal(pdu, dmr, sizeof(dmr));
	assert_true(cfm_parse_dm(pdu, sizeof(pdu), &dm));
	assert_int_equal(dm.tx_f, 3000000009);
	assert_int_equal(dm.rx_f, 4000000001);
	assert_int_equal(dm.tx_b, 5000000002);
	assert_int_equal(cfm_write_sl(&sl, 3, CFM_SLM, 0, pdu), CFM_SL_LENGTH);
	assert_true(cfm_parse_sl(pdu, CFM_SL_LENGTH, &sl_back));
	assert_memory_equal(&sl, &sl_back, sizeof(sl));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ccm_is_written_as_the_standard_lays_it_out),
		cmocka_unit_test(names_are_checked),
		cmocka_unit_test(linktraces_survive_being_written),
		cmocka_unit_test(measurements_survive_being_written),
	};

	return cmocka_run_group_tests_name("cfm-pdu", tests, NULL, NULL);
}
