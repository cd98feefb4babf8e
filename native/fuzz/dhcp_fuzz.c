// Any DHCP message through the relay agent: it stays inside the message and its room, a request that was relayed
// comes back as a reply without the option that it got, and DHCPv6 comes out of its envelope as it went in.
#include <stdio.h>
#include <string.h>

#include "../stages/dhcp-relay/relay6.h"
#include "target.h"

static void v4(const uint8_t *data, size_t size)
{
	static const struct dhcp4_agent agent = {
		.gateway = {10, 0, 0, 1}, .max_hops = 10, .circuit_length = 4, .circuit = "port", .has_link = true};
	uint32_t length = (uint32_t)(size < DHCP4_MOST ? size : DHCP4_MOST), answered = length;
	uint8_t *message = malloc(DHCP4_MOST);
	struct dhcp4_reply reply;

	memcpy(message, data, length);
	if (dhcp4_request(message, &length, DHCP4_MOST, &agent) == DHCP_RELAYED) {
		MUST(length <= DHCP4_MOST);
		message[0] = 2;
		MUST(dhcp4_reply(message, &length, &reply) == DHCP_RELAYED && length <= DHCP4_MOST);
	}
	memcpy(message, data, answered);
	if (dhcp4_reply(message, &answered, &reply) == DHCP_RELAYED) MUST(answered <= size);
	free(message);
}

static void v6(const uint8_t *data, size_t size)
{
	static const struct dhcp6_agent agent = {.peer = {0xfe, 0x80, [15] = 1}, .id_length = 4, .id = "port"};
	uint8_t out[DHCP6_MOST];
	struct dhcp6_reply reply;
	uint32_t length;

	if (dhcp6_reply(data, (uint32_t)size, &reply) == DHCP_RELAYED) {
		MUST(reply.message >= data && reply.message + reply.length <= data + size);
		MUST(reply.id == NULL || reply.id + reply.id_length <= data + size);
	}
	if (dhcp6_request(data, (uint32_t)size, &agent, out, &length) != DHCP_RELAYED) return;
	MUST(length <= sizeof(out));
	out[0] = 13;
	MUST(dhcp6_reply(out, length, &reply) == DHCP_RELAYED);
	MUST(reply.length == size && memcmp(reply.message, data, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0) return 0;
	if (data[0] % 2 == 0)
		v4(data + 1, size - 1);
	else
		v6(data + 1, size - 1);
	return 0;
}
