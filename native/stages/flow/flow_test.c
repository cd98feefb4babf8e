// The cache on the whole engine, with bridging alone: what hits, what is invalidated, what stays apart, what is
// bounded.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../main/worker.h"
#include "testing.h"

#define LENGTH 64

// An UDP packet of host `from` to host `to`, tagged.
static void frame_of(uint8_t frame[LENGTH], uint16_t vid, uint8_t to, uint8_t from, uint16_t port)
{
	static const uint8_t ip[] = {0x45, 0, 0, 46, 0, 0, 0, 0, 64, 17, 0x66, 0xbd, 10, 0, 0, 1, 10, 0, 0, 2};
	uint32_t sum = 0;

	memset(frame, 0, LENGTH);
	memcpy(frame,
	       (uint8_t[]){2, 0, 0, 0, 0, to, 2, 0, 0, 0, 0, from, 0x81, 0, (uint8_t)(vid >> 8), (uint8_t)vid, 8}, 17);
	memcpy(frame + 18, ip, sizeof(ip));
	frame[28] = frame[29] = 0;
	for (unsigned i = 18; i < 38; i += 2)
		sum += (uint32_t)(frame[i] << 8 | frame[i + 1]);
	sum = (sum >> 16) + (sum & 0xffff);
	sum = (uint16_t) ~((sum >> 16) + sum);
	frame[28] = (uint8_t)(sum >> 8);
	frame[29] = (uint8_t)sum;
	frame[38] = (uint8_t)(port >> 8);
	frame[39] = (uint8_t)port;
	frame[41] = 53;
	frame[43] = 26;
}

static void receive(const char *port, uint16_t vid, uint8_t to, uint8_t from, uint16_t udp_port)
{
	uint8_t frame[LENGTH];

	frame_of(frame, vid, to, from, udp_port);
	router_receive(port, frame, LENGTH);
}

// Two tenants on the same two ports, each with a host at either, all with the same addresses.
static int set_up(void **state)
{
	flow_cache_every_port = true;
	apply(router_port("a"));
	apply(router_port("b"));
	apply(router_port("c"));
	for (unsigned tenant = 1; tenant <= 2; tenant++) {
		char bd[8], lp[8];

		snprintf(bd, sizeof(bd), "bd%u", tenant);
		apply(op_bridge_domain(bd, 300));
		snprintf(lp, sizeof(lp), "a%u", tenant);
		apply(op_logical_port(lp, "a", tenant, bd));
		snprintf(lp, sizeof(lp), tenant == 1 ? "b%u" : "c%u", tenant);
		apply(op_logical_port(lp, tenant == 1 ? "b" : "c", tenant, bd));
		receive(tenant == 1 ? "b" : "c", (uint16_t)tenant, 1, 2, 1);
		receive("a", (uint16_t)tenant, 2, 1, 1);
		receive("a", (uint16_t)tenant, 2, 1, 1);
		receive(tenant == 1 ? "b" : "c", (uint16_t)tenant, 1, 2, 1);
	}
	flow_mark();
	return 0;
}

static int tear_down(void **state)
{
	assert_int_equal(router_packets_in_use(), 0);
	assert_null(router_apply_list(NULL, 0, true));
	return 0;
}

static void hit_forwards_the_same_bytes(void **state)
{
	uint8_t frame[LENGTH];

	frame_of(frame, 1, 2, 1, 1);
	receive("a", 1, 2, 1, 1);
	assert_int_equal(FLOW_SINCE(exact_hits) + FLOW_SINCE(aggregate_hits), 1);
	assert_int_equal(FLOW_SINCE(misses), 0);
	assert_int_equal(router_frames("b"), 1);
	assert_memory_equal(router_frame("b", 0)->bytes, frame, LENGTH);
}

static void new_flow_of_a_known_aggregate_hits(void **state)
{
	for (uint16_t port = 1000; port < 1100; port++)
		receive("a", 1, 2, 1, port);
	assert_int_equal(FLOW_SINCE(aggregate_hits), 100);
	assert_int_equal(FLOW_SINCE(misses), 0);
	// Its second packet gets it an entry of its own.
	receive("a", 1, 2, 1, 1099);
	receive("a", 1, 2, 1, 1099);
	assert_int_equal(FLOW_SINCE(exact_hits), 1);
	assert_int_equal(router_frames("b"), 102);
}

static void tenants_with_the_same_headers_stay_apart(void **state)
{
	receive("a", 1, 2, 1, 1);
	receive("a", 2, 2, 1, 1);
	assert_int_equal(FLOW_SINCE(misses), 0);
	assert_int_equal(router_frames("b"), 1);
	assert_int_equal(router_frames("c"), 1);
}

static void change_invalidates_what_depends_on_it_alone(void **state)
{
	apply(op_block_point("x", "a", 1));
	receive("a", 1, 2, 1, 1);
	assert_int_equal(router_frames("b"), 0);
	assert_int_equal(router_drops("block-point"), 1);
	// The first block point of a port changes the way of all; the second that of its VLAN.
	receive("a", 2, 2, 1, 1);
	flow_mark();
	apply(op_block_point("y", "a", 7));
	receive("a", 2, 2, 1, 1);
	assert_int_equal(FLOW_SINCE(misses), 0);
	assert_int_equal(FLOW_SINCE(invalid), 0);
	assert_int_equal(router_frames("c"), 1);
	apply(op_delete(SLUICE__API__OBJECT_KIND__KIND_BLOCK_POINT, "x"));
	receive("b", 1, 1, 2, 1);
	receive("a", 1, 2, 1, 1);
	assert_int_equal(router_frames("b"), 1);
}

static void moved_address_is_obeyed_at_once(void **state)
{
	apply(op_logical_port("c1", "c", 1, "bd1"));
	receive("a", 1, 2, 1, 1);
	flow_mark();
	receive("c", 1, 1, 2, 1);
	receive("a", 1, 2, 1, 1);
	assert_int_equal(router_frames("b"), 0);
	assert_int_equal(router_frames("c"), 1);
	// The other tenant notices nothing.
	flow_mark();
	receive("a", 2, 2, 1, 1);
	assert_int_equal(router_frames("c"), 1);
	assert_int_equal(FLOW_SINCE(invalid), 0);
	assert_int_equal(FLOW_SINCE(misses), 0);
}

static void counters_are_those_of_the_stages(void **state)
{
	const struct port *port = NULL;
	uint64_t packets, octets;

	for (uint16_t id = 1; id < MAX_PORTS; id++)
		if (dataplane_port(dataplane_current(), id) != NULL &&
		    strcmp(dataplane_port(dataplane_current(), id)->name, "b") == 0)
			port = dataplane_port(dataplane_current(), id);
	assert_non_null(port);
	packets = port->counters[0].out_unicast;
	octets = port->counters[0].out_octets;
	for (unsigned i = 0; i < 10; i++)
		receive("a", 1, 2, 1, 1);
	assert_int_equal(port->counters[0].out_unicast - packets, 10);
	assert_int_equal(port->counters[0].out_octets - octets, 10 * LENGTH);
	assert_int_equal(FLOW_SINCE(exact_hits) + FLOW_SINCE(aggregate_hits), 10);
}

// A table of 256 entries of its own, and 20,000 flows that no aggregate takes.
static void full_table_stays_in_its_bounds(void **state)
{
	struct flow_table table;
	struct flow_parsed p;
	uint32_t found = 0;

	assert_int_equal(flow_table_open(&table, 256), 0);
	memset(&p, 0, sizeof(p));
	for (uint32_t i = 1; i <= 20000; i++) {
		struct flow_entry *entry;
		uint32_t hash;

		p.key.kind = i % 3 == 0 ? FLOW_KIND_IPV6 : FLOW_KIND_IPV4;
		memcpy(p.key.source4, &i, sizeof(i));
		hash = flow_hash(&p.key, 0);
		entry = flow_table_insert(&table, hash, flow_key_words(&p.key), 0, i / 100);
		assert_non_null(entry);
		memcpy(entry->key, p.key.word, flow_key_words(&p.key) * 8);
		entry->word = entry->word_mask = 0;
		assert_ptr_equal(flow_table_find(&table, &p, p.key.word, flow_key_words(&p.key), hash, 0), entry);
		assert_true(table.entries <= 256);
	}
	assert_int_equal(table.evicted + table.entries, 20000);
	for (uint32_t i = 1; i <= 20000; i++) {
		p.key.kind = i % 3 == 0 ? FLOW_KIND_IPV6 : FLOW_KIND_IPV4;
		memcpy(p.key.source4, &i, sizeof(i));
		found += flow_table_find(&table, &p, p.key.word, flow_key_words(&p.key), flow_hash(&p.key, 0), 0) !=
			 NULL;
	}
	assert_int_equal(found, table.entries);
	flow_table_close(&table);
}

static const struct flow_trace *trace(const char *name, uint16_t vid, uint8_t to, uint8_t from)
{
	static struct flow_trace result;
	uint8_t frame[LENGTH];

	frame_of(frame, vid, to, from, 1);
	for (uint16_t id = 1; id < MAX_PORTS; id++) {
		const struct port *port = dataplane_port(dataplane_current(), id);

		if (port != NULL && strcmp(port->name, name) == 0)
			assert_int_equal(flow_trace_frame(port, frame, LENGTH, &result), 0);
	}
	return &result;
}

static void trace_names_stages_and_what_drops(void **state)
{
	const struct flow_trace *it = trace("a", 1, 2, 1);

	assert_true(it->sent);
	assert_null(it->refused);
	assert_string_equal(it->step[0].verdict, "logical port a1");
	assert_true(it->count >= 4);
	assert_int_equal(router_frames("b"), 0);
	assert_int_equal(router_packets_in_use(), 0);
	apply(op_block_point("x", "a", 1));
	flow_mark();
	it = trace("a", 1, 2, 1);
	assert_true(it->dropped);
	assert_string_equal(it->object, "block-point:x");
	// Neither counted nor learned.
	assert_int_equal(router_drops("block-point"), 0);
	it = trace("a", 9, 2, 1);
	assert_true(it->dropped);
	assert_string_equal(it->object, "port:a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(hit_forwards_the_same_bytes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(new_flow_of_a_known_aggregate_hits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(tenants_with_the_same_headers_stay_apart, set_up, tear_down),
		cmocka_unit_test_setup_teardown(change_invalidates_what_depends_on_it_alone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(moved_address_is_obeyed_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(counters_are_those_of_the_stages, set_up, tear_down),
		cmocka_unit_test(full_table_stays_in_its_bounds),
		cmocka_unit_test_setup_teardown(trace_names_stages_and_what_drops, set_up, tear_down),
	};

	router_start();
	int failed = cmocka_run_group_tests_name("flow", tests, NULL, NULL);
	router_stop();
	return failed;
}
