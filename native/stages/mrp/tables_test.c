// Every cell of the standard's tables, as the standard prints them.
#include "tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

// IEEE 802.1Q-2018, table 10-3, of a shared medium; "-" no change. A cell of tx! and txLA!: what is sent, then the
// state.
static const struct {
	enum mrp_input input;
	const char *cells;
} applicant_rows[] = {
	{MRP_BEGIN, "VO VO VO VO VO VO VO VO VO VO VO VO"},
	{MRP_REQUEST_NEW, "VN VN - - VN VN VN VN VN VN VN VN"},
	{MRP_REQUEST_JOIN, "VP - - - - - AA AP QP - - VP"},
	{MRP_REQUEST_LV, "- VO LA LA LA LA - - - AO QO -"},
	{MRP_R_NEW, "- - - - - - - - - - - -"},
	{MRP_R_JOIN_IN, "AO AP - - QA - - QO - QP - -"},
	{MRP_R_IN, "- - - - - - - - - - - -"},
	{MRP_R_JOIN_MT, "- - - - - AA - - AO - AP VO"},
	{MRP_R_MT, "- - - - - AA - - AO - AP VO"},
	{MRP_R_LV, "LO - - VN VP VP - LO LO VP VP -"},
	{MRP_R_LA, "LO - - VN VP VP - LO LO VP VP -"},
	{MRP_REDECLARE, "LO - - VN VP VP - LO LO VP VP -"},
	{MRP_PERIODIC, "- - - - - AA - - - - AP -"},
	{MRP_TX, "[s]:- sJ:AA sN:AN sN:QA sJ:QA [sJ]:- sL:VO [s]:- [s]:- sJ:QA [s]:- s:VO"},
	{MRP_TX_LA, "[s]:LO s:AA sN:AN sN:QA sJ:QA sJ:- [s]:LO [s]:LO [s]:LO sJ:QA sJ:QA [s]:-"},
	{MRP_TX_LAF, "LO - - VN VP VP LO LO LO VP VP -"},
};

// Table 10-4: MT LV IN; indication, timer (+ started, . stopped), state.
static const struct {
	enum mrp_input input;
	const char *cells;
} registrar_rows[] = {
	{MRP_BEGIN, ".MT .MT .MT"},
	{MRP_R_NEW, "New:IN New:.IN New:IN"},
	{MRP_R_JOIN_IN, "Join:IN .IN -"},
	{MRP_R_JOIN_MT, "Join:IN .IN -"},
	{MRP_R_LV, "- - +LV"},
	{MRP_R_LA, "- - +LV"},
	{MRP_TX_LA, "- - +LV"},
	{MRP_REDECLARE, "- - +LV"},
	{MRP_FLUSH, "- Lv:.MT Lv:MT"},
	{MRP_LEAVE_TIMER, "- Lv:MT -"},
	// Not in the table: nothing happens.
	{MRP_R_IN, "- - -"},
	{MRP_R_MT, "- - -"},
	{MRP_TX, "- - -"},
	{MRP_PERIODIC, "- - -"},
	{MRP_REQUEST_NEW, "- - -"},
	{MRP_REQUEST_JOIN, "- - -"},
	{MRP_REQUEST_LV, "- - -"},
};

static void cell(const char *cells, unsigned column, char out[16])
{
	for (; column > 0; column--)
		cells = strchr(cells, ' ') + 1;
	snprintf(out, 16, "%.*s", (int)strcspn(cells, " "), cells);
}

static void check_applicant(enum mrp_input input, enum mrp_applicant state, struct mrp_applicant_step step,
			    const char *expected)
{
	static const char *const sends[] = {"", "sN", "sJ", "sL", "s", "[sJ]", "[s]"};
	char got[16], *at = got;

	if (input == MRP_TX || input == MRP_TX_LA) at += sprintf(at, "%s:", sends[step.send]);
	sprintf(at, "%s", step.next == state ? "-" : mrp_applicant_name((enum mrp_applicant)step.next));
	// VO at Begin! is written out.
	if (input == MRP_BEGIN) sprintf(got, "%s", mrp_applicant_name((enum mrp_applicant)step.next));
	if (strcmp(got, expected) != 0)
		fail_msg("input %d in %s: %s, not %s", input, mrp_applicant_name(state), got, expected);
}

static void applicant_is_the_standards_table(void **state)
{
	unsigned cells = 0;

	for (size_t row = 0; row < sizeof(applicant_rows) / sizeof(applicant_rows[0]); row++)
		for (unsigned from = 0; from < MRP_APPLICANTS; from++, cells++) {
			char expected[16];

			cell(applicant_rows[row].cells, from, expected);
			check_applicant(
				applicant_rows[row].input, (enum mrp_applicant)from,
				mrp_applicant_step((enum mrp_applicant)from, applicant_rows[row].input, false, true),
				expected);
		}
	assert_int_equal(cells, 16 * 12);
}

// The notes 4, 5 and 8.
static void applicant_heeds_the_notes(void **state)
{
	assert_int_equal(mrp_applicant_step(MRP_VO, MRP_R_JOIN_IN, true, false).next, MRP_VO);
	assert_int_equal(mrp_applicant_step(MRP_VP, MRP_R_JOIN_IN, true, false).next, MRP_VP);
	assert_int_equal(mrp_applicant_step(MRP_AA, MRP_R_JOIN_IN, true, false).next, MRP_QA);
	assert_int_equal(mrp_applicant_step(MRP_AA, MRP_R_IN, true, false).next, MRP_QA);
	assert_int_equal(mrp_applicant_step(MRP_AN, MRP_TX, true, false).next, MRP_AA);
	assert_int_equal(mrp_applicant_step(MRP_AN, MRP_TX, true, true).next, MRP_QA);
}

static void registrar_is_the_standards_table(void **state)
{
	static const char *const indications[] = {"", "New:", "Join:", "Lv:"}, *const timers[] = {"", "+", "."};

	for (size_t row = 0; row < sizeof(registrar_rows) / sizeof(registrar_rows[0]); row++)
		for (unsigned from = 0; from < MRP_REGISTRARS; from++) {
			enum mrp_input input = registrar_rows[row].input;
			struct mrp_registrar_step step = mrp_registrar_step((enum mrp_registrar)from, input);
			char expected[16], got[32];

			cell(registrar_rows[row].cells, from, expected);
			snprintf(got, sizeof(got), "%s%s%s", indications[step.indicate], timers[step.timer],
				 mrp_registrar_name((enum mrp_registrar)step.next));
			if (strcmp(expected, "-") == 0) {
				assert_int_equal(step.next, from);
				assert_int_equal(step.indicate, MRP_INDICATE_NONE);
			} else {
				assert_string_equal(got, expected);
			}
		}
}

// It asks for an opportunity exactly where tx! sends something that is not optional.
static void applicant_asks_for_what_it_would_send(void **state)
{
	for (unsigned from = 0; from < MRP_APPLICANTS; from++) {
		uint8_t send = mrp_applicant_step((enum mrp_applicant)from, MRP_TX, true, true).send;

		assert_int_equal(mrp_applicant_anxious((enum mrp_applicant)from),
				 send != MRP_SEND_JOIN_OPTIONAL && send != MRP_SEND_STATE_OPTIONAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(applicant_is_the_standards_table),
		cmocka_unit_test(applicant_heeds_the_notes),
		cmocka_unit_test(registrar_is_the_standards_table),
		cmocka_unit_test(applicant_asks_for_what_it_would_send),
	};

	return cmocka_run_group_tests_name("mrp-tables", tests, NULL, NULL);
}
