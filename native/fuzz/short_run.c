// The fuzz target without libFuzzer: COUNT inputs from SEED, made by damaging streams of valid requests.
//   request-fuzz SEED COUNT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../api/frame.h"
#include "../testing/control.h"
#include "../testing/random.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t state;

static uint32_t any(uint32_t below)
{
	return (uint32_t)(random_bits(&state) >> 33) % below;
}

static Sluice__Api__Operation *operation(void)
{
	static const char *const names[] = {"a", "b", "p", ""};
	static const char *const addresses[] = {"10.0.0.1/24 2001:db8::1/64", "10.0.1.1/24", ""};
	static const char *const hops[] = {"10.0.0.2@a 10.0.1.2@b", "10.0.0.9", "blackhole", "@a", "2001:db8::9"};
	static const char *const prefixes[] = {"0.0.0.0/0",   "10.0.0.0/8",    "10.0.0.9/32",
					       "10.0.0.0/30", "2001:db8::/32", "2001:db8::9/128"};
	const char *name = names[any(4)], *second = names[any(4)];

	switch (any(13)) {
	case 0:
		return op_port(name, second);
	case 1:
		return op_logical_port(name, second, any(6), names[any(4)]);
	case 2:
		return op_bridge_domain(name, any(3));
	case 3:
		return op_static_mac(name, second, names[any(4)], (uint8_t)any(3));
	case 4:
		return op_block_point(name, second, any(5));
	case 5:
		return op_vrf(name);
	case 6:
		return op_l3_interface(name, second, names[any(4)], "", addresses[any(3)]);
	case 7:
		return op_next_hop_group(name, second, hops[any(5)]);
	case 8:
		return op_route(second, prefixes[any(6)], name);
	case 9:
		return op_delete_route(second, prefixes[any(6)]);
	default:
		return op_delete((Sluice__Api__ObjectKind)any(14), name);
	}
}

// One valid request of a random kind, as a frame.
static size_t request(uint8_t *at)
{
	Sluice__Api__Request it = SLUICE__API__REQUEST__INIT;
	Sluice__Api__Begin begin = SLUICE__API__BEGIN__INIT;
	Sluice__Api__Operations operations = SLUICE__API__OPERATIONS__INIT;
	Sluice__Api__Operation *list[6];
	Sluice__Api__Empty empty = SLUICE__API__EMPTY__INIT;
	Sluice__Api__Names names = SLUICE__API__NAMES__INIT;
	Sluice__Api__FdbQuery fdb = SLUICE__API__FDB_QUERY__INIT;
	Sluice__Api__RouteQuery routes = SLUICE__API__ROUTE_QUERY__INIT;
	Sluice__Api__Query query = SLUICE__API__QUERY__INIT;
	Sluice__Api__Flush flush = SLUICE__API__FLUSH__INIT;
	size_t size;

	it.id = 1 + any(100);
	it.body_case = (Sluice__Api__Request__BodyCase)(SLUICE__API__REQUEST__BODY_BEGIN + any(8));
	// Transactions are what matters most.
	if (any(2) == 0) it.body_case = SLUICE__API__REQUEST__BODY_BEGIN + any(4);
	it.begin = &begin;
	begin.replay = any(4) == 0;
	if (it.body_case == SLUICE__API__REQUEST__BODY_OPERATIONS) {
		it.operations = &operations;
		operations.operations = list;
		for (operations.n_operations = 0; operations.n_operations < 1 + any(6); operations.n_operations++)
			list[operations.n_operations] = operation();
	} else if (it.body_case == SLUICE__API__REQUEST__BODY_QUERY) {
		it.query = &query;
		query.what_case = (Sluice__Api__Query__WhatCase)(SLUICE__API__QUERY__WHAT_PORTS + any(9));
		query.ports = &names;
		if (query.what_case == SLUICE__API__QUERY__WHAT_FDB) query.fdb = &fdb;
		if (query.what_case > SLUICE__API__QUERY__WHAT_FDB) query.objects = &empty;
		if (any(4) == 0) {
			query.what_case = SLUICE__API__QUERY__WHAT_ROUTES;
			query.routes = &routes;
			routes.vrf = "a";
		} else if (any(4) == 0) {
			query.what_case = SLUICE__API__QUERY__WHAT_NEXT_HOP_GROUPS;
			query.next_hop_groups = &names;
		}
	} else if (it.body_case == SLUICE__API__REQUEST__BODY_FLUSH) {
		it.flush = &flush;
		flush.bridge_domain = "b";
	}
	// The rest has no content: Begin's bytes are those of a message with an unknown field.
	size = sluice__api__request__get_packed_size(&it) <= 2000 ? sluice__api__request__pack(&it, at + 4) : 0;
	frame_put_length(at, size);
	for (size_t i = 0; it.body_case == SLUICE__API__REQUEST__BODY_OPERATIONS && i < operations.n_operations; i++)
		sluice__api__operation__free_unpacked(list[i], NULL);
	return size + 4;
}

int main(int argc, char **argv)
{
	static uint8_t input[65536];
	unsigned long count = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000;

	state = argc > 1 ? strtoull(argv[1], NULL, 10) | 1 : 1;
	printf("seed %s, %lu inputs\n", argc > 1 ? argv[1] : "1", count);
	LLVMFuzzerInitialize(&argc, &argv);
	for (unsigned long n = 0; n < count; n++) {
		size_t size = 0;

		for (unsigned k = 1 + any(12); k > 0; k--)
			size += request(input + size);
		// Half of the streams stay whole.
		for (unsigned k = any(2) ? any(8) : 0; k > 0; k--)
			input[any((uint32_t)size)] = (uint8_t)(any(2) ? any(256) : any(4));
		LLVMFuzzerTestOneInput(input, any(8) == 0 ? any((uint32_t)size) : size);
	}
	control_stop();
	return 0;
}
