// Tests on demand in the whole router: loopback, linktrace, loss and delay.
#include "../../api/later.h"
#include "testing.h"

// Whoever asks is gone: what becomes of a test is looked at before the stage takes it.
static struct cfm_test *test_by(struct cfm_mep *mep, uint8_t kind, uint16_t count, uint16_t data)
{
	struct cfm_test *test = malloc(sizeof(*test));
	struct later *later = calloc(1, sizeof(*later));
	struct cfm_test_wish wish = {.kind = kind,
				     .priority = 4 << 1,
				     .count = count,
				     .data = data,
				     .interval = 10 * MS,
				     .timeout = 100 * MS,
				     .ttl = 64};

	assert_non_null(test);
	assert_non_null(later);
	memcpy(wish.destination, ce_mac, 6);
	assert_int_equal(cfm_test_start(mep, test, &wish, 0, later), 0);
	assert_int_equal(cfm_test_start(mep, test, &wish, 0, later), -EBUSY);
	return test;
}

static uint32_t opcode_frames(uint8_t opcode)
{
	uint32_t count = 0;

	for (unsigned i = 0; i < router_frames("a"); i++)
		count += router_frame("a", i)->bytes[19] == opcode;
	return count;
}

static void a_loopback_counts_what_comes_back(void **state)
{
	struct cfm_mep *mep = begin(&ten);
	struct cfm_test *test = test_by(mep, CFM_TEST_LOOPBACK, 4, 200);
	uint8_t pdu[4][CFM_LBM_LONGEST(200)];
	uint32_t length = CFM_LBM_LONGEST(200), found = 0;
	bool changed;

	for (unsigned i = 0; i < 40; i++) {
		urgent_by_hand += MS;
		cfm_round(urgent_by_hand, &changed);
		router_run();
	}
	for (unsigned i = 0; i < router_frames("a"); i++) {
		const struct router_frame *frame = router_frame("a", i);

		if (frame->bytes[19] != CFM_LBM) continue;
		assert_memory_equal(frame->bytes, ce_mac, 6);
		assert_int_equal(frame->bytes[14], 0x80);
		assert_true(found < 4 && frame->length == 18 + length);
		memcpy(pdu[found], frame->bytes + 18, length);
		pdu[found++][1] = CFM_LBR;
	}
	assert_int_equal(found, 4);
	ce_sends(own_mac, 10, pdu[1], length);
	ce_sends(own_mac, 10, pdu[1], length); // twice
	ce_sends(own_mac, 10, pdu[0], length); // late
	pdu[2][20] ^= 1;
	ce_sends(own_mac, 10, pdu[2], length); // changed
	assert_int_equal(test->received, 1);
	assert_int_equal(test->out_of_order, 1);
	assert_int_equal(test->damaged, 1);
	assert_int_equal(test->delays, 2);
	assert_false(test->done);
	assert_int_equal(mep->counters.lbr_in, 1);
	assert_int_equal(mep->counters.lbr_out_of_order, 1);
	assert_int_equal(mep->counters.lbr_damaged, 1);
	// The last does not come: the stage has taken the test after its time.
	go_on(200);
	assert_null(mep->test);
	end();
}

static void a_linktrace_collects_its_hops(void **state)
{
	struct cfm_mep *mep = begin(&ten);
	struct cfm_test *test = test_by(mep, CFM_TEST_LINKTRACE, 1, 0);
	struct cfm_ltr ltr = {
		.transaction = test->first, .ttl = 63, .forwarded = true, .relay_action = 2, .ingress_action = 1};
	uint8_t pdu[CFM_LTR_LONGEST];
	struct cfm_ltm ltm;

	go_on(1);
	assert_int_equal(opcode_frames(CFM_LTM), 1);
	for (unsigned i = 0; i < router_frames("a"); i++) {
		const struct router_frame *frame = router_frame("a", i);

		if (frame->bytes[19] != CFM_LTM) continue;
		assert_memory_equal(frame->bytes, group_of(3, true), 6);
		assert_true(cfm_parse_ltm(frame->bytes + 18, CFM_LTM_LONGEST, &ltm));
		assert_memory_equal(ltm.original, own_mac, 6);
		assert_memory_equal(ltm.target, ce_mac, 6);
		assert_int_equal(ltm.ttl, 64);
	}
	ce_sends(own_mac, 10, pdu, cfm_write_ltr(&ltr, 3, pdu));
	ltr.ttl = 62;
	ltr.terminal = true;
	ltr.relay_action = 1;
	ce_sends(own_mac, 10, pdu, cfm_write_ltr(&ltr, 3, pdu));
	ltr.transaction++;
	ce_sends(own_mac, 10, pdu, cfm_write_ltr(&ltr, 3, pdu));
	assert_int_equal(test->hop_count, 2);
	assert_int_equal(test->hops[1].ttl, 62);
	assert_memory_equal(test->hop_mac[1], ce_mac, 6);
	assert_int_equal(mep->counters.unexpected_ltr, 1);
	go_on(200);
	assert_null(mep->test);
	end();
}

static void loss_is_told_apart_by_direction(void **state)
{
	struct cfm_mep *mep = begin(&ten);
	struct cfm_test *test = test_by(mep, CFM_TEST_LOSS, 10, 0);
	struct cfm_sl sl = {.source = 1, .responder = 2, .test = test->first};
	uint8_t pdu[CFM_SL_LENGTH];

	go_on(95);
	assert_int_equal(opcode_frames(CFM_SLM), 10);
	// The responder gets 2, 3, 5, 8, of which the answer to 3 is lost; 9 and 10 are open.
	for (unsigned i = 0; i < 4; i++) {
		static const uint32_t got[] = {2, 3, 5, 8};

		sl.tx_f = got[i];
		sl.tx_b++;
		if (i != 1) ce_sends(own_mac, 10, pdu, cfm_write_sl(&sl, 3, CFM_SLR, 0, pdu));
	}
	assert_int_equal(test->received, 3);
	assert_int_equal(test->last_tx_f, 8);
	assert_int_equal(test->last_tx_b, 4);
	go_on(200);
	assert_null(mep->test);
	end();
}

static void what_is_deleted_or_changed_ends_its_test(void **state)
{
	struct cfm_mep *mep = begin(&ten);

	test_by(mep, CFM_TEST_DELAY, 1000, 0);
	go_on(5);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_loopback_counts_what_comes_back),
		cmocka_unit_test(a_linktrace_collects_its_hops),
		cmocka_unit_test(loss_is_told_apart_by_direction),
		cmocka_unit_test(what_is_deleted_or_changed_ends_its_test),
	};

	return cmocka_run_group_tests_name("cfm-demand", tests, setup, teardown);
}
