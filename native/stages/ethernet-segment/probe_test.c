// Probes in the whole router: what is sent into each VLAN, and what is taken of others.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <rte_cycles.h>

#include <inttypes.h>

#include "../../main/clock.h"
#include "../../main/loop.h"
#include "../../main/worker.h"
#include "../control-plane/control_plane.h"
#include "probe.h"
#include "probe_send.h"
#include "testing.h"

static const char key_text[] = "a key that all PEs of it know";
static const struct rte_ether_addr peer_mac = {{2, 0, 0, 0, 0, 9}};
static struct hmac_key key;

static void hmac_is_that_of_rfc_4231(void **state)
{
	static const uint8_t first[] = {0xb0, 0x34, 0x4c, 0x61, 0xd8, 0xdb, 0x38, 0x53,
					0x5c, 0xa8, 0xaf, 0xce, 0xaf, 0x0b, 0xf1, 0x2b};
	static const uint8_t second[] = {0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e,
					 0x6a, 0x04, 0x24, 0x26, 0x08, 0x95, 0x75, 0xc7};
	uint8_t bytes[20], mac[HMAC_SIZE];
	struct hmac_key it;

	memset(bytes, 0x0b, sizeof(bytes));
	hmac_key_set(&it, bytes, sizeof(bytes));
	hmac_sha256_128(&it, (const uint8_t *)"Hi There", 8, mac);
	assert_memory_equal(mac, first, sizeof(mac));
	hmac_key_set(&it, (const uint8_t *)"Jefe", 4);
	hmac_sha256_128(&it, (const uint8_t *)"what do ya want for nothing?", 28, mac);
	assert_memory_equal(mac, second, sizeof(mac));
}

// ---------------------------------------------------------------- a network

static int set_up(void **state)
{
	apply(router_port("ce"));
	apply(router_port("core"));
	apply(op_bridge_domain("bd", 300));
	apply(op_logical_port("ce.10", "ce", 10, "bd"));
	apply(op_bridge_domain("bd20", 300));
	apply(op_logical_port("ce.20", "ce", 20, "bd20"));
	apply(op_logical_port("core.20", "core", 20, "bd20"));
	apply(op_logical_port("core.10", "core", 10, "bd"));
	apply(op_segment((struct segment_wish){.name = "es",
					       .port = "ce",
					       .first = 10,
					       .last = 12,
					       .local = "192.0.2.1",
					       .peer = "192.0.2.2",
					       .key = key_text}));
	router_run();
	router_forget();
	hmac_key_set(&key, (const uint8_t *)key_text, strlen(key_text));
	return 0;
}

static int tear_down(void **state)
{
	assert_null(router_apply_list(NULL, 0, true));
	router_run();
	assert_int_equal(router_packets_in_use(), 0);
	return 0;
}

static const struct api_error *sends(uint16_t first, uint16_t last, unsigned kind)
{
	static struct api_error error;
	Sluice__Api__SegmentProbe probe = SLUICE__API__SEGMENT_PROBE__INIT;
	uint8_t vlans[SEGMENT_SET_BYTES];

	error = (struct api_error){0};
	probe.segment = (char *)(uintptr_t) "es";
	probe.kind = (Sluice__Api__SegmentProbeKind)kind;
	probe.vlans = segment_set(vlans, first, last);
	probe.stamp = 0x1122334455667788;
	return segment_probe(store_find_owner("test"), &probe, &error) < 0 ? &error : NULL;
}

static struct probe of_peer(uint64_t sequence)
{
	struct probe probe = {.kind = 2, .version = IP_V4, .vid = 10, .stamp = 5, .sequence = sequence};

	memcpy(probe.esi, segment_esi, sizeof(probe.esi));
	memcpy(probe.from.bytes, (uint8_t[]){192, 0, 2, 2}, 4);
	return probe;
}

static void hears(const struct probe *probe, uint16_t tag, int damaged)
{
	uint8_t frame[PROBE_FRAME];

	probe_write(probe, &key, &peer_mac, RTE_ETHER_TYPE_VLAN, frame);
	frame[14] = (uint8_t)(frame[14] & 0xf0) | (uint8_t)(tag >> 8);
	frame[15] = (uint8_t)tag;
	if (damaged >= 0) frame[ETHERNET_HEADER + TAG_SIZE + damaged] ^= 0x10;
	router_receive("ce", frame, sizeof(frame));
}

static struct segment_counters *counted(void)
{
	return &segment_at("ce")->segment->counters[0];
}

// ---------------------------------------------------------------- tests

static void a_probe_goes_into_each_vlan_through_the_block(void **state)
{
	uint64_t before = 0;

	assert_null(sends(10, 12, 1));
	router_run();
	assert_int_equal(router_frames("ce"), 3);
	assert_int_equal(router_frames("core"), 0);
	for (unsigned i = 0; i < 3; i++) {
		const struct router_frame *frame = router_frame("ce", i);
		struct probe probe;

		assert_int_equal(frame->length, PROBE_FRAME);
		assert_memory_equal(frame->bytes, ((uint8_t[]){3, 0, 0x53, 0x4c, 0x55, 1}), 6);
		assert_int_equal(frame->bytes[6] & 1, 0);
		assert_memory_equal(frame->bytes + 12, ((uint8_t[]){0x81, 0, 0xe0, (uint8_t)(10 + i), 0x88, 0xb5}), 6);
		assert_true(probe_parse(frame->bytes + 18, PROBE_BODY, &probe));
		assert_true(probe_is_genuine(frame->bytes + 18, &key));
		assert_int_equal(probe.kind, 1);
		assert_int_equal(probe.vid, 10 + i);
		assert_true(probe.stamp == 0x1122334455667788);
		assert_memory_equal(probe.from.bytes, ((uint8_t[]){192, 0, 2, 1}), 4);
		assert_true(probe.sequence > before);
		before = probe.sequence;
	}
	assert_true(before + 1000000000 > clock_realtime_ns());
}

static void a_probe_of_a_peer_ends_here_whether_blocked_or_not(void **state)
{
	struct probe probe = of_peer(7);

	hears(&probe, 10, -1);
	assert_int_equal(counted()->probes_received, 1);
	segment_releases("es", 10, 10);
	probe.sequence++;
	hears(&probe, 10, -1);
	assert_int_equal(counted()->probes_received, 2);
	assert_int_equal(router_frames("core"), 0);
	assert_int_equal(router_drops("block-point"), 0);
}

// What was heard is gathered for a millisecond.
static void answers(void)
{
	router_run();
	router_advance(5);
	router_run();
}

static void a_query_is_answered_for_what_is_open(void **state)
{
	struct probe query = of_peer(7), answer;

	segment_releases("es", 10, 10);
	hears(&query, 10, -1);
	// Nobody has said yet what the stamp is.
	answers();
	assert_int_equal(router_frames("ce"), 0);
	assert_null(sends(12, 12, 4));
	router_run();
	router_forget();
	query.sequence++;
	hears(&query, 10, -1);
	answers();
	assert_int_equal(router_frames("ce"), 1);
	assert_true(probe_parse(router_frame("ce", 0)->bytes + 18, PROBE_BODY, &answer));
	assert_int_equal(answer.kind, SLUICE__API__SEGMENT_PROBE_KIND__PROBE_FORWARDING);
	assert_int_equal(answer.vid, 10);
	assert_true(answer.stamp == 0x1122334455667788);
	// An answer is no question, and what is closed is not spoken of.
	router_forget();
	query.kind = SLUICE__API__SEGMENT_PROBE_KIND__PROBE_FORWARDING;
	query.sequence++;
	hears(&query, 10, -1);
	answers();
	segment_blocks("es", 10, 10);
	query.kind = SLUICE__API__SEGMENT_PROBE_KIND__PROBE_QUERY;
	query.sequence++;
	hears(&query, 10, -1);
	answers();
	assert_int_equal(router_frames("ce"), 0);
}

static void what_is_not_genuine_is_refused_and_goes_nowhere(void **state)
{
	struct probe probe = of_peer(7);

	segment_releases("es", 10, 10);
	// Each byte but that of the padding, whose value no receiver takes either.
	for (int at = 0; at < PROBE_BODY; at++)
		hears(&probe, 10, at);
	assert_int_equal(counted()->probes_received, 0);
	assert_int_equal(counted()->probes_refused, PROBE_BODY);
	hears(&probe, 10, -1);
	assert_int_equal(counted()->probes_received, 1);
	// Again, an older one, and in another VLAN.
	hears(&probe, 10, -1);
	probe.sequence--;
	hears(&probe, 10, -1);
	probe.sequence += 5;
	hears(&probe, 12, -1);
	assert_int_equal(counted()->probes_received, 1);
	assert_int_equal(counted()->probes_refused, PROBE_BODY + 2);
	// Of nobody, and of ourselves.
	probe.from.bytes[3] = 3;
	hears(&probe, 10, -1);
	probe.from.bytes[3] = 1;
	hears(&probe, 10, -1);
	assert_int_equal(counted()->probes_refused, PROBE_BODY + 4);
	assert_int_equal(router_frames("core"), 0);
}

static void elsewhere_it_is_the_customers(void **state)
{
	struct probe probe = of_peer(7);
	uint8_t frame[PROBE_FRAME];

	// In a VLAN that is not the segment's, and on another port.
	probe.vid = 20;
	hears(&probe, 20, -1);
	assert_int_equal(router_frames("core"), 1);
	segment_releases("es", 10, 10);
	probe_write(&probe, &key, &peer_mac, RTE_ETHER_TYPE_VLAN, frame);
	frame[15] = 10;
	router_forget();
	router_receive("core", frame, sizeof(frame));
	assert_int_equal(router_frames("ce"), 1);
	assert_int_equal(counted()->probes_received + counted()->probes_refused, 0);
	// Without a key it is nobody's business but the customer's.
	apply(op_segment(
		(struct segment_wish){.name = "es", .port = "ce", .first = 10, .last = 12, .peer = "192.0.2.2"}));
	segment_releases("es", 10, 10);
	router_forget();
	hears(&probe, 10, -1);
	assert_int_equal(router_frames("core"), 1);
	assert_string_equal(sends(10, 10, 1)->message, "it has no probe_key");
}

static void numbers_of_a_peer_outlive_changes_of_the_segment(void **state)
{
	struct probe probe = of_peer(7);

	hears(&probe, 10, -1);
	apply(op_segment((struct segment_wish){
		.name = "es", .port = "ce", .first = 10, .last = 14, .peer = "192.0.2.2", .key = key_text}));
	hears(&probe, 10, -1);
	assert_int_equal(counted()->probes_received, 1);
	assert_int_equal(counted()->probes_refused, 1);
	apply(op_segment((struct segment_wish){
		.name = "es", .port = "ce", .first = 10, .last = 14, .peer = "192.0.2.3", .key = key_text}));
	apply(op_segment((struct segment_wish){
		.name = "es", .port = "ce", .first = 10, .last = 14, .peer = "192.0.2.2", .key = key_text}));
	hears(&probe, 10, -1);
	assert_int_equal(counted()->probes_received, 2);
}

static void many_are_paced_and_cost_little(void **state)
{
	const struct segment *segment;
	struct probe probe = of_peer(7);
	uint8_t frame[PROBE_FRAME];
	uint64_t from, clocks;
	unsigned sent;

	apply(op_segment((struct segment_wish){
		.name = "es", .port = "ce", .first = 1, .last = 4094, .peer = "192.0.2.2", .key = key_text}));
	segment = segment_at("ce")->segment;
	assert_null(sends(1, 4094, 1));
	sent = (unsigned)segment->probes_sent;
	assert_in_range(sent, 1, 4093);
	for (unsigned i = 0; i < 40 && segment->jobs != 0; i++) {
		loop_advance(1);
		router_run();
	}
	assert_int_equal(segment->jobs, 0);
	assert_int_equal(segment->probes_sent + segment->probes_dropped, 4094);
	assert_int_equal(router_frames("ce"), segment->probes_sent);
	for (unsigned i = 0; i < 20; i++)
		assert_null(sends(1, 4094, 1));
	assert_true(segment->probes_dropped >= 3 * 4094);
	router_advance(1000);
	from = rte_rdtsc();
	for (unsigned i = 0; i < 10000; i++)
		probe_write(&probe, &key, &peer_mac, RTE_ETHER_TYPE_VLAN, frame);
	clocks = (rte_rdtsc() - from) / 10000;
	printf("a probe: %u clocks to write, of %" PRIu64 " a second: 41,000 a second are %.1f %% of a core\n",
	       (unsigned)clocks, rte_get_tsc_hz(), 41000.0 * 100 * (double)clocks / (double)rte_get_tsc_hz());
}

#define PROBE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hmac_is_that_of_rfc_4231),
		PROBE_TEST(a_probe_goes_into_each_vlan_through_the_block),
		PROBE_TEST(a_probe_of_a_peer_ends_here_whether_blocked_or_not),
		PROBE_TEST(a_query_is_answered_for_what_is_open),
		PROBE_TEST(what_is_not_genuine_is_refused_and_goes_nowhere),
		PROBE_TEST(elsewhere_it_is_the_customers),
		PROBE_TEST(numbers_of_a_peer_outlive_changes_of_the_segment),
		PROBE_TEST(many_are_paced_and_cost_little),
	};

	return cmocka_run_group_tests_name("segment-probe", tests, router_group_start, router_group_stop);
}
