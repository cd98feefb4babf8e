// What a CE says, and what the methods with a state of their own say to it: frame by frame, through the graph.
#include "../testing/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../e-lmi/config.h"
#include "../mrp/collect.h"
#include "../mrp/participant.h"
#include "ce_mvrp.h"

#define CE_PORT 2

static struct ce_notification config;

static void configure(struct ce_notification *old, struct ce_notification *new)
{
	struct generation *g = engine_begin();

	assert_int_equal(engine_ce_notification(g, old, new), 0);
	engine_commit(g, NULL);
}

static void block(uint16_t vid, bool blocked)
{
	struct generation *g = engine_begin();

	assert_int_equal(engine_block(g, CE_PORT, vid, blocked), 0);
	engine_commit(g, NULL);
}

// The CE is behind port 2; VLANs 1 to 4 there and on port 3, all released.
static void set_up(const struct ce_notification *wanted)
{
	struct generation *g;

	engine_start();
	g = engine_begin();
	for (uint16_t port = 2; port <= 3; port++)
		assert_int_equal(engine_port(g, port, true), 0);
	for (uint16_t vid = 1; vid <= 4; vid++) {
		struct bridge_domain bd = {.id = vid, .learning = true, .flood_unknown_unicast = true};

		assert_int_equal(engine_bridge_domain(g, &bd, true), 0);
		for (uint16_t port = 2; port <= 3; port++) {
			struct logical_port lp = {
				.id = 100u * port + vid,
				.port = port,
				.bridge_domain = vid,
				.enabled = true,
				.matches = 1,
				.match = {{RTE_ETHER_TYPE_VLAN, vid}},
				.rewrite = REWRITE_KIND_POP,
			};

			assert_int_equal(engine_logical_port(g, &lp, true), 0);
		}
	}
	// Untagged frames are a VLAN too.
	for (uint16_t port = 2; port <= 3; port++) {
		struct logical_port lp = {.id = 100u * port + 50, .port = port, .bridge_domain = 4, .enabled = true};

		assert_int_equal(engine_logical_port(g, &lp, true), 0);
	}
	engine_commit(g, NULL);
	engine_frame_count = 0;
	config = *wanted;
	configure(NULL, &config);
}

static int tear_down(void **state)
{
	configure(&config, NULL);
	assert_int_equal(engine_packets_in_use(), 0);
	engine_stop();
	return 0;
}

static const struct ce_notification mvrp_config = {
	.port = CE_PORT, .mvrp = true, .mvrp_periodic = true, .mvrp_offsets = 3, .mvrp_offset_ms = {0, 200, 1000}};

// The last frame's values; 0 where it is no MVRP frame.
static int last_values(struct mvrp_value *values, size_t max, unsigned *leave_alls)
{
	const struct engine_frame *frame = &engine_frames[engine_frame_count - 1];

	assert_true(engine_frame_count > 0);
	assert_int_equal(frame->bytes[12] << 8 | frame->bytes[13], 0x88f5);
	return mvrp_decode(frame->bytes + 14, frame->length - 14u, values, max, leave_alls);
}

static void send_mvrp(uint16_t port, uint8_t address, const char *tag, uint16_t vid, enum mrp_event event,
		      bool leave_all)
{
	uint8_t frame[64] = {0x01, 0x80, 0xc2, 0, 0, address, 2, 0, 0, 0, 0, 9};
	size_t at = 12, taken;

	if (tag != NULL) {
		memcpy(frame + at, tag, 4);
		at += 4;
	}
	frame[at++] = 0x88;
	frame[at++] = 0xf5;
	(void)mvrp_encode(&(struct mvrp_value){vid, event}, 1, leave_all, frame + at, sizeof(frame) - at, &taken);
	engine_receive(port, frame, 60);
	engine_poll();
}

static void method_state(const char *name, Sluice__Api__CeMethodState *state)
{
	for (unsigned i = 0; engine_ce_method_state(CE_PORT, i, state); i++)
		if (strcmp(state->method, name) == 0) return;
	fail_msg("no method %s", name);
}

// ---------------------------------------------------------------- mvrp

static void enabling_declares_what_the_port_forwards(void **state)
{
	struct mvrp_value values[8];

	set_up(&mvrp_config);
	assert_int_equal(engine_frame_count, 1);
	assert_int_equal(last_values(values, 8, NULL), 4);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(values[i].vid, i + 1);
		assert_int_equal(values[i].event, MRP_JOIN_IN);
	}
	// Twice, then every second, and a LeaveAll within 15 seconds.
	engine_advance(300);
	assert_int_equal(engine_frame_count, 2);
	engine_advance(16000);
	assert_in_range(engine_frame_count, 14, 24);
}

static void blocked_and_removed_vlans_are_withdrawn_and_new_ones_declared(void **state)
{
	struct logical_port lp = {.id = 209,
				  .port = CE_PORT,
				  .bridge_domain = 1,
				  .enabled = true,
				  .matches = 1,
				  .match = {{RTE_ETHER_TYPE_VLAN, 9}}};
	struct mvrp_value values[8];
	struct generation *g;

	set_up(&mvrp_config);
	engine_advance(700);
	block(2, true);
	assert_int_equal(last_values(values, 8, NULL), 1);
	assert_int_equal(values[0].vid, 2);
	assert_int_equal(values[0].event, MRP_LV);
	engine_advance(1500);
	g = engine_begin();
	assert_int_equal(engine_logical_port(g, &lp, true), 0);
	engine_commit(g, NULL);
	engine_advance(400);
	g = engine_begin();
	assert_int_equal(engine_logical_port(g, &(struct logical_port){.id = 201}, false), 0);
	engine_commit(g, NULL);
	assert_int_equal(last_values(values, 8, NULL), 1);
	assert_int_equal(values[0].vid, 1);
	assert_int_equal(values[0].event, MRP_LV);
	{
		struct ce_mvrp_row row = {0};
		const void *at = ce_method_at(CE_PORT, &ce_mvrp);

		assert_true(ce_mvrp_next(at, &row));
		assert_int_equal(row.vid, 2);
		assert_int_equal(row.applicant, MRP_VO);
		assert_true(ce_mvrp_next(at, &row) && ce_mvrp_next(at, &row) && ce_mvrp_next(at, &row));
		assert_int_equal(row.vid, 9);
		assert_int_equal(row.applicant, MRP_QA);
		assert_int_equal(row.registrar, MRP_REGISTRAR_IN);
		assert_false(ce_mvrp_next(at, &row));
	}
}

static void frames_of_the_ce_are_heard_through_a_block_and_not_forwarded(void **state)
{
	Sluice__Api__CeMethodState method = SLUICE__API__CE_METHOD_STATE__INIT;
	struct mvrp_value values[8];
	unsigned before, leave_alls;

	set_up(&mvrp_config);
	for (uint16_t vid = 0; vid <= 4; vid++)
		block(vid, true);
	block(3, false);
	engine_advance(2400);
	before = engine_frame_count;
	send_mvrp(CE_PORT, 0x21, NULL, 3, MRP_JOIN_IN, true);
	engine_advance(250);
	assert_true(engine_frame_count > before);
	assert_true(last_values(values, 8, &leave_alls) >= 1);
	assert_int_equal(leave_alls, 0);
	for (unsigned i = 0; i < engine_frame_count; i++)
		assert_int_equal(engine_frames[i].port, CE_PORT);
	// A malformed one is counted.
	engine_receive(CE_PORT, "\x01\x80\xc2\x00\x00\x21\x02\x00\x00\x00\x00\x09\x88\xf5\x00\x01\x02\x00\x09", 19);
	engine_poll();
	method_state("mvrp", &method);
	assert_int_equal(method.frames_received, 2);
	assert_int_equal(method.frames_refused, 1);
	assert_int_equal(engine_port_drops(CE_PORT, "block-point"), 0);
}

static void frames_that_are_not_taken_are_payload_or_link_local(void **state)
{
	unsigned before;

	set_up(&mvrp_config);
	engine_advance(500);
	before = engine_frame_count;
	// From a port whose CE is not told: forwarded like any group address.
	send_mvrp(3, 0x21, NULL, 3, MRP_NEW, false);
	// To the three other members of its bridge domain.
	assert_int_equal(engine_frame_count, before + 3);
	// In a VLAN: the customer's own.
	send_mvrp(CE_PORT, 0x21, "\x81\x00\x00\x03", 3, MRP_NEW, false);
	assert_int_equal(engine_frame_count, before + 4);
	// The provider's address is not the one that this port listens to.
	send_mvrp(CE_PORT, 0x0d, NULL, 3, MRP_NEW, false);
	assert_int_equal(engine_frame_count, before + 4);
	assert_int_equal(engine_port_drops(CE_PORT, "link-local"), 1);
}

static void provider_address_is_spoken_and_heard(void **state)
{
	struct ce_notification provider = mvrp_config;
	Sluice__Api__CeMethodState method = SLUICE__API__CE_METHOD_STATE__INIT;

	provider.mvrp_provider_address = true;
	provider.mvrp_registration = MRP_NORMAL;
	set_up(&provider);
	assert_int_equal(engine_frames[0].bytes[5], 0x0d);
	send_mvrp(CE_PORT, 0x0d, NULL, 77, MRP_NEW, false);
	method_state("mvrp", &method);
	assert_int_equal(method.frames_received, 1);
	{
		struct ce_mvrp_row row = {.vid = 4};

		// Shown, and that is all.
		assert_true(ce_mvrp_next(ce_method_at(CE_PORT, &ce_mvrp), &row));
		assert_int_equal(row.vid, 77);
		assert_int_equal(row.registrar, MRP_REGISTRAR_IN);
		assert_int_equal(row.applicant, MRP_VO);
	}
}

static void link_that_comes_back_gets_everything_anew(void **state)
{
	struct mvrp_value values[8];
	unsigned before;

	set_up(&mvrp_config);
	engine_advance(500);
	engine_set_link(PORT_LINK_DOWN);
	before = engine_frame_count;
	engine_advance(20000);
	assert_int_equal(engine_frame_count, before);
	block(2, true);
	engine_set_link(PORT_LINK_UP);
	assert_int_equal(last_values(values, 8, NULL), 3);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(values[i].event, MRP_JOIN_IN);
}

static void disabling_withdraws_everything(void **state)
{
	struct ce_notification off = mvrp_config;
	struct mvrp_value values[8];
	unsigned count;

	set_up(&mvrp_config);
	off.mvrp = false;
	configure(&config, &off);
	assert_int_equal(last_values(values, 8, NULL), 4);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(values[i].event, MRP_LV);
	count = engine_frame_count;
	engine_advance(20000);
	assert_int_equal(engine_frame_count, count);
	config = off;
}

// A ring that is full loses frames of the CE, counted, and nothing else.
static void flood_of_frames_is_bounded(void **state)
{
	Sluice__Api__CeMethodState method = SLUICE__API__CE_METHOD_STATE__INIT;
	uint8_t frame[60] = {0x01, 0x80, 0xc2, 0, 0, 0x21, 2, 0, 0, 0, 0, 9, 0x88, 0xf5};

	set_up(&mvrp_config);
	for (unsigned i = 0; i < 900; i++)
		engine_receive(CE_PORT, frame, sizeof(frame));
	engine_poll();
	method_state("mvrp", &method);
	assert_in_range(method.frames_received, 500, 512);
	assert_int_equal(engine_port_drops(CE_PORT, "ce-in-limit"), 900 - method.frames_received);
}

// ---------------------------------------------------------------- stp-tc

static void release_sends_a_tcn_and_a_block_nothing(void **state)
{
	static const uint8_t expected[] = {0x01, 0x80, 0xc2, 0,    0,    0, 2, 0, 0, 0,    0xee,
					   2,    0,    7,    0x42, 0x42, 3, 0, 0, 0, 0x80, 0};

	set_up(&(struct ce_notification){
		.port = CE_PORT, .stp_tc = true, .stp_tc_offsets = 2, .stp_tc_offset_ms = {0, 300}});
	block(2, true);
	engine_advance(1000);
	assert_int_equal(engine_frame_count, 0);
	block(2, false);
	assert_int_equal(engine_frame_count, 1);
	assert_int_equal(engine_frames[0].length, 60);
	assert_memory_equal(engine_frames[0].bytes, expected, sizeof(expected));
	engine_advance(5000);
	assert_int_equal(engine_frame_count, 2);
	assert_int_equal(engine_frames[1].at_ms - engine_frames[0].at_ms, 300);
}

static void rst_has_the_flag_the_role_and_the_worst_priority(void **state)
{
	static const uint8_t expected[] = {0,    39, 0x42, 0x42, 3,    0,    0,    2,    2,    9,    0xff, 0xff, 2, 0,
					   0,    0,  0xee, 2,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2,    0,    0, 0,
					   0xee, 2,  0xf0, 1,    0,    0,    20,   0,    2,    0,    15,   0,    0};

	set_up(&(struct ce_notification){.port = CE_PORT, .stp_tc = true, .stp_tc_rst = true, .stp_tc_offsets = 1});
	block(2, true);
	block(2, false);
	assert_int_equal(engine_frame_count, 1);
	assert_memory_equal(engine_frames[0].bytes + 12, expected, sizeof(expected));
}

// ---------------------------------------------------------------- e-lmi, lacp, carrier

// EVC 1 has VLANs 1 and 2, EVC 2 has VLAN 3; the rest and untagged frames are EVC 3's.
static const struct e_lmi_config *three_evcs(void)
{
	static struct {
		struct e_lmi_config config;
		struct e_lmi_evc evc[3];
	} it;
	struct e_lmi_evc *evc = it.config.evc;

	it.config = (struct e_lmi_config){
		.uni_id = "uni", .map_type = 3, .verification_ms = 15000, .spacing_ms = 1000, .status_counter = 4};
	it.config.evc_count = 3;
	evc[0] = (struct e_lmi_evc){.reference_id = 1, .id = "a", .vlans = {1 << 1 | 1 << 2}};
	evc[1] = (struct e_lmi_evc){.reference_id = 2, .id = "b", .vlans = {1 << 3}};
	evc[2] = (struct e_lmi_evc){.reference_id = 3, .id = "c", .untagged = true, .default_evc = true};
	return &it.config;
}

// The last frame: an asynchronous status of this EVC.
static void assert_told(uint16_t reference_id, uint8_t status)
{
	const uint8_t expected[] = {0x01,
				    0x80,
				    0xc2,
				    0,
				    0,
				    7,
				    2,
				    0,
				    0,
				    0,
				    0xee,
				    2,
				    0x88,
				    0xee,
				    1,
				    0x7d,
				    1,
				    1,
				    2,
				    0x21,
				    3,
				    0,
				    (uint8_t)reference_id,
				    status};

	assert_true(engine_frame_count > 0);
	assert_memory_equal(engine_frames[engine_frame_count - 1].bytes, expected, sizeof(expected));
}

static void evc_follows_its_vlans(void **state)
{
	set_up(&(struct ce_notification){.port = CE_PORT, .e_lmi = three_evcs()});
	assert_int_equal(engine_frame_count, 0);
	block(1, true);
	assert_told(1, 5); // new and partially active
	engine_advance(2000);
	block(2, true);
	assert_told(1, 1);
	block(3, true);
	assert_int_equal(engine_frame_count, 2);
	engine_advance(1001);
	assert_told(2, 1);
	engine_advance(2000);
	block(4, true);
	assert_told(3, 5); // its untagged frames still pass
	engine_advance(2000);
	block(0, true);
	assert_told(3, 1);
	engine_advance(60000);
	assert_int_equal(engine_frame_count, 5);
}

static void enquiry_is_answered_at_a_blocked_port(void **state)
{
	Sluice__Api__CeMethodState method = SLUICE__API__CE_METHOD_STATE__INIT;
	static const uint8_t enquiry[60] = {0x01, 0x80, 0xc2, 0, 0, 7, 2, 0, 0, 0, 0, 9, 0x88, 0xee, 1,
					    0x75, 1,    1,    1, 2, 2, 1, 0, 3, 5, 0, 0, 0,    0,    0};

	set_up(&(struct ce_notification){.port = CE_PORT, .e_lmi = three_evcs()});
	for (uint16_t vid = 0; vid <= 4; vid++)
		block(vid, true);
	engine_advance(10000);
	engine_frame_count = 0;
	engine_receive(CE_PORT, enquiry, sizeof(enquiry));
	engine_poll();
	assert_int_equal(engine_frame_count, 1);
	assert_memory_equal(engine_frames[0].bytes + 12, ((uint8_t[]){0x88, 0xee, 1, 0x7d, 1, 1, 1, 2, 2, 1, 1}), 11);
	method_state("e-lmi", &method);
	assert_int_equal(method.frames_received, 1);
}

static void port_is_held_once_all_vlans_have_been_blocked_for_long(void **state)
{
	Sluice__Api__CeMethodState method = SLUICE__API__CE_METHOD_STATE__INIT;

	engine_holds = 0;
	set_up(&(struct ce_notification){
		.port = CE_PORT, .lacp = true, .lacp_hold_ms = 1000, .carrier = true, .carrier_hold_ms = 2000});
	for (uint16_t vid = 0; vid <= 3; vid++)
		block(vid, true);
	engine_advance(5000);
	assert_int_equal(engine_holds, 0);
	// Not for long enough.
	block(4, true);
	engine_advance(900);
	block(4, false);
	engine_advance(5000);
	assert_int_equal(engine_holds, 0);
	block(4, true);
	engine_advance(1001);
	assert_int_equal(engine_holds, 1);
	method_state("lacp", &method);
	assert_true(method.holds_down);
	engine_advance(1000);
	assert_int_equal(engine_holds, 2);
	// At once back.
	block(0, false);
	method_state("lacp", &method);
	assert_false(method.holds_down);
	method_state("carrier", &method);
	assert_false(method.holds_down);
	assert_true(method.last_sent_ns > 0);
}

int main(void)
{
#define CE_TEST(test) cmocka_unit_test_teardown(test, tear_down)
	const struct CMUnitTest tests[] = {
		CE_TEST(enabling_declares_what_the_port_forwards),
		CE_TEST(blocked_and_removed_vlans_are_withdrawn_and_new_ones_declared),
		CE_TEST(frames_of_the_ce_are_heard_through_a_block_and_not_forwarded),
		CE_TEST(frames_that_are_not_taken_are_payload_or_link_local),
		CE_TEST(provider_address_is_spoken_and_heard),
		CE_TEST(link_that_comes_back_gets_everything_anew),
		CE_TEST(disabling_withdraws_everything),
		CE_TEST(flood_of_frames_is_bounded),
		CE_TEST(release_sends_a_tcn_and_a_block_nothing),
		CE_TEST(rst_has_the_flag_the_role_and_the_worst_priority),
		CE_TEST(evc_follows_its_vlans),
		CE_TEST(enquiry_is_answered_at_a_blocked_port),
		CE_TEST(port_is_held_once_all_vlans_have_been_blocked_for_long),
	};

	return cmocka_run_group_tests_name("ce-methods", tests, NULL, NULL);
}
