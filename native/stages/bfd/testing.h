// Sessions in the whole router: the neighbour is a machine of the test's, which also keeps the time.
#ifndef SLUICE_BFD_TESTING_H
#define SLUICE_BFD_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>

#include "../../main/worker.h"
#include "../../testing/applied.h"
#include "../../testing/udp.h"
#include "bfd.h"

#define MS     1000u
#define SECOND 1000000u

static const uint8_t our_mac[6] = {2, 0, 0, 0, 1, 'a'}, peer_mac[6] = {2, 0, 0, 0, 0, 9};

// ---------------------------------------------------------------- objects

struct wish {
	const char *name, *interface, *vrf, *remote, *local;
	uint32_t tx, rx, mult, ttl, auth, late;
	bool admin_down;
};

static inline Sluice__Api__Operation *session_op(struct wish w)
{
	Sluice__Api__BfdSession it = SLUICE__API__BFD_SESSION__INIT;
	Sluice__Api__BfdAuthentication auth = SLUICE__API__BFD_AUTHENTICATION__INIT;
	Sluice__Api__Operation operation = SLUICE__API__OPERATION__INIT;
	uint8_t remote[16], local[16];
	bool v6 = strchr(w.remote, ':') != NULL;

	it.name = (char *)(uintptr_t)w.name;
	it.path_case = w.vrf != NULL ? SLUICE__API__BFD_SESSION__PATH_VRF : SLUICE__API__BFD_SESSION__PATH_INTERFACE;
	it.interface = (char *)(uintptr_t)(w.vrf != NULL ? w.vrf : w.interface);
	assert_int_equal(inet_pton(v6 ? AF_INET6 : AF_INET, w.remote, remote), 1);
	it.remote_address = (ProtobufCBinaryData){v6 ? 16 : 4, remote};
	if (w.local != NULL) {
		assert_int_equal(inet_pton(v6 ? AF_INET6 : AF_INET, w.local, local), 1);
		it.local_address = (ProtobufCBinaryData){v6 ? 16 : 4, local};
	}
	it.desired_min_tx_interval = w.tx;
	it.required_min_rx_interval = w.rx;
	it.detect_multiplier = w.mult;
	it.minimum_ttl = w.ttl;
	it.admin_down = w.admin_down;
	it.late_before = w.late;
	if (w.auth != 0) {
		auth.type = (Sluice__Api__BfdAuthenticationType)w.auth;
		auth.key_id = 5;
		auth.key = (ProtobufCBinaryData){6, (uint8_t *)(uintptr_t) "secret"};
		it.authentication = &auth;
	}
	operation.op_case = SLUICE__API__OPERATION__OP_SET_BFD_SESSION;
	operation.set_bfd_session = &it;
	return op_fresh(&operation);
}

static inline struct bfd_session *session_named(const char *name)
{
	struct bfd_session *session;

	for (uint32_t slot = 0; (session = bfd_next(&slot)) != NULL;)
		if (strcmp(session->name, name) == 0) return session;
	return NULL;
}

// ---------------------------------------------------------------- the neighbour

static struct peer {
	const char *address, *router; // of which we are the neighbour
	uint16_t port;
	uint8_t ttl;
	struct bfd_machine machine;
	struct bfd_auth auth;
	struct bfd_sequence sequence;
	unsigned heard;
	uint8_t damage; // of the UDP payload's third byte
} peer;

static inline void peer_sends(bool final)
{
	struct test_udp headers = {
		.to_mac = our_mac, .from_mac = peer_mac, .from = peer.address, .to = peer.router, .ttl = peer.ttl};
	uint8_t payload[BFD_LONGEST], frame[TEST_UDP_HEADERS + 8 + BFD_LONGEST] = {0}, *udp;
	struct bfd_packet packet;
	unsigned length;

	bfd_compose(&peer.machine, final, &packet);
	bfd_number(&peer.auth, &peer.sequence, &packet);
	length = bfd_write(&packet, peer.auth.key, payload);
	headers.length = 8 + length;
	udp = test_udp_headers(frame, &headers);
	test_put16(udp, 49168);
	test_put16(udp + 2, peer.port);
	test_put16(udp + 4, headers.length);
	memcpy(udp + 8, payload, length);
	test_put16(udp + 6, test_udp_sum(frame + 14, udp, headers.length));
	udp[8 + 2] ^= peer.damage;
	router_receive("a", frame, (uint16_t)(udp - frame + (int)headers.length));
}

static inline void peer_does(unsigned todo)
{
	if (todo & BFD_SEND) peer_sends(false);
	if (todo & BFD_SEND_FINAL) peer_sends(true);
}

// What left by port a since the last call; checked against what the RFCs say of its headers.
static inline void peer_hears(void)
{
	for (unsigned i = 0; i < router_frames("a"); i++) {
		const struct router_frame *frame = router_frame("a", i);
		const uint8_t *ip = frame->bytes + 14, *udp;
		bool v6 = ip[0] >> 4 == 6;
		unsigned header = v6 ? 40 : 20, size = v6 ? 16 : 4, length = frame->length - 14u - header;
		struct bfd_packet packet;
		uint8_t expected[16], bytes[BFD_LONGEST] = {0};

		udp = ip + header;
		if (ip[v6 ? 6 : 9] != 17 || udp[2] << 8 != (peer.port & 0xff00)) continue;
		assert_memory_equal(frame->bytes, peer_mac, 6);
		assert_int_equal(ip[v6 ? 7 : 8], 255);
		inet_pton(v6 ? AF_INET6 : AF_INET, peer.router, expected);
		assert_memory_equal(udp - 2 * size, expected, size);
		inet_pton(v6 ? AF_INET6 : AF_INET, peer.address, expected);
		assert_memory_equal(udp - size, expected, size);
		assert_int_equal(udp[2] << 8 | udp[3], peer.port);
		assert_true(udp[0] >= 0xc0); // 49152 and above
		assert_int_equal(udp[4] << 8 | udp[5], length);
		assert_int_equal(test_udp_sum(ip, udp, length), 0);
		if (!v6) assert_int_equal(test_sum(ip, 20, 0), 0);
		memcpy(bytes, udp + 8, length - 8);
		assert_int_equal(bfd_parse(udp + 8, length - 8, &packet), BFD_FINE);
		assert_true(
			bfd_authenticate(&peer.auth, &peer.sequence, &peer.machine, &packet, bytes, urgent_by_hand));
		peer.heard++;
		peer_does(bfd_receive(&peer.machine, &packet, urgent_by_hand, 0));
	}
	router_forget();
}

static inline void peer_begins(const char *address, const char *router, uint16_t port, uint32_t interval)
{
	const struct bfd_parameters parameters = {interval, interval, 3, false, 0};

	peer = (struct peer){.address = address, .router = router, .port = port, .ttl = 255};
	bfd_begin(&peer.machine, &parameters, 77, urgent_by_hand);
	router_forget();
}

// Time goes on by steps of a millisecond; `silent`: the neighbour says nothing.
static inline void go_on(uint32_t ms, bool silent)
{
	bool changed;

	for (; ms != 0; ms--) {
		urgent_by_hand += MS;
		bfd_round(urgent_by_hand, &changed);
		router_run();
		if (silent) {
			router_forget();
			continue;
		}
		peer_hears();
		if (bfd_due(&peer.machine) <= urgent_by_hand) peer_does(bfd_time(&peer.machine, urgent_by_hand, 0));
		bfd_round(urgent_by_hand, &changed);
	}
}

static inline int setup(void **state)
{
	urgent_by_hand = 1000 * SECOND;
	router_start();
	apply(op_vrf("red"));
	apply(router_port("a"));
	apply(op_logical_port("a", "a", 0, ""));
	apply(op_with_mac(op_l3_interface("a", "red", "a", "", "10.0.1.1/24 2001:db8:1::1/64"), 'a'));
	apply(op_static_neighbour("a", "10.0.1.2", 9));
	apply(op_static_neighbour("a", "2001:db8:1::2", 9));
	apply(op_next_hop_group("far", "red", "10.0.1.2@a"));
	apply(op_route("red", "10.9.0.0/16", "far"));
	router_advance(5000);
	return 0;
}

static inline int teardown(void **state)
{
	router_stop();
	return 0;
}

static inline void delete_session(const char *name)
{
	apply(op_delete(SLUICE__API__OBJECT_KIND__KIND_BFD_SESSION, name));
	assert_null(session_named(name));
}

#endif
