// Cross-connects on the whole engine: frames go in at one end and come out at the other.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../main/stage.h"
#include "../../testing/router.h"

#define LENGTH 64

static const uint8_t host[6] = {2, 0, 0, 0, 0, 1}, group[6] = {1, 0, 0x5e, 0, 0, 5},
		     all[6] = {255, 255, 255, 255, 255, 255};

// A frame with one C-tag, or none (vid 0).
static uint16_t frame_of(uint8_t *frame, const uint8_t *destination, uint16_t vid)
{
	uint8_t *at = frame + 12;

	memset(frame, 0x5a, LENGTH);
	memcpy(frame, destination, 6);
	memcpy(frame + 6, host, 6);
	if (vid != 0) {
		memcpy(at, (uint8_t[]){0x81, 0, (uint8_t)(vid >> 8), (uint8_t)vid}, 4);
		at += 4;
	}
	memcpy(at, (uint8_t[]){8, 0}, 2);
	return LENGTH;
}

static void assert_through(const char *from, uint16_t vid_in, const char *to, uint16_t vid_out,
			   const uint8_t *destination)
{
	uint8_t in[LENGTH], out[LENGTH];

	router_forget();
	router_receive(from, in, frame_of(in, destination, vid_in));
	assert_int_equal(router_frames(from), 0);
	assert_int_equal(router_frames(to), 1);
	assert_int_equal(router_frame(to, 0)->length, frame_of(out, destination, vid_out));
	assert_memory_equal(router_frame(to, 0)->bytes, out, LENGTH);
}

static void assert_dropped(const char *from, uint16_t vid, const uint8_t *destination, const char *reason)
{
	uint64_t before = router_drops(reason);
	uint8_t in[LENGTH];

	router_forget();
	router_receive(from, in, frame_of(in, destination, vid));
	for (const char *const *port = (const char *const[]){"a", "b", "c", NULL}; *port != NULL; port++)
		assert_int_equal(router_frames(*port), 0);
	assert_int_equal(router_drops(reason), before + 1);
}

static void frames_go_to_the_other_end_and_nowhere_else(void **state)
{
	assert_null(router_apply(router_port("a"), router_port("b"), router_port("c"),
				 op_logical_port("a.0", "a", 0, ""), op_logical_port("b.0", "b", 0, ""),
				 op_logical_port("c.0", "c", 0, ""), op_cross_connect("x", "a.0", "b.0"), NULL));
	assert_through("a", 0, "b", 0, host);
	// Its own address as destination: a bridge would have learned it at this side.
	assert_through("b", 0, "a", 0, host);
	assert_through("a", 0, "b", 0, group);
	assert_through("b", 0, "a", 0, all);
	assert_dropped("c", 0, host, "no-bridge-domain");
	assert_dropped("a", 0, (uint8_t[]){1, 0x80, 0xc2, 0, 0, 0x0e}, "link-local");
}

// After the test above: a, b and c are there.
static void an_end_moves_and_goes(void **state)
{
	assert_null(router_apply(op_cross_connect("x", "a.0", "c.0"), NULL));
	assert_through("a", 0, "c", 0, host);
	assert_through("c", 0, "a", 0, host);
	assert_dropped("b", 0, host, "no-bridge-domain");
	// A change of the logical port itself leaves the cross-connect.
	assert_null(router_apply(op_logical_port("a.0", "a", 10, ""), NULL));
	assert_dropped("a", 0, host, "unknown-vlan");
	assert_dropped("a", 10, host, "encapsulation-mismatch");
	assert_null(router_apply(op_logical_port("c.0", "c", 10, ""), NULL));
	assert_through("a", 10, "c", 10, host);
	assert_null(router_apply(op_delete(SLUICE__API__OBJECT_KIND__KIND_CROSS_CONNECT, "x"), NULL));
	assert_dropped("a", 10, host, "no-bridge-domain");
	assert_dropped("c", 10, host, "no-bridge-domain");
}

static void a_logical_port_has_one_service(void **state)
{
	const struct api_error *error;

	assert_null(router_apply(op_bridge_domain("bd", 300), op_logical_port("d.1", "c", 1, "bd"), NULL));
	error = router_apply(op_cross_connect("x", "a.0", "d.1"), NULL);
	assert_non_null(error);
	assert_int_equal(error->code, SLUICE__API__ERROR_CODE__ERROR_CONFLICT);
	assert_null(router_apply(op_cross_connect("x", "a.0", "b.0"), NULL));
	error = router_apply(op_cross_connect("y", "b.0", "c.0"), NULL);
	assert_non_null(error);
	assert_int_equal(error->code, SLUICE__API__ERROR_CODE__ERROR_CONFLICT);
	error = router_apply(op_cross_connect("y", "c.0", "c.0"), NULL);
	assert_non_null(error);
	assert_int_equal(error->code, SLUICE__API__ERROR_CODE__ERROR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_go_to_the_other_end_and_nowhere_else),
		cmocka_unit_test(an_end_moves_and_goes),
		cmocka_unit_test(a_logical_port_has_one_service),
	};
	int failed;

	router_start();
	failed = cmocka_run_group_tests_name("cross-connect", tests, NULL, NULL);
	assert_int_equal(router_packets_in_use(), 0);
	router_stop();
	return failed;
}
