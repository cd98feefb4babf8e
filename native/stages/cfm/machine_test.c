// The continuity check as data: what happens and when, and what has to follow.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "machine.h"

#define MS 1000u

enum { TIME, CCM, LOW, PORT };

// A CCM is of MEP `id`, else as the machine's own association sends it.
struct step {
	uint64_t at_ms;
	uint8_t what;
	uint16_t id;
	uint8_t interval; // 0: the machine's
	bool rdi, other_maid;
	uint8_t port, interface; // status TLVs; PORT: whether it is up
	unsigned todo;
	uint8_t defects;
	bool sends_rdi;
	uint8_t fng, highest;
};

static const uint8_t mac[6] = {2, 0, 0, 0, 0, 9};
static struct cfm_machine m;
static struct cfm_remote remotes[CFM_MOST_REMOTES];
static uint32_t sequence;

static struct cfm_parameters parameters_of(uint8_t interval, bool heard)
{
	struct cfm_parameters p = {
		.level = 3,
		.interval = interval,
		.mep_id = 1,
		.ccm_enabled = true,
		.lowest_alarm = 2,
		.alarm_time = 2500 * MS,
		.reset_time = 10000 * MS,
		.heard = heard,
	};

	assert_true(cfm_maid(4, (const uint8_t *)"md", 2, 2, (const uint8_t *)"ma", 2, p.maid));
	return p;
}

static void begin(uint8_t interval, uint16_t count)
{
	struct cfm_parameters p = parameters_of(interval, count == 0);

	memset(remotes, 0, sizeof(remotes));
	for (uint16_t i = 0; i < count; i++)
		remotes[i].id = (uint16_t)(2 + i);
	sequence = 0;
	cfm_begin(&m, &p, remotes, count, count != 0 ? count : CFM_MOST_HEARD, true, 0);
}

static unsigned happen(const struct step *step)
{
	struct cfm_ccm ccm = {
		.rdi = step->rdi,
		.interval = step->interval != 0 ? step->interval : m.parameters.interval,
		.sequence = ++sequence,
		.mep_id = step->id,
		.port_status = step->port,
		.interface_status = step->interface,
	};

	memcpy(ccm.maid, m.parameters.maid, CFM_MAID);
	if (step->other_maid) ccm.maid[5] ^= 1;
	switch (step->what) {
	case TIME:
		return cfm_time(&m, step->at_ms * MS);
	case PORT:
		return cfm_port(&m, step->port != 0, step->at_ms * MS);
	default:
		return cfm_receive(&m, &ccm, step->what == LOW, mac, step->at_ms * MS);
	}
}

static void play(const struct step *steps, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		const struct step *step = &steps[i];
		unsigned todo = happen(step);

		if (todo != step->todo || m.defects != step->defects || cfm_rdi(&m) != step->sends_rdi ||
		    m.fng != step->fng || m.highest != step->highest)
			fail_msg("step %u at %u ms: todo %u, defects %u, rdi %d, fng %u, highest %u", i,
				 (unsigned)step->at_ms, todo, m.defects, cfm_rdi(&m), m.fng, m.highest);
	}
}

#define PLAY(...)                                                                                                      \
	do {                                                                                                           \
		static const struct step steps[] = {__VA_ARGS__};                                                      \
		play(steps, sizeof(steps) / sizeof(steps[0]));                                                         \
	} while (0)

#define LOST  CFM_DEFECT_REMOTE_CCM
#define ERROR CFM_DEFECT_ERROR_CCM
#define XCON  CFM_DEFECT_XCON_CCM
#define MACS  CFM_DEFECT_MAC_STATUS

static void silence_is_a_defect_after_three_and_a_half_intervals(void **state)
{
	begin(4, 1);
	PLAY({.at_ms = 0, .todo = CFM_SEND}, {.at_ms = 100, .what = CCM, .id = 2, .port = 2, .todo = CFM_REMOTES},
	     {.at_ms = 1100, .what = CCM, .id = 2, .port = 2},
	     // The last one was at 1100 ms: missed at 4600.
	     {.at_ms = 4599, .todo = CFM_SEND},
	     {.at_ms = 4600,
	      .todo = CFM_REMOTES | CFM_DEFECTS,
	      .defects = LOST,
	      .sends_rdi = true,
	      .fng = CFM_FNG_DEFECT,
	      .highest = 3},
	     // Told after the alarm time.
	     {.at_ms = 7099, .todo = CFM_SEND, .defects = LOST, .sends_rdi = true, .fng = CFM_FNG_DEFECT, .highest = 3},
	     {.at_ms = 7100,
	      .todo = CFM_ALARM,
	      .defects = LOST,
	      .sends_rdi = true,
	      .fng = CFM_FNG_REPORTED,
	      .highest = 3},
	     // Back: no second alarm before it has been away for the reset time.
	     {.at_ms = 7200,
	      .what = CCM,
	      .id = 2,
	      .port = 2,
	      .todo = CFM_REMOTES | CFM_DEFECTS,
	      .fng = CFM_FNG_CLEARING,
	      .highest = 3},
	     {.at_ms = 10700,
	      .todo = CFM_SEND | CFM_REMOTES | CFM_DEFECTS,
	      .defects = LOST,
	      .sends_rdi = true,
	      .fng = CFM_FNG_REPORTED,
	      .highest = 3},
	     {.at_ms = 10800,
	      .what = CCM,
	      .id = 2,
	      .port = 2,
	      .todo = CFM_REMOTES | CFM_DEFECTS,
	      .fng = CFM_FNG_CLEARING,
	      .highest = 3});
	for (uint64_t at = 11800; at < 20800; at += 1000)
		happen(&(struct step){.at_ms = at, .what = CCM, .id = 2, .port = 2});
	happen(&(struct step){.at_ms = 20800});
	assert_int_equal(m.fng, CFM_FNG_RESET);
	assert_int_equal(m.highest, 0);
	assert_int_equal(m.ccms_received, 13);
	assert_int_equal(m.sequence_errors, 0);
}

static void a_remote_that_says_rdi_is_told_of_but_answered_with_none(void **state)
{
	begin(4, 1);
	m.parameters.lowest_alarm = 1;
	PLAY({.at_ms = 10,
	      .what = CCM,
	      .id = 2,
	      .rdi = true,
	      .port = 2,
	      .todo = CFM_REMOTES | CFM_DEFECTS,
	      .defects = CFM_DEFECT_RDI,
	      .fng = CFM_FNG_DEFECT,
	      .highest = 1},
	     {.at_ms = 20, .what = CCM, .id = 2, .port = 2, .todo = CFM_REMOTES | CFM_DEFECTS});
	// Below the lowest that is told: no alarm.
	m.parameters.lowest_alarm = 2;
	PLAY({.at_ms = 30,
	      .what = CCM,
	      .id = 2,
	      .rdi = true,
	      .port = 2,
	      .todo = CFM_REMOTES | CFM_DEFECTS,
	      .defects = CFM_DEFECT_RDI});
}

static void a_blocked_port_counts_when_all_remotes_say_it_and_an_interface_when_one_does(void **state)
{
	begin(4, 2);
	PLAY({.at_ms = 10, .what = CCM, .id = 2, .port = 1, .todo = CFM_REMOTES},
	     {.at_ms = 10,
	      .what = CCM,
	      .id = 3,
	      .port = 1,
	      .todo = CFM_REMOTES | CFM_DEFECTS,
	      .defects = MACS,
	      .sends_rdi = true,
	      .fng = CFM_FNG_DEFECT,
	      .highest = 2},
	     {.at_ms = 20, .what = CCM, .id = 3, .port = 2, .todo = CFM_REMOTES | CFM_DEFECTS},
	     {.at_ms = 30,
	      .what = CCM,
	      .id = 3,
	      .port = 2,
	      .interface = 2,
	      .todo = CFM_REMOTES | CFM_DEFECTS,
	      .defects = MACS,
	      .sends_rdi = true,
	      .fng = CFM_FNG_DEFECT,
	      .highest = 2},
	     {.at_ms = 40, .what = CCM, .id = 3, .port = 2, .interface = 1, .todo = CFM_REMOTES | CFM_DEFECTS});
}

static void errors_and_cross_connects_last_for_the_interval_that_they_say(void **state)
{
	begin(4, 1);
	PLAY( // Another MEP id than those expected; our own; another interval.
		{.at_ms = 10, .what = CCM, .id = 2, .port = 2, .todo = CFM_REMOTES},
		{.at_ms = 10,
		 .what = CCM,
		 .id = 7,
		 .todo = CFM_ERROR | CFM_DEFECTS,
		 .defects = ERROR,
		 .sends_rdi = true,
		 .fng = CFM_FNG_DEFECT,
		 .highest = 4},
		{.at_ms = 20,
		 .what = CCM,
		 .id = 1,
		 .todo = CFM_ERROR,
		 .defects = ERROR,
		 .sends_rdi = true,
		 .fng = CFM_FNG_DEFECT,
		 .highest = 4},
		{.at_ms = 30,
		 .what = CCM,
		 .id = 2,
		 .interval = 3,
		 .todo = CFM_ERROR,
		 .defects = ERROR,
		 .sends_rdi = true,
		 .fng = CFM_FNG_DEFECT,
		 .highest = 4},
		// A lower level, and another association's.
		{.at_ms = 40,
		 .what = LOW,
		 .id = 2,
		 .interval = 3,
		 .todo = CFM_XCON | CFM_DEFECTS,
		 .defects = ERROR | XCON,
		 .sends_rdi = true,
		 .fng = CFM_FNG_DEFECT,
		 .highest = 5},
		{.at_ms = 50,
		 .what = CCM,
		 .id = 2,
		 .interval = 3,
		 .other_maid = true,
		 .todo = CFM_XCON,
		 .defects = ERROR | XCON,
		 .sends_rdi = true,
		 .fng = CFM_FNG_DEFECT,
		 .highest = 5},
		{.at_ms = 399,
		 .todo = CFM_SEND,
		 .defects = ERROR | XCON,
		 .sends_rdi = true,
		 .fng = CFM_FNG_DEFECT,
		 .highest = 5},
		{.at_ms = 400,
		 .todo = CFM_DEFECTS,
		 .defects = ERROR,
		 .sends_rdi = true,
		 .fng = CFM_FNG_DEFECT,
		 .highest = 5},
		{.at_ms = 3000,
		 .what = CCM,
		 .id = 2,
		 .port = 2,
		 .todo = CFM_ALARM,
		 .defects = ERROR,
		 .sends_rdi = true,
		 .fng = CFM_FNG_REPORTED,
		 .highest = 5},
		{.at_ms = 3520, .todo = CFM_SEND | CFM_DEFECTS, .fng = CFM_FNG_CLEARING, .highest = 5});
	assert_int_equal(m.error_ccms, 3);
	assert_int_equal(m.xcon_ccms, 2);
}

static void a_higher_defect_is_told_again(void **state)
{
	begin(7, 1);
	PLAY({.at_ms = 0, .todo = CFM_SEND},
	     {.at_ms = 10,
	      .what = CCM,
	      .id = 2,
	      .port = 1,
	      .todo = CFM_REMOTES | CFM_DEFECTS,
	      .defects = MACS,
	      .sends_rdi = true,
	      .fng = CFM_FNG_DEFECT,
	      .highest = 2},
	     {.at_ms = 2510,
	      .todo = CFM_ALARM,
	      .defects = MACS,
	      .sends_rdi = true,
	      .fng = CFM_FNG_REPORTED,
	      .highest = 2},
	     {.at_ms = 2600,
	      .what = CCM,
	      .id = 9,
	      .todo = CFM_ERROR | CFM_DEFECTS,
	      .defects = MACS | ERROR,
	      .sends_rdi = true,
	      .fng = CFM_FNG_DEFECT,
	      .highest = 4},
	     {.at_ms = 5100,
	      .todo = CFM_ALARM,
	      .defects = MACS | ERROR,
	      .sends_rdi = true,
	      .fng = CFM_FNG_REPORTED,
	      .highest = 4});
}

static void a_new_port_status_goes_out_at_once_and_twice_more(void **state)
{
	struct cfm_ccm ccm;

	begin(5, 1);
	PLAY({.at_ms = 0, .todo = CFM_SEND}, {.at_ms = 5000, .what = PORT, .port = 0, .todo = CFM_SEND_STATUS},
	     {.at_ms = 5000, .what = PORT, .port = 0}, {.at_ms = 5199}, {.at_ms = 5200, .todo = CFM_SEND_STATUS},
	     {.at_ms = 5999}, {.at_ms = 6000, .todo = CFM_SEND_STATUS});
	assert_int_equal(cfm_due(&m), 10000 * MS);
	cfm_compose(&m, &ccm);
	assert_int_equal(ccm.port_status, CFM_PORT_BLOCKED);
	assert_int_equal(ccm.interface_status, 0);
	PLAY({.at_ms = 6500, .what = PORT, .port = 1, .todo = CFM_SEND_STATUS},
	     // A change back meanwhile begins anew.
	     {.at_ms = 6600, .what = PORT, .port = 0, .todo = CFM_SEND_STATUS}, {.at_ms = 6700},
	     {.at_ms = 6800, .todo = CFM_SEND_STATUS}, {.at_ms = 7600, .todo = CFM_SEND_STATUS}, {.at_ms = 9999});
	m.parameters.ccm_enabled = false;
	PLAY({.at_ms = 9999, .what = PORT, .port = 1});
}

static void who_is_heard_is_watched_as_far_as_there_is_room(void **state)
{
	begin(4, 0);
	for (uint16_t id = 10; id < 10 + CFM_MOST_HEARD; id++)
		assert_int_equal(happen(&(struct step){.at_ms = 10, .what = CCM, .id = id, .port = 2}), CFM_REMOTES);
	assert_int_equal(happen(&(struct step){.at_ms = 20, .what = CCM, .id = 99, .port = 2}), 0);
	assert_int_equal(m.refused, 1);
	assert_int_equal(m.defects, 0);
	// One that is gone makes room.
	for (uint16_t id = 11; id < 10 + CFM_MOST_HEARD; id++)
		happen(&(struct step){.at_ms = 2000, .what = CCM, .id = id, .port = 2});
	happen(&(struct step){.at_ms = 3510});
	assert_int_equal(m.defects, LOST);
	assert_int_equal(happen(&(struct step){.at_ms = 3520, .what = CCM, .id = 99, .port = 2}),
			 CFM_REMOTES | CFM_DEFECTS);
	assert_null(cfm_remote(&m, 10));
	assert_int_equal(m.defects, 0);
}

static void sequence_numbers_are_counted_but_zero(void **state)
{
	begin(4, 1);
	happen(&(struct step){.at_ms = 10, .what = CCM, .id = 2});
	sequence++;
	happen(&(struct step){.at_ms = 20, .what = CCM, .id = 2});
	assert_int_equal(m.sequence_errors, 1);
	sequence = UINT32_MAX;
	happen(&(struct step){.at_ms = 30, .what = CCM, .id = 2});
	happen(&(struct step){.at_ms = 40, .what = CCM, .id = 2});
	assert_int_equal(m.sequence_errors, 1);
}

static void what_stays_is_kept_when_the_list_changes(void **state)
{
	static struct cfm_remote fresh[2] = {{.id = 3}, {.id = 4}};
	struct cfm_parameters p;

	begin(4, 2);
	happen(&(struct step){.at_ms = 10, .what = CCM, .id = 3, .port = 2});
	p = m.parameters;
	p.alarm_time = 5000 * MS;
	assert_int_equal(cfm_change(&m, &p, fresh, 2, 2, 100 * MS), 0);
	assert_int_equal(cfm_remote(&m, 3)->state, CFM_RMEP_OK);
	assert_int_equal(cfm_remote(&m, 4)->state, CFM_RMEP_START);
	assert_null(cfm_remote(&m, 2));
	// Another interval: all are to be heard anew.
	p.interval = 3;
	cfm_change(&m, &p, fresh, 2, 2, 200 * MS);
	assert_int_equal(cfm_remote(&m, 3)->state, CFM_RMEP_START);
	assert_int_equal(cfm_due(&m), 200 * MS);
	cfm_time(&m, 200 * MS);
	assert_int_equal(cfm_due(&m), 300 * MS);
}

static void nothing_is_made_up_for(void **state)
{
	begin(1, 1);
	assert_int_equal(happen(&(struct step){.at_ms = 0}), CFM_SEND);
	assert_int_equal(cfm_due(&m), 3333);
	assert_int_equal(happen(&(struct step){.at_ms = 4}), CFM_SEND);
	assert_int_equal(cfm_due(&m), 6666);
	// After 100 ms one CCM goes, not thirty; what was missed of the other was missed.
	assert_int_equal(happen(&(struct step){.at_ms = 104}), CFM_SEND | CFM_REMOTES | CFM_DEFECTS);
	assert_int_equal(cfm_due(&m), 104000 + 3333);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(silence_is_a_defect_after_three_and_a_half_intervals),
		cmocka_unit_test(a_remote_that_says_rdi_is_told_of_but_answered_with_none),
		cmocka_unit_test(a_blocked_port_counts_when_all_remotes_say_it_and_an_interface_when_one_does),
		cmocka_unit_test(errors_and_cross_connects_last_for_the_interval_that_they_say),
		cmocka_unit_test(a_higher_defect_is_told_again),
		cmocka_unit_test(a_new_port_status_goes_out_at_once_and_twice_more),
		cmocka_unit_test(who_is_heard_is_watched_as_far_as_there_is_room),
		cmocka_unit_test(sequence_numbers_are_counted_but_zero),
		cmocka_unit_test(what_stays_is_kept_when_the_list_changes),
		cmocka_unit_test(nothing_is_made_up_for),
	};

	return cmocka_run_group_tests_name("cfm-machine", tests, NULL, NULL);
}
