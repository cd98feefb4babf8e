// MEPs in the whole router: the CE is the test, which also keeps the time.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "../../api/later.h"
#include "../../main/worker.h"
#include "../../testing/applied.h"
#include "cfm.h"

#define MS     1000u
#define SECOND 1000000u

static const uint8_t ce_mac[6] = {2, 0, 0, 0, 0, 9};
static uint8_t own_mac[6];

// ---------------------------------------------------------------- objects

struct wish {
	const char *name, *port;
	uint32_t vid, level, id, interval;
	uint32_t remote; // 0: who is heard
	bool service_tag, interface_status;
};

static Sluice__Api__Operation *copy_of(const Sluice__Api__Operation *operation)
{
	uint8_t packed[1024];
	Sluice__Api__Operation *fresh;

	assert_true(sluice__api__operation__get_packed_size(operation) < sizeof(packed));
	fresh = sluice__api__operation__unpack(NULL, sluice__api__operation__pack(operation, packed), packed);
	assert_non_null(fresh);
	return fresh;
}

static Sluice__Api__Operation *mep_op(struct wish w)
{
	Sluice__Api__CfmMep it = SLUICE__API__CFM_MEP__INIT;
	Sluice__Api__Operation operation = SLUICE__API__OPERATION__INIT;

	it.name = (char *)(uintptr_t)w.name;
	it.port = (char *)(uintptr_t)w.port;
	it.vid = w.vid;
	it.tag_type = w.service_tag ? SLUICE__API__TAG_TYPE__S_VLAN : SLUICE__API__TAG_TYPE__C_VLAN;
	it.md_level = w.level;
	it.md_name_format = 4;
	it.md_name = (ProtobufCBinaryData){2, (uint8_t *)(uintptr_t) "md"};
	it.ma_name_format = 2;
	it.ma_name = (ProtobufCBinaryData){2, (uint8_t *)(uintptr_t) "ma"};
	it.mep_id = w.id;
	it.ccm_interval = w.interval;
	it.priority = 6;
	it.interface_status = w.interface_status;
	it.n_remote_meps = w.remote != 0;
	it.remote_meps = &w.remote;
	operation.op_case = SLUICE__API__OPERATION__OP_SET_CFM_MEP;
	operation.set_cfm_mep = &it;
	return copy_of(&operation);
}

static Sluice__Api__Operation *ce_op(const char *port)
{
	Sluice__Api__CeNotification it = SLUICE__API__CE_NOTIFICATION__INIT;
	Sluice__Api__Operation operation = SLUICE__API__OPERATION__INIT;

	it.port = (char *)(uintptr_t)port;
	it.cfm = true;
	operation.op_case = SLUICE__API__OPERATION__OP_SET_CE_NOTIFICATION;
	operation.set_ce_notification = &it;
	return copy_of(&operation);
}

static struct cfm_mep *mep_named(const char *name)
{
	struct cfm_mep *mep;

	for (uint32_t slot = 0; (mep = cfm_next(&slot)) != NULL;)
		if (strcmp(mep->name, name) == 0) return mep;
	return NULL;
}

static void delete (Sluice__Api__ObjectKind kind, const char *name)
{
	apply(op_delete(kind, name));
}

#define DELETE(kind, name) delete (SLUICE__API__OBJECT_KIND__KIND_##kind, name)

static const struct wish ten = {.name = "ten", .port = "a", .vid = 10, .level = 3, .id = 1, .interval = 3, .remote = 2};

// ---------------------------------------------------------------- frames

// Of the VLAN (0: untagged), priority 5.
static uint16_t frame_of(uint8_t *frame, const uint8_t destination[6], uint16_t vid, const uint8_t *pdu,
			 uint32_t length)
{
	uint8_t *at = frame + 12;

	memcpy(frame, destination, 6);
	memcpy(frame + 6, ce_mac, 6);
	if (vid != 0) {
		memcpy(at, (uint8_t[]){0x81, 0, (uint8_t)(0xa0 | vid >> 8), (uint8_t)vid}, 4);
		at += 4;
	}
	memcpy(at, (uint8_t[]){0x89, 2}, 2);
	memcpy(at + 2, pdu, length);
	return (uint16_t)(at + 2 + length - frame);
}

static void ce_sends(const uint8_t destination[6], uint16_t vid, const uint8_t *pdu, uint32_t length)
{
	uint8_t frame[2048];
	bool changed;

	router_receive("a", frame, frame_of(frame, destination, vid, pdu, length));
	cfm_round(urgent_by_hand, &changed);
	router_run();
}

static const uint8_t *group_of(uint8_t level, bool class2)
{
	static uint8_t group[6];

	memcpy(group, cfm_group, 6);
	group[5] |= (uint8_t)(level | (class2 ? 8 : 0));
	return group;
}

static void ce_sends_ccm(uint8_t level, uint16_t id)
{
	struct cfm_ccm ccm = {.interval = 3, .mep_id = id, .port_status = CFM_PORT_UP};
	uint8_t pdu[CFM_CCM_LONGEST];

	assert_true(cfm_maid(4, (const uint8_t *)"md", 2, 2, (const uint8_t *)"ma", 2, ccm.maid));
	ce_sends(group_of(level, false), 10, pdu, cfm_write_ccm(&ccm, level, pdu));
}

// The only frame that has left by port a, tagged with VID 10 and the priority: its PDU.
static const uint8_t *only_frame(const uint8_t destination[6], uint8_t priority)
{
	const struct router_frame *frame = router_frame("a", 0);

	assert_int_equal(router_frames("a"), 1);
	assert_memory_equal(frame->bytes, destination, 6);
	assert_memory_equal(frame->bytes + 6, own_mac, 6);
	assert_memory_equal(frame->bytes + 12, ((uint8_t[]){0x81, 0, (uint8_t)(priority << 5), 10, 0x89, 2}), 6);
	assert_true(frame->length >= 60);
	router_forget();
	return frame->bytes + 18;
}

// Time goes on by steps of a millisecond.
static void go_on(uint32_t ms)
{
	bool changed;

	for (; ms != 0; ms--) {
		urgent_by_hand += MS;
		cfm_round(urgent_by_hand, &changed);
		router_run();
	}
}

static int setup(void **state)
{
	urgent_by_hand = 1000 * SECOND;
	router_start();
	applied(router_apply(router_port("a"), router_port("b"), op_bridge_domain("bd", 300),
			     op_logical_port("a.10", "a", 10, "bd"), op_logical_port("b.10", "b", 10, "bd"), NULL));
	router_run();
	return 0;
}

static int teardown(void **state)
{
	router_stop();
	return 0;
}

static struct cfm_mep *begin(const struct wish *wish)
{
	struct cfm_mep *mep;

	apply(mep_op(*wish));
	mep = mep_named(wish->name);
	assert_non_null(mep);
	cfm_mac(mep, own_mac);
	router_forget();
	return mep;
}

static void end(void)
{
	DELETE(CFM_MEP, "ten");
	assert_null(mep_named("ten"));
	router_forget();
}

// ---------------------------------------------------------------- tests

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
		cmocka_unit_test(a_loopback_counts_what_comes_back),
		cmocka_unit_test(a_linktrace_collects_its_hops),
		cmocka_unit_test(loss_is_told_apart_by_direction),
		cmocka_unit_test(what_is_deleted_or_changed_ends_its_test),
		cmocka_unit_test(a_ce_is_told_by_the_mep_of_the_vlan_that_changes),
		cmocka_unit_test(meps_exchange_places_and_only_one_has_each),
		cmocka_unit_test(what_cannot_be_is_refused),
	};

	return cmocka_run_group_tests_name("cfm", tests, setup, teardown);
}
