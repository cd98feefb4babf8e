// MEPs in the whole router: what they send by themselves, answer, and tell.
#include "../ethernet-segment/testing.h"
#include "testing.h"

static Sluice__Api__Operation *ce_op(const char *port)
{
	Sluice__Api__CeNotification it = SLUICE__API__CE_NOTIFICATION__INIT;
	Sluice__Api__Operation operation = SLUICE__API__OPERATION__INIT;

	it.port = (char *)(uintptr_t)port;
	it.cfm = true;
	operation.op_case = SLUICE__API__OPERATION__OP_SET_CE_NOTIFICATION;
	operation.set_ce_notification = &it;
	return op_fresh(&operation);
}

static void ccms_go_out_on_time_and_through_a_block(void **state)
{
	struct cfm_ccm ccm;
	const uint8_t *pdu;

	begin(&ten);
	go_on(1);
	pdu = only_frame(group_of(3, false), 6);
	assert_int_equal(pdu[0], 0x60);
	assert_true(cfm_parse_ccm(pdu, 79, &ccm));
	assert_int_equal(ccm.interval, 3);
	assert_int_equal(ccm.mep_id, 1);
	assert_int_equal(ccm.port_status, CFM_PORT_UP);
	assert_false(ccm.rdi);
	go_on(1000);
	assert_int_equal(router_frames("a"), 10);
	router_forget();
	// Blocked: said at once, and 200 and 1000 ms later beside the periodic ones.
	apply(op_block_point("a/10", "a", 10));
	assert_true(cfm_parse_ccm(only_frame(group_of(3, false), 6), 79, &ccm));
	assert_int_equal(ccm.port_status, CFM_PORT_BLOCKED);
	go_on(1000);
	assert_in_range(router_frames("a"), 10 + 1, 10 + 2);
	router_forget();
	DELETE(BLOCK_POINT, "a/10");
	assert_true(cfm_parse_ccm(only_frame(group_of(3, false), 6), 79, &ccm));
	assert_int_equal(ccm.port_status, CFM_PORT_UP);
	end();
}

static void tags_and_intervals_are_those_that_were_set(void **state)
{
	struct wish wish = {.name = "un", .port = "a", .level = 7, .id = 8191, .interval = 1, .interface_status = true};
	static const uint8_t interface_up[] = {4, 0, 1, 1, 0};

	begin(&wish);
	go_on(1000);
	assert_in_range(router_frames("a"), 299, 301);
	assert_memory_equal(router_frame("a", 0)->bytes + 12, "\x89\x02\xe0\x01", 4);
	assert_memory_equal(router_frame("a", 0)->bytes + 14 + 78, interface_up, 5);
	wish.vid = 100;
	wish.service_tag = true;
	wish.interval = 2;
	apply(mep_op(wish));
	router_forget();
	go_on(1000);
	assert_in_range(router_frames("a"), 99, 101);
	assert_memory_equal(router_frame("a", 0)->bytes + 12, "\x88\xa8\xc0\x64\x89\x02", 6);
	DELETE(CFM_MEP, "un");
	router_forget();
	go_on(100);
	assert_int_equal(router_frames("a"), 0);
}

static void a_ce_behind_a_block_is_heard_and_its_silence_seen(void **state)
{
	struct cfm_mep *mep = begin(&ten);
	struct cfm_ccm ccm;

	apply(op_block_point("a/10", "a", 10));
	for (unsigned i = 0; i < 10; i++) {
		go_on(100);
		ce_sends_ccm(3, 2);
	}
	assert_int_equal(cfm_remote(&mep->machine, 2)->state, CFM_RMEP_OK);
	assert_memory_equal(cfm_remote(&mep->machine, 2)->mac, ce_mac, 6);
	assert_int_equal(mep->machine.defects, 0);
	assert_int_equal(mep->machine.ccms_received, 10);
	assert_int_equal(router_drops("block-point"), 0);
	go_on(349);
	assert_int_equal(mep->machine.defects, 0);
	go_on(2);
	assert_int_equal(mep->machine.defects, CFM_DEFECT_REMOTE_CCM);
	router_forget();
	go_on(100);
	assert_true(cfm_parse_ccm(only_frame(group_of(3, false), 6), 79, &ccm));
	assert_true(ccm.rdi);
	DELETE(BLOCK_POINT, "a/10");
	end();
}

static void levels_decide_whose_a_frame_is(void **state)
{
	struct cfm_mep *mep = begin(&ten);
	uint8_t pdu[CFM_LBM_LONGEST(0)];

	// A higher level is the customer's, and is stopped where it is blocked.
	ce_sends_ccm(5, 2);
	assert_int_equal(router_frames("b"), 1);
	router_forget();
	apply(op_block_point("a/10", "a", 10));
	router_forget();
	ce_sends_ccm(5, 2);
	assert_int_equal(router_frames("b"), 0);
	assert_int_equal(router_drops("block-point"), 1);
	DELETE(BLOCK_POINT, "a/10");
	router_forget();
	// A lower one ends here, and a CCM of it is a cross connect.
	ce_sends(group_of(1, false), 10, pdu, cfm_write_lbm(1, 1, 0, pdu));
	assert_int_equal(router_drops("cfm-level"), 1);
	assert_int_equal(mep->machine.defects, 0);
	ce_sends_ccm(1, 2);
	assert_int_equal(mep->machine.defects, CFM_DEFECT_XCON_CCM);
	assert_int_equal(mep->xcon_last[0], 0x20);
	assert_int_equal(router_frames("a") + router_frames("b"), 0);
	// The own one ends here too, to whomever.
	ce_sends(ce_mac, 10, pdu, cfm_write_lbm(3, 1, 0, pdu));
	assert_int_equal(router_drops("cfm-destination"), 1);
	ce_sends_ccm(3, 9);
	assert_int_equal(mep->machine.defects, CFM_DEFECT_XCON_CCM | CFM_DEFECT_ERROR_CCM);
	assert_int_equal(mep->error_length, 79);
	pdu[1] = 40; // automatic protection switching
	ce_sends(group_of(3, false), 10, pdu, sizeof(pdu));
	assert_int_equal(router_drops("cfm-opcode"), 1);
	cfm_write_lbm(3, 1, 0, pdu);
	pdu[3] = 3;
	ce_sends(own_mac, 10, pdu, sizeof(pdu));
	ce_sends(own_mac, 10, pdu, 3);
	assert_int_equal(router_drops("cfm-malformed"), 2);
	assert_int_equal(router_frames("b"), 0);
	end();
	// Without a MEP all is the customer's.
	ce_sends_ccm(3, 2);
	assert_int_equal(router_frames("b"), 1);
}

static void loopbacks_linktraces_and_measurements_are_answered_through_a_block(void **state)
{
	struct cfm_mep *mep = begin(&ten);
	uint8_t pdu[CFM_LBM_LONGEST(1400)], tail[CFM_LBM_LONGEST(1400)];
	struct cfm_ltm ltm = {.transaction = 5, .ttl = 9, .has_egress = true, .egress = {1, 2, 3}};
	struct cfm_sl sl = {.source = 2, .test = 77};
	struct cfm_ltr ltr;
	struct cfm_dm dm;
	const uint8_t *answer;
	uint32_t length;

	go_on(1);
	apply(op_block_point("a/10", "a", 10));
	router_forget();
	length = cfm_write_lbm(3, 0x1234, 1400, pdu);
	memcpy(tail, pdu, length);
	ce_sends(own_mac, 10, pdu, length);
	answer = only_frame(ce_mac, 5);
	assert_int_equal(answer[1], CFM_LBR);
	assert_memory_equal(answer + 2, tail + 2, length - 2);
	ce_sends(group_of(3, false), 10, pdu, length);
	assert_int_equal(only_frame(ce_mac, 5)[1], CFM_LBR);
	assert_int_equal(mep->by_worker[0].lbr_out, 2);

	memcpy(ltm.original, ce_mac, 6);
	memcpy(ltm.target, own_mac, 6);
	ce_sends(group_of(3, true), 10, pdu, cfm_write_ltm(&ltm, 3, pdu));
	assert_true(cfm_parse_ltr(only_frame(ce_mac, 5), CFM_LTR_LONGEST, &ltr));
	assert_int_equal(ltr.transaction, 5);
	assert_int_equal(ltr.ttl, 8);
	assert_int_equal(ltr.relay_action, 1);
	assert_int_equal(ltr.ingress_action, 3); // IngBlocked
	assert_true(ltr.terminal);
	assert_memory_equal(ltr.last_egress, ltm.egress, 8);
	// Not the target, or at its end.
	ltm.ttl = 0;
	ce_sends(group_of(3, true), 10, pdu, cfm_write_ltm(&ltm, 3, pdu));
	ltm.ttl = 9;
	ltm.target[5] ^= 1;
	ce_sends(group_of(3, true), 10, pdu, cfm_write_ltm(&ltm, 3, pdu));
	assert_int_equal(router_frames("a"), 0);

	ce_sends(own_mac, 10, pdu, cfm_write_dmm(3, 7000000001, 64, pdu));
	assert_true(cfm_parse_dm(only_frame(ce_mac, 5), CFM_DM_LONGEST(64), &dm));
	assert_int_equal(dm.tx_f, 7000000001);
	assert_true(dm.rx_f != 0 && dm.tx_b >= dm.rx_f);

	for (uint32_t i = 1; i <= 3; i++) {
		sl.tx_f = 2 * i; // every other one was lost
		ce_sends(own_mac, 10, pdu, cfm_write_sl(&sl, 3, CFM_SLM, 0, pdu));
		assert_true(cfm_parse_sl(answer = only_frame(ce_mac, 5), CFM_SL_LENGTH, &sl));
		assert_int_equal(answer[1], CFM_SLR);
		assert_int_equal(sl.tx_b, i);
		assert_int_equal(sl.responder, 1);
		sl.responder = 0;
	}
	sl.test++;
	ce_sends(own_mac, 10, pdu, cfm_write_sl(&sl, 3, CFM_SLM, 0, pdu));
	assert_true(cfm_parse_sl(only_frame(ce_mac, 5), CFM_SL_LENGTH, &sl));
	assert_int_equal(sl.tx_b, 1);
	DELETE(BLOCK_POINT, "a/10");
	end();
}

static void a_ce_is_told_by_the_mep_of_the_vlan_that_changes(void **state)
{
	struct wish twenty = ten;
	struct cfm_ccm ccm;

	begin(&ten);
	twenty.name = "twenty";
	twenty.vid = 20;
	apply(mep_op(twenty));
	apply(ce_op("a"));
	go_on(1);
	router_forget();
	apply(op_block_point("a/10", "a", 10));
	assert_true(cfm_parse_ccm(only_frame(group_of(3, false), 6), 79, &ccm));
	assert_int_equal(ccm.port_status, CFM_PORT_BLOCKED);
	go_on(50);
	assert_int_equal(router_frames("a"), 0);
	DELETE(BLOCK_POINT, "a/10");
	DELETE(CE_NOTIFICATION, "a");
	DELETE(CFM_MEP, "twenty");
	end();
}

static void a_segment_blocks_as_a_block_point_does(void **state)
{
	struct cfm_ccm ccm;

	begin(&ten);
	go_on(1);
	router_forget();
	// Its VLANs come closed.
	apply(op_segment((struct segment_wish){.name = "es", .port = "a", .first = 10, .last = 20}));
	assert_true(cfm_parse_ccm(only_frame(group_of(3, false), 6), 79, &ccm));
	assert_int_equal(ccm.port_status, CFM_PORT_BLOCKED);
	ce_sends_ccm(3, 2);
	assert_int_equal(cfm_remote(&mep_named("ten")->machine, 2)->state, CFM_RMEP_OK);
	segment_releases("es", 10, 10);
	router_run();
	assert_true(cfm_parse_ccm(only_frame(group_of(3, false), 6), 79, &ccm));
	assert_int_equal(ccm.port_status, CFM_PORT_UP);
	// While a block point holds, an order changes nothing for the CE.
	apply(op_block_point("a/10", "a", 10));
	assert_int_equal(router_frames("a"), 1);
	router_forget();
	segment_blocks("es", 10, 10);
	DELETE(BLOCK_POINT, "a/10");
	assert_int_equal(router_frames("a"), 0);
	DELETE(ETHERNET_SEGMENT, "es");
	assert_true(cfm_parse_ccm(only_frame(group_of(3, false), 6), 79, &ccm));
	assert_int_equal(ccm.port_status, CFM_PORT_UP);
	end();
}

static void meps_exchange_places_and_only_one_has_each(void **state)
{
	struct wish one = ten, two = ten;
	const struct api_error *error;

	two.name = "two";
	two.vid = 20;
	begin(&one);
	apply(mep_op(two));
	one.vid = 20;
	two.vid = 10;
	applied(router_apply(mep_op(one), mep_op(two), NULL));
	router_run();
	assert_ptr_equal(cfm_at(mep_named("ten")->settings.port, 20), mep_named("ten"));
	assert_ptr_equal(cfm_at(mep_named("ten")->settings.port, 10), mep_named("two"));
	two.name = "three";
	error = router_apply(mep_op(two), NULL);
	assert_non_null(error);
	assert_int_equal(error->code, SLUICE__API__ERROR_CODE__ERROR_CONFLICT);
	// An abort leaves nothing.
	two.vid = 30;
	two.port = "none";
	assert_non_null(router_apply(mep_op(two), NULL));
	assert_null(mep_named("three"));
	DELETE(CFM_MEP, "two");
	end();
	// The port goes with its MEPs.
	apply(router_port("c"));
	one.port = "c";
	apply(mep_op(one));
	applied(router_apply(op_delete(SLUICE__API__OBJECT_KIND__KIND_CFM_MEP, "ten"),
			     op_delete(SLUICE__API__OBJECT_KIND__KIND_PORT, "c"), NULL));
	router_run();
}

static void what_cannot_be_is_refused(void **state)
{
	static const struct wish wrong[] = {
		{.name = "x", .port = "a", .vid = 4095, .id = 1},
		{.name = "x", .port = "a", .level = 8, .id = 1},
		{.name = "x", .port = "a", .id = 0},
		{.name = "x", .port = "a", .id = 8192},
		{.name = "x", .port = "a", .id = 1, .interval = 8},
		{.name = "x", .port = "a", .id = 1, .remote = 1},
		{.name = "x", .port = "a", .id = 1, .remote = 8192},
	};

	for (unsigned i = 0; i < RTE_DIM(wrong); i++) {
		const struct api_error *error = router_apply(mep_op(wrong[i]), NULL);

		assert_non_null(error);
		assert_int_equal(error->code, SLUICE__API__ERROR_CODE__ERROR_INVALID);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ccms_go_out_on_time_and_through_a_block),
		cmocka_unit_test(tags_and_intervals_are_those_that_were_set),
		cmocka_unit_test(a_ce_behind_a_block_is_heard_and_its_silence_seen),
		cmocka_unit_test(levels_decide_whose_a_frame_is),
		cmocka_unit_test(loopbacks_linktraces_and_measurements_are_answered_through_a_block),
		cmocka_unit_test(a_ce_is_told_by_the_mep_of_the_vlan_that_changes),
		cmocka_unit_test(a_segment_blocks_as_a_block_point_does),
		cmocka_unit_test(meps_exchange_places_and_only_one_has_each),
		cmocka_unit_test(what_cannot_be_is_refused),
	};

	return cmocka_run_group_tests_name("cfm", tests, setup, teardown);
}
