// A relay agent in the whole router: a client on one port, a server on another one, or in another VRF.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include <arpa/inet.h>

#include "../../testing/applied.h"
#include "dhcp_relay.h"

static const uint8_t client_mac[6] = {2, 0, 0, 0, 0, 9}, everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

static Sluice__Api__Operation *relay_op(const char *server, const char *vrf, const char *circuit)
{
	Sluice__Api__DhcpRelay it = SLUICE__API__DHCP_RELAY__INIT;
	Sluice__Api__Operation operation = SLUICE__API__OPERATION__INIT, *fresh;
	uint8_t bytes[16], packed[512];
	ProtobufCBinaryData servers[] = {{strchr(server, ':') != NULL ? 16 : 4, bytes}};

	assert_int_equal(inet_pton(servers[0].len == 16 ? AF_INET6 : AF_INET, server, bytes), 1);
	it.interface = (char *)(uintptr_t) "a";
	it.n_servers = 1;
	it.servers = servers;
	it.server_vrf = (char *)(uintptr_t)vrf;
	it.circuit_id = (char *)(uintptr_t)circuit;
	operation.op_case = SLUICE__API__OPERATION__OP_SET_DHCP_RELAY;
	operation.set_dhcp_relay = &it;
	fresh = sluice__api__operation__unpack(NULL, sluice__api__operation__pack(&operation, packed), packed);
	assert_non_null(fresh);
	return fresh;
}

static int setup(void **state)
{
	static const char *const ports[] = {"a", "b", "c"};

	router_start();
	apply(op_vrf("red"));
	apply(op_vrf("blue"));
	for (unsigned i = 0; i < 3; i++) {
		apply(router_port(ports[i]));
		apply(op_logical_port(ports[i], ports[i], 0, ""));
	}
	apply(op_with_mac(op_l3_interface("a", "red", "a", "", "10.0.1.1/24 2001:db8:1::1/64"), 'a'));
	apply(op_with_mac(op_l3_interface("b", "red", "b", "", "10.0.2.1/24 2001:db8:2::1/64"), 'b'));
	apply(op_with_mac(op_l3_interface("c", "blue", "c", "", "10.0.3.1/24"), 'c'));
	apply(op_static_neighbour("b", "10.0.2.67", 0x67));
	apply(op_static_neighbour("b", "2001:db8:2::67", 0x67));
	apply(op_static_neighbour("c", "10.0.3.67", 0x67));
	apply(op_static_neighbour("a", "fe80::9", 9));
	router_advance(5000);
	return 0;
}

static int teardown(void **state)
{
	router_stop();
	return 0;
}

static void store16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void receive4(const char *port, const uint8_t to_mac[6], const uint8_t from[4], const uint8_t to[4],
		     const uint8_t *message, uint32_t length)
{
	static uint8_t frame[1600];
	uint8_t *ip = frame + 14;
	uint32_t sum = 0;

	memset(frame, 0, sizeof(frame));
	memcpy(frame, to_mac, 6);
	memcpy(frame + 6, client_mac, 6);
	frame[12] = 0x08;
	memcpy(ip, (uint8_t[]){0x45, 0, 0, 0, 0, 1, 0, 0, 64, 17}, 10);
	store16(ip + 2, 28 + length);
	memcpy(ip + 12, from, 4);
	memcpy(ip + 16, to, 4);
	for (int i = 0; i < 20; i += 2)
		sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	store16(ip + 10, ~((sum & 0xffff) + (sum >> 16)));
	store16(ip + 20, 68);
	store16(ip + 22, 67);
	store16(ip + 24, 8 + length);
	memcpy(ip + 28, message, length);
	router_forget();
	router_receive(port, frame, (uint16_t)(42 + length));
}

static uint32_t message4(uint8_t message[300], uint8_t op)
{
	memset(message, 0, 300);
	memcpy(message, (uint8_t[]){op, 1, 6, 0, 1, 2, 3, 4}, 8);
	memcpy(message + 28, client_mac, 6);
	memcpy(message + 236, (uint8_t[]){99, 130, 83, 99, 53, 1, 1, 255}, 8);
	return 300;
}

// Client to server on `port`, and back; the circuit id that the server sees.
static void speaks(const char *port, const char *router_text, const char *server_text, const char *gateway_text,
		   const char *circuit)
{
	static const uint8_t nobody[4], all[4] = {255, 255, 255, 255};
	uint8_t message[300], answer[DHCP4_MOST], router[4], server[4], gateway[4];
	uint32_t length = message4(message, 1);
	const struct router_frame *frame;

	inet_pton(AF_INET, router_text, router);
	inet_pton(AF_INET, server_text, server);
	inet_pton(AF_INET, gateway_text, gateway);
	receive4("a", everybody, nobody, all, message, length);
	assert_int_equal(router_frames(port), 1);
	frame = router_frame(port, 0);
	assert_int_equal(frame->bytes[5], 0x67);
	assert_memory_equal(frame->bytes + 14 + 12, router, 4);
	assert_memory_equal(frame->bytes + 14 + 16, server, 4);
	assert_memory_equal(frame->bytes + 42 + 24, gateway, 4);
	assert_int_equal(frame->bytes[42 + 240 + 3], 82);
	assert_memory_equal(frame->bytes + 42 + 240 + 7, circuit, strlen(circuit));
	length = frame->length - 42u;
	memcpy(answer, frame->bytes + 42, length);
	answer[0] = 2;
	memcpy(answer + 16, (uint8_t[]){10, 0, 1, 50}, 4);
	receive4(port, (uint8_t[]){2, 0, 0, 0, 1, (uint8_t)port[0]}, server, gateway, answer, length);
	assert_int_equal(router_frames("a"), 1);
	frame = router_frame("a", 0);
	assert_memory_equal(frame->bytes, client_mac, 6);
	assert_memory_equal(frame->bytes + 14 + 12, ((uint8_t[]){10, 0, 1, 1}), 4);
	assert_memory_equal(frame->bytes + 14 + 16, ((uint8_t[]){10, 0, 1, 50}), 4);
	assert_int_equal(frame->bytes[42 + 240 + 3], 255);
}

static void client_and_server_speak(void **state)
{
	apply(relay_op("10.0.2.67", "", "lan"));
	speaks("b", "10.0.1.1", "10.0.2.67", "10.0.1.1", "lan");
	assert_int_equal(dhcp_agents->requests, 1);
	assert_int_equal(dhcp_agents->replies, 1);
}

static void server_in_another_vrf(void **state)
{
	apply(relay_op("10.0.3.67", "blue", ""));
	speaks("c", "10.0.3.1", "10.0.3.67", "10.0.3.1", "a");
}

static void what_is_dropped_is_counted(void **state)
{
	static const uint8_t nobody[4], all[4] = {255, 255, 255, 255};
	uint8_t message[300];
	uint32_t length = message4(message, 1);

	apply(relay_op("10.0.2.67", "", "lan"));
	message[3] = 10;
	receive4("a", everybody, nobody, all, message, length);
	assert_int_equal(router_frames("b"), 0);
	assert_int_equal(dhcp_agents->verdicts[DHCP_HOPS], 1);
	receive4("a", everybody, nobody, all, message, 100);
	assert_int_equal(dhcp_agents->verdicts[DHCP_MALFORMED], 1);
	// Not an interface of clients.
	message4(message, 1);
	receive4("b", everybody, nobody, all, message, length);
	assert_int_equal(router_frames("a") + router_frames("b") + router_frames("c"), 0);
}

// A packet of DHCPv6; its payload is `length` bytes at 62.
static uint16_t frame6(uint8_t frame[600], const uint8_t mac[6], const char *from, const char *to,
		       const uint8_t *message, uint32_t length)
{
	uint8_t *ip = frame + 14;
	uint32_t sum = 0;

	memset(frame, 0, 600);
	memcpy(frame, mac, 6);
	memcpy(frame + 6, client_mac, 6);
	store16(frame + 12, 0x86dd);
	ip[0] = 0x60;
	store16(ip + 4, 8 + length);
	ip[6] = 17;
	ip[7] = 64;
	inet_pton(AF_INET6, from, ip + 8);
	inet_pton(AF_INET6, to, ip + 24);
	store16(ip + 40, 546);
	store16(ip + 42, 547);
	store16(ip + 44, 8 + length);
	memcpy(ip + 48, message, length);
	for (uint32_t i = 8; i < 48 + length; i += 2)
		sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
	sum += 8 + length + 17;
	sum = (sum & 0xffff) + (sum >> 16);
	store16(ip + 46, ~((sum & 0xffff) + (sum >> 16)));
	return (uint16_t)(62 + length);
}

static void dhcpv6_client_and_server_speak(void **state)
{
	static const uint8_t solicit[] = {1, 0, 0, 7, 0, 8, 0, 2, 0, 0}, all_agents[6] = {0x33, 0x33, 0, 1, 0, 2};
	uint8_t frame[600], peer[16], link[16], answer[400];
	const struct router_frame *out;
	uint32_t length;

	inet_pton(AF_INET6, "fe80::9", peer);
	inet_pton(AF_INET6, "2001:db8:1::1", link);
	apply(relay_op("2001:db8:2::67", "", ""));
	router_forget();
	router_receive("a", frame, frame6(frame, all_agents, "fe80::9", "ff02::1:2", solicit, sizeof(solicit)));
	assert_int_equal(router_frames("b"), 1);
	out = router_frame("b", 0);
	assert_int_equal(out->bytes[62], 12);
	assert_memory_equal(out->bytes + 62 + 2, link, 16);
	assert_memory_equal(out->bytes + 62 + 18, peer, 16);
	length = out->length - 62u;
	memcpy(answer, out->bytes + 62, length);
	answer[0] = 13;
	router_forget();
	router_receive(
		"b", frame,
		frame6(frame, (uint8_t[]){2, 0, 0, 0, 1, 'b'}, "2001:db8:2::67", "2001:db8:1::1", answer, length));
	assert_int_equal(router_frames("a"), 1);
	out = router_frame("a", 0);
	assert_memory_equal(out->bytes, client_mac, 6);
	assert_memory_equal(out->bytes + 14 + 24, peer, 16);
	assert_memory_equal(out->bytes + 62, solicit, sizeof(solicit));
	assert_int_equal(out->bytes[14 + 43], 546 & 0xff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(client_and_server_speak),
		cmocka_unit_test(server_in_another_vrf),
		cmocka_unit_test(what_is_dropped_is_counted),
		cmocka_unit_test(dhcpv6_client_and_server_speak),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
