// What the relay agent does to messages, and what it refuses.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "relay6.h"

static const struct dhcp4_agent agent = {.gateway = {10, 0, 1, 1},
					 .max_hops = 4,
					 .circuit_length = 3,
					 .remote_length = 2,
					 .circuit = {'l', 'a', 'n'},
					 .remote = {'r', '1'}};

// A DISCOVER (RFC 2131) of `length` bytes, with its options behind the cookie.
static uint32_t discover(uint8_t message[DHCP4_MOST], uint8_t op)
{
	static const uint8_t options[] = {53, 1, 1, 55, 2, 1, 3, 255};

	memset(message, 0, DHCP4_MOST);
	message[0] = op;
	message[1] = 1;
	message[2] = 6;
	memcpy(message + 28, (uint8_t[]){2, 0, 0, 0, 0, 9}, 6);
	memcpy(message + 236, (uint8_t[]){99, 130, 83, 99}, 4);
	memcpy(message + DHCP4_HEADER, options, sizeof(options));
	return 300;
}

static void request_gets_the_gateway_and_option_82(void **state)
{
	static const uint8_t option[] = {82, 9, 1, 3, 'l', 'a', 'n', 2, 2, 'r', '1', 255};
	uint8_t message[DHCP4_MOST];
	uint32_t length = discover(message, 1);

	assert_int_equal(dhcp4_request(message, &length, DHCP4_MOST, &agent), DHCP_RELAYED);
	assert_int_equal(message[3], 1);
	assert_memory_equal(message + 24, agent.gateway, 4);
	assert_memory_equal(message + DHCP4_HEADER + 7, option, sizeof(option));
	assert_int_equal(length, 300);
}

static void the_second_agent_adds_nothing(void **state)
{
	uint8_t message[DHCP4_MOST], before[DHCP4_MOST];
	uint32_t length = discover(message, 1);

	memcpy(message + 24, (uint8_t[]){192, 0, 2, 1}, 4);
	memcpy(before, message, sizeof(before));
	before[3]++;
	assert_int_equal(dhcp4_request(message, &length, DHCP4_MOST, &agent), DHCP_RELAYED);
	assert_memory_equal(message, before, sizeof(before));
	assert_int_equal(length, 300);
}

static void without_room_option_82_is_left_out(void **state)
{
	uint8_t message[DHCP4_MOST];
	uint32_t length = discover(message, 1);

	assert_int_equal(dhcp4_request(message, &length, DHCP4_HEADER + 10, &agent), DHCP_RELAYED);
	assert_memory_equal(message + 24, agent.gateway, 4);
	assert_int_equal(message[DHCP4_HEADER + 7], 255);
}

static void requests_that_are_not_relayed(void **state)
{
	uint8_t message[DHCP4_MOST];
	uint32_t length = discover(message, 1);

	message[3] = 4;
	assert_int_equal(dhcp4_request(message, &length, DHCP4_MOST, &agent), DHCP_HOPS);
	length = discover(message, 1);
	memcpy(message + 24, agent.gateway, 4);
	assert_int_equal(dhcp4_request(message, &length, DHCP4_MOST, &agent), DHCP_LOOP);
	length = discover(message, 1);
	message[DHCP4_HEADER] = 82;
	assert_int_equal(dhcp4_request(message, &length, DHCP4_MOST, &agent), DHCP_UNTRUSTED);
	length = discover(message, 1);
	message[DHCP4_HEADER + 4] = 250;
	assert_int_equal(dhcp4_request(message, &length, DHCP4_MOST, &agent), DHCP_MALFORMED);
	length = discover(message, 2);
	assert_int_equal(dhcp4_request(message, &length, DHCP4_MOST, &agent), DHCP_MALFORMED);
	length = DHCP4_HEADER - 1;
	assert_int_equal(dhcp4_request(message, &length, DHCP4_MOST, &agent), DHCP_MALFORMED);
}

static void reply_loses_option_82_and_finds_its_client(void **state)
{
	uint8_t message[DHCP4_MOST], plain[DHCP4_MOST];
	uint32_t length = discover(message, 1), plain_length = discover(plain, 2);
	struct dhcp4_reply reply;

	dhcp4_request(message, &length, DHCP4_MOST, &agent);
	message[0] = 2;
	memcpy(message + 16, (uint8_t[]){10, 0, 1, 50}, 4);
	assert_int_equal(dhcp4_reply(message, &length, &reply), DHCP_RELAYED);
	assert_memory_equal(reply.gateway, agent.gateway, 4);
	assert_int_equal(reply.circuit_length, 3);
	assert_memory_equal(reply.circuit, "lan", 3);
	assert_false(reply.broadcast);
	assert_memory_equal(reply.address, ((uint8_t[]){10, 0, 1, 50}), 4);
	assert_memory_equal(reply.mac, ((uint8_t[]){2, 0, 0, 0, 0, 9}), 6);
	assert_memory_equal(message + DHCP4_HEADER, plain + DHCP4_HEADER, 8);
	message[10] = 0x80;
	assert_int_equal(dhcp4_reply(message, &length, &reply), DHCP_RELAYED);
	assert_true(reply.broadcast);
	// Not by a relay agent.
	assert_int_equal(dhcp4_reply(plain, &plain_length, &reply), DHCP_UNKNOWN);
}

static void the_envelope_of_dhcpv6(void **state)
{
	const struct dhcp6_agent a = {
		.link = {0x20, 1, [15] = 1}, .peer = {0xfe, 0x80, [15] = 9}, .id_length = 3, .id = "lan"};
	const uint8_t solicit[] = {1, 0, 0, 7, 0, 8, 0, 2, 0, 0};
	uint8_t once[DHCP6_MOST], twice[DHCP6_MOST];
	uint32_t length, again;
	struct dhcp6_reply reply;

	assert_int_equal(dhcp6_request(solicit, sizeof(solicit), &a, once, &length), DHCP_RELAYED);
	assert_int_equal(once[0], 12);
	assert_int_equal(once[1], 0);
	assert_memory_equal(once + 2, a.link, 16);
	assert_int_equal(dhcp6_request(once, length, &a, twice, &again), DHCP_RELAYED);
	assert_int_equal(twice[1], 1);
	once[1] = 8;
	assert_int_equal(dhcp6_request(once, length, &a, twice, &again), DHCP_HOPS);
	once[0] = 13;
	assert_int_equal(dhcp6_request(once, length, &a, twice, &again), DHCP_UNKNOWN);
	assert_int_equal(dhcp6_reply(once, length, &reply), DHCP_RELAYED);
	assert_int_equal(reply.length, sizeof(solicit));
	assert_memory_equal(reply.message, solicit, sizeof(solicit));
	assert_memory_equal(reply.peer, a.peer, 16);
	assert_int_equal(reply.id_length, 3);
	assert_false(reply.to_relay);
	for (uint32_t cut = 0; cut < length; cut++)
		assert_int_equal(dhcp6_reply(once, cut, &reply), DHCP_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_gets_the_gateway_and_option_82),
		cmocka_unit_test(the_second_agent_adds_nothing),
		cmocka_unit_test(without_room_option_82_is_left_out),
		cmocka_unit_test(requests_that_are_not_relayed),
		cmocka_unit_test(reply_loses_option_82_and_finds_its_client),
		cmocka_unit_test(the_envelope_of_dhcpv6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
