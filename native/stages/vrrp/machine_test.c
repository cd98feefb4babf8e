// The state machine of RFC 9568, 6.4, as data, and its messages.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "machine.h"
#include "packet.h"

struct row {
	const char *name;
	struct vrrp_parameters parameters;
	struct vrrp_machine before;
	struct vrrp_event event;
	struct vrrp_machine after;
	int sent; // priority; -1: nothing
	uint32_t timer;
};

#define P(priority_)                                                                                                   \
	{                                                                                                              \
		.priority = (priority_), .interval = 100, .preempt = true                                              \
	}
#define LAX(priority_)                                                                                                 \
	{                                                                                                              \
		.priority = (priority_), .interval = 100                                                               \
	}
#define INITIALIZE                                                                                                     \
	{                                                                                                              \
		VRRP_ROLE_INITIALIZE, 0                                                                                \
	}
#define BACKUP(i)                                                                                                      \
	{                                                                                                              \
		VRRP_ROLE_BACKUP, (i)                                                                                  \
	}
#define ACTIVE                                                                                                         \
	{                                                                                                              \
		VRRP_ROLE_ACTIVE, 100                                                                                  \
	}
#define ADVERT(p, i, ...)                                                                                              \
	{                                                                                                              \
		.what = VRRP_ADVERTISEMENT, .priority = (p), .interval = (i), ##__VA_ARGS__                            \
	}
#define KEEP VRRP_TIMER_KEEP

static const struct row rows[] = {
	// Skew: (256 - priority) * interval / 256; down: 3 * interval + skew.
	{"starts as a backup", P(100), INITIALIZE, {.what = VRRP_STARTUP}, BACKUP(100), -1, 360},
	{"the owner starts as the active one",
	 P(255),
	 INITIALIZE,
	 {.what = VRRP_STARTUP},
	 {VRRP_ROLE_ACTIVE, 0},
	 255,
	 100},
	{"nothing before it starts", P(100), INITIALIZE, ADVERT(1, 100), INITIALIZE, -1, KEEP},
	{"silence makes it active", P(100), BACKUP(100), {.what = VRRP_TIMER}, ACTIVE, 100, 100},
	{"a better one is heard", P(100), BACKUP(100), ADVERT(200, 100), BACKUP(100), -1, 360},
	{"an equal one is heard", P(100), BACKUP(100), ADVERT(100, 100), BACKUP(100), -1, 360},
	{"its interval is learned", P(100), BACKUP(100), ADVERT(200, 10), BACKUP(10), -1, 36},
	{"a worse one is not heard", P(100), BACKUP(100), ADVERT(50, 100), BACKUP(100), -1, KEEP},
	{"a worse one without preemption", LAX(100), BACKUP(100), ADVERT(50, 100), BACKUP(100), -1, 360},
	{"a worse one before the hold is over", P(100), BACKUP(100), ADVERT(50, 100, .held = true), BACKUP(100), -1,
	 360},
	{"the active one leaves", P(100), BACKUP(100), ADVERT(0, 100), BACKUP(100), -1, 60},
	{"it leaves, and nobody is better", P(254), BACKUP(1), ADVERT(0, 1), BACKUP(1), -1, 1},
	{"a backup shuts down", P(100), BACKUP(100), {.what = VRRP_SHUTDOWN}, {VRRP_ROLE_INITIALIZE, 100}, -1, 0},
	{"advertises", P(100), ACTIVE, {.what = VRRP_TIMER}, ACTIVE, 100, 100},
	{"advertises with the priority of now", P(70), ACTIVE, {.what = VRRP_TIMER}, ACTIVE, 70, 100},
	{"another leaves", P(100), ACTIVE, ADVERT(0, 100), ACTIVE, 100, 100},
	{"a better one comes", P(100), ACTIVE, ADVERT(101, 200), BACKUP(200), -1, 721},
	{"an equal one with a greater address", P(100), ACTIVE, ADVERT(100, 100, .greater = true), BACKUP(100), -1,
	 360},
	{"an equal one with a smaller address", P(100), ACTIVE, ADVERT(100, 100), ACTIVE, 100, 100},
	{"a worse one is told who is active", P(100), ACTIVE, ADVERT(50, 100), ACTIVE, 100, 100},
	{"the active one shuts down", P(100), ACTIVE, {.what = VRRP_SHUTDOWN}, {VRRP_ROLE_INITIALIZE, 100}, 0, 0},
};

static void step_does_what_the_table_says(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct vrrp_result result = vrrp_step(&row->before, &row->parameters, &row->event);
		int sent = result.send ? result.priority : -1;

		if (result.next.role != row->after.role || result.next.active_interval != row->after.active_interval ||
		    sent != row->sent || result.timer != row->timer)
			fail_msg("%s: role %u interval %u sent %d timer %u", row->name, result.next.role,
				 result.next.active_interval, sent, result.timer);
	}
}

// Two of any priorities and intervals that hear each other: within four intervals and a skew one is active.
static void two_routers_agree(void **state)
{
	uint32_t seed = 20261126, x = seed;

	printf("seed %u\n", seed);
	for (unsigned run = 0; run < 2000; run++) {
		struct vrrp_parameters p[2];
		struct vrrp_machine m[2] = {INITIALIZE, INITIALIZE};
		uint32_t timer[2] = {0, 0}, limit = 0;

		for (int i = 0; i < 2; i++) {
			x = x * 1664525 + 1013904223;
			p[i] = (struct vrrp_parameters){.priority = (uint8_t)(1 + (x >> 16) % 254),
							.interval = (uint16_t)(1 + (x >> 8) % 300),
							.preempt = (x >> 30 & 1) != 0};
			limit += 10u * p[i].interval;
		}
		for (uint32_t now = 0; now < limit; now++)
			for (int i = 0; i < 2; i++) {
				struct vrrp_event event = {.what = now == 0 ? VRRP_STARTUP : VRRP_TIMER};
				struct vrrp_result r;

				if (now != 0 && timer[i] != now) continue;
				r = vrrp_step(&m[i], &p[i], &event);
				m[i] = r.next;
				if (r.timer != VRRP_TIMER_KEEP) timer[i] = r.timer != 0 ? now + r.timer : 0;
				// What each says the other hears at once, until nobody answers.
				for (int to = 1 - i, turns = 0; r.send; to = 1 - to, turns++) {
					event = (struct vrrp_event){.what = VRRP_ADVERTISEMENT,
								    .priority = r.priority,
								    .interval = p[1 - to].interval,
								    .greater = to == 0};
					assert_true(turns < 4);
					r = vrrp_step(&m[to], &p[to], &event);
					m[to] = r.next;
					if (r.timer != VRRP_TIMER_KEEP) timer[to] = r.timer != 0 ? now + r.timer : 0;
				}
			}
		if ((m[0].role == VRRP_ROLE_ACTIVE) + (m[1].role == VRRP_ROLE_ACTIVE) != 1)
			fail_msg("run %u: roles %u %u, priorities %u %u, intervals %u %u", run, m[0].role, m[1].role,
				 p[0].priority, p[1].priority, p[0].interval, p[1].interval);
	}
}

static void messages_survive_writing_and_reading(void **state)
{
	static const uint8_t from[16] = {0xfe, 0x80, [15] = 1}, to[16] = {0xff, 2, [15] = 0x12};
	uint8_t addresses[32], bytes[VRRP_MOST];
	struct vrrp_packet packet = {.vrid = 7, .priority = 120, .interval = 4095, .count = 2, .addresses = addresses},
			   out;

	for (unsigned i = 0; i < sizeof(addresses); i++)
		addresses[i] = (uint8_t)(i * 7);
	for (unsigned version = 0; version < IP_VERSIONS; version++) {
		uint32_t length = vrrp_write(&packet, version, from, to, bytes);

		assert_int_equal(length, VRRP_HEADER + 2 * (version == IP_V4 ? 4 : 16));
		assert_int_equal(vrrp_parse(bytes, length, version, from, to, &out), VRRP_FINE);
		assert_int_equal(out.vrid, 7);
		assert_int_equal(out.priority, 120);
		assert_int_equal(out.interval, 4095);
		assert_memory_equal(out.addresses, addresses, length - VRRP_HEADER);
		assert_int_equal(vrrp_parse(bytes, length - 1, version, from, to, &out), VRRP_FAULT_LENGTH);
		assert_int_equal(vrrp_parse(bytes, 7, version, from, to, &out), VRRP_FAULT_LENGTH);
		bytes[2] ^= 1;
		assert_int_equal(vrrp_parse(bytes, length, version, from, to, &out), VRRP_FAULT_CHECKSUM);
		bytes[0] = 0x21;
		assert_int_equal(vrrp_parse(bytes, length, version, from, to, &out), VRRP_FAULT_VERSION);
		bytes[0] = 0x32;
		assert_int_equal(vrrp_parse(bytes, length, version, from, to, &out), VRRP_FAULT_TYPE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(step_does_what_the_table_says),
		cmocka_unit_test(two_routers_agree),
		cmocka_unit_test(messages_survive_writing_and_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
