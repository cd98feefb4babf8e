// The state machine of RFC 4861, appendix C, as data: state and event in, state, what is done, and the timer out.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "nud.h"

#define REACHABLE_MS 30000

static const struct rte_ether_addr none, one = {{2, 0, 0, 0, 0, 1}}, two = {{2, 0, 0, 0, 0, 2}};

enum { ASK_ALL = 1, ASK_ONE = 2, KNOWN = 4, CHANGED = 8, FAILED = 16 };

struct row {
	const char *name;
	struct nud before;
	struct nud_event event;
	struct nud after;
	unsigned done;
	uint32_t timer_ms;
};

#define INCOMPLETE(n)                                                                                                  \
	{                                                                                                              \
		.state = NUD_INCOMPLETE, .sent = (n)                                                                   \
	}
#define WITH(s, m)                                                                                                     \
	{                                                                                                              \
		.state = NUD_##s, .mac = m                                                                             \
	}
#define PROBE(n, m)                                                                                                    \
	{                                                                                                              \
		.state = NUD_PROBE, .sent = (n), .mac = m                                                              \
	}
#define NA(m, ...)                                                                                                     \
	{                                                                                                              \
		.what = NUD_ADVERTISED, .has_mac = true, .mac = m, __VA_ARGS__                                         \
	}
#define HEARD(m)                                                                                                       \
	{                                                                                                              \
		.what = NUD_HEARD, .has_mac = true, .mac = m                                                           \
	}
#define ONE                                                                                                            \
	{                                                                                                              \
		{                                                                                                      \
			2, 0, 0, 0, 0, 1                                                                               \
		}                                                                                                      \
	}
#define TWO                                                                                                            \
	{                                                                                                              \
		{                                                                                                      \
			2, 0, 0, 0, 0, 2                                                                               \
		}                                                                                                      \
	}
#define KEEP NUD_TIMER_KEEP

static const struct row rows[] = {
	{"the first packet asks", INCOMPLETE(0), {.what = NUD_WANTED}, INCOMPLETE(1), ASK_ALL, 1000},
	{"the next do not", INCOMPLETE(1), {.what = NUD_WANTED}, INCOMPLETE(1), 0, KEEP},
	{"asked again", INCOMPLETE(1), {.what = NUD_TIMER}, INCOMPLETE(2), ASK_ALL, 1000},
	{"and a third time", INCOMPLETE(2), {.what = NUD_TIMER}, INCOMPLETE(3), ASK_ALL, 1000},
	{"no answer", INCOMPLETE(3), {.what = NUD_TIMER}, INCOMPLETE(0), FAILED, 0},
	{"nobody asks", INCOMPLETE(0), {.what = NUD_TIMER}, INCOMPLETE(0), 0, 0},
	{"solicited answer", INCOMPLETE(1), NA(ONE, .solicited = true, .override = true), WITH(REACHABLE, ONE),
	 KNOWN | CHANGED, REACHABLE_MS},
	{"answer without override", INCOMPLETE(1), NA(ONE, .solicited = true), WITH(REACHABLE, ONE), KNOWN | CHANGED,
	 REACHABLE_MS},
	{"unsolicited answer", INCOMPLETE(1), NA(ONE, .override = true), WITH(STALE, ONE), KNOWN | CHANGED,
	 NUD_STALE_MS},
	{"answer without MAC", INCOMPLETE(1), {.what = NUD_ADVERTISED, .solicited = true}, INCOMPLETE(1), 0, KEEP},
	{"heard while asked for", INCOMPLETE(2), HEARD(ONE), WITH(STALE, ONE), KNOWN | CHANGED, NUD_STALE_MS},
	{"grows stale", WITH(REACHABLE, ONE), {.what = NUD_TIMER}, WITH(STALE, ONE), 0, NUD_STALE_MS},
	{"use of a reachable one", WITH(REACHABLE, ONE), {.what = NUD_USED}, WITH(REACHABLE, ONE), 0, KEEP},
	{"use of a stale one", WITH(STALE, ONE), {.what = NUD_USED}, WITH(DELAY, ONE), 0, NUD_DELAY_MS},
	{"never used", WITH(STALE, ONE), {.what = NUD_TIMER}, INCOMPLETE(0), FAILED, 0},
	{"nothing confirmed it", WITH(DELAY, ONE), {.what = NUD_TIMER}, PROBE(1, ONE), ASK_ONE, 1000},
	{"probed again", PROBE(1, ONE), {.what = NUD_TIMER}, PROBE(2, ONE), ASK_ONE, 1000},
	{"probed in vain", PROBE(3, ONE), {.what = NUD_TIMER}, INCOMPLETE(0), FAILED, 0},
	{"probe answered", PROBE(2, ONE), NA(ONE, .solicited = true, .override = true), WITH(REACHABLE, ONE), 0,
	 REACHABLE_MS},
	{"probe answered without MAC",
	 PROBE(2, ONE),
	 {.what = NUD_ADVERTISED, .solicited = true},
	 WITH(REACHABLE, ONE),
	 0,
	 REACHABLE_MS},
	{"confirmed in delay", WITH(DELAY, ONE), NA(ONE, .solicited = true), WITH(REACHABLE, ONE), 0, REACHABLE_MS},
	{"another claims it of a reachable one", WITH(REACHABLE, ONE), NA(TWO, .solicited = true), WITH(STALE, ONE), 0,
	 NUD_STALE_MS},
	{"another claims it of a stale one", WITH(STALE, ONE), NA(TWO, .solicited = true), WITH(STALE, ONE), 0, KEEP},
	{"moves, solicited", WITH(STALE, ONE), NA(TWO, .solicited = true, .override = true), WITH(REACHABLE, TWO),
	 CHANGED, REACHABLE_MS},
	{"moves, unsolicited", WITH(REACHABLE, ONE), NA(TWO, .override = true), WITH(STALE, TWO), CHANGED,
	 NUD_STALE_MS},
	{"says it again, unsolicited", WITH(REACHABLE, ONE), NA(ONE, .override = true), WITH(REACHABLE, ONE), 0, KEEP},
	{"heard as known", WITH(REACHABLE, ONE), HEARD(ONE), WITH(REACHABLE, ONE), 0, KEEP},
	{"heard with another MAC", WITH(REACHABLE, ONE), HEARD(TWO), WITH(STALE, TWO), CHANGED, NUD_STALE_MS},
	{"heard with another MAC in a probe", PROBE(2, ONE), HEARD(TWO), WITH(STALE, TWO), CHANGED, NUD_STALE_MS},
};

static void step_does_what_the_table_says(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct nud_result result = nud_step(&row->before, &row->event, REACHABLE_MS);
		unsigned done = (result.ask_all ? ASK_ALL : 0) | (result.ask_one ? ASK_ONE : 0) |
				(result.known ? KNOWN : 0) | (result.changed ? CHANGED : 0) |
				(result.failed ? FAILED : 0);

		if (memcmp(&result.next, &row->after, sizeof(row->after)) != 0 || done != row->done ||
		    result.timer_ms != row->timer_ms)
			fail_msg("%s: state %u sent %u mac %02x done %u timer %u", row->name, result.next.state,
				 result.next.sent, result.next.mac.addr_bytes[5], done, result.timer_ms);
	}
}

// Whatever comes: who is known has a MAC, who is not has none, and who is asked for has a timer.
static void step_keeps_its_invariants(void **state)
{
	uint64_t seed = 20261126, x = seed;
	struct nud nud = INCOMPLETE(0);
	bool timer = false;

	printf("seed %llu\n", (unsigned long long)seed);
	for (unsigned i = 0; i < 1000000; i++) {
		struct nud_event event = {0};
		struct nud_result result;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		event.what = (enum nud_what)(x % 5);
		event.has_mac = event.what == NUD_HEARD || (x >> 8 & 1) != 0;
		event.mac = (x >> 9 & 1) != 0 ? one : two;
		event.solicited = (x >> 10 & 1) != 0;
		event.override = (x >> 11 & 1) != 0;
		event.router = (x >> 12 & 1) != 0;
		if (event.what == NUD_TIMER && !timer) continue;
		if (event.what == NUD_TIMER) timer = false;
		result = nud_step(&nud, &event, REACHABLE_MS);
		if (result.timer_ms != NUD_TIMER_KEEP) timer = result.timer_ms != 0;
		nud = result.next;
		assert_int_equal(nud.state == NUD_INCOMPLETE, rte_is_same_ether_addr(&nud.mac, &none));
		assert_true(nud.sent <= NUD_MULTICAST_SOLICIT);
		if (nud.state != NUD_INCOMPLETE || nud.sent != 0) assert_true(timer);
		assert_false(result.ask_one && nud.state == NUD_INCOMPLETE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(step_does_what_the_table_says),
		cmocka_unit_test(step_keeps_its_invariants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
