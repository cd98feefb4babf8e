#include "relay4.h"

#include <string.h>

enum { BOOTREQUEST = 1, BOOTREPLY = 2 };
enum { OPTION_PAD = 0, OPTION_AGENT = 82, OPTION_END = 255 };
enum { AGENT_CIRCUIT = 1, AGENT_REMOTE = 2, AGENT_LINK = 5 };

#define OP     0
#define HTYPE  1
#define HLEN   2
#define HOPS   3
#define FLAGS  10
#define CIADDR 12
#define YIADDR 16
#define GIADDR 24
#define CHADDR 28
// Shortest message that every relay agent takes (RFC 1542, 2.1).
#define LEAST 300

static const uint8_t cookie[4] = {99, 130, 83, 99}, zero[4];

static bool is_zero(const uint8_t address[4])
{
	return memcmp(address, zero, sizeof(zero)) == 0;
}

// Where the options end (the END option, or the end of the message), and where option 82 is (0: nowhere). False: an
// option reaches over the end.
static bool options_walk(const uint8_t *message, uint32_t length, uint32_t *end, uint32_t *agent)
{
	uint32_t at = DHCP4_HEADER;

	*agent = 0;
	while (at < length && message[at] != OPTION_END) {
		if (message[at] == OPTION_PAD) {
			at++;
			continue;
		}
		if (at + 2 > length || at + 2 + message[at + 1] > length) return false;
		if (message[at] == OPTION_AGENT && *agent == 0) *agent = at;
		at += 2u + message[at + 1];
	}
	*end = at;
	return true;
}

static bool is_message(const uint8_t *message, uint32_t length, uint8_t op)
{
	return length >= DHCP4_HEADER && message[OP] == op && message[HLEN] <= 16 &&
	       memcmp(message + DHCP4_HEADER - sizeof(cookie), cookie, sizeof(cookie)) == 0;
}

static uint32_t put(uint8_t *at, uint8_t kind, const uint8_t *bytes, uint8_t length)
{
	if (length == 0) return 0;
	at[0] = kind;
	at[1] = length;
	memcpy(at + 2, bytes, length);
	return 2u + length;
}

// RFC 3046, 2.1: the last option. Where there is no room it goes without.
static void add_agent(uint8_t *message, uint32_t *length, uint32_t room, uint32_t end, const struct dhcp4_agent *agent)
{
	uint32_t most = 2u + 2 + agent->circuit_length + 2 + agent->remote_length + 6 + 1;
	uint8_t *option = message + end;
	uint32_t at = 2;

	if (agent->circuit_length == 0 && agent->remote_length == 0 && !agent->has_link) return;
	if (end + most > room) return;
	at += put(option + at, AGENT_CIRCUIT, agent->circuit, agent->circuit_length);
	at += put(option + at, AGENT_REMOTE, agent->remote, agent->remote_length);
	if (agent->has_link) at += put(option + at, AGENT_LINK, agent->link, sizeof(agent->link));
	option[0] = OPTION_AGENT;
	option[1] = (uint8_t)(at - 2);
	option[at++] = OPTION_END;
	*length = end + at;
	while (*length < LEAST && *length < room)
		message[(*length)++] = OPTION_PAD;
}

enum dhcp_verdict dhcp4_request(uint8_t *message, uint32_t *length, uint32_t room, const struct dhcp4_agent *agent)
{
	uint32_t end, present;

	if (!is_message(message, *length, BOOTREQUEST) || !options_walk(message, *length, &end, &present))
		return DHCP_MALFORMED;
	if (message[HOPS] >= agent->max_hops) return DHCP_HOPS;
	if (memcmp(message + GIADDR, agent->gateway, 4) == 0) return DHCP_LOOP;
	message[HOPS]++;
	// Another agent was there before: it is the one that the server answers to.
	if (!is_zero(message + GIADDR)) return DHCP_RELAYED;
	if (present != 0) return DHCP_UNTRUSTED;
	memcpy(message + GIADDR, agent->gateway, 4);
	add_agent(message, length, room, end, agent);
	return DHCP_RELAYED;
}

static void read_circuit(const uint8_t *option, struct dhcp4_reply *reply)
{
	uint32_t length = option[1];

	for (uint32_t at = 0; at + 2 <= length && at + 2 + option[2 + at + 1] <= length;
	     at += 2u + option[2 + at + 1]) {
		if (option[2 + at] != AGENT_CIRCUIT) continue;
		reply->circuit_length = option[2 + at + 1];
		memcpy(reply->circuit, option + 2 + at + 2, reply->circuit_length);
		return;
	}
}

enum dhcp_verdict dhcp4_reply(uint8_t *message, uint32_t *length, struct dhcp4_reply *reply)
{
	uint32_t end, agent;

	*reply = (struct dhcp4_reply){0};
	if (!is_message(message, *length, BOOTREPLY) || !options_walk(message, *length, &end, &agent))
		return DHCP_MALFORMED;
	memcpy(reply->gateway, message + GIADDR, 4);
	if (is_zero(reply->gateway)) return DHCP_UNKNOWN;
	// RFC 1542, 5.4: to the address that it gets, where it can be reached there by its MAC.
	memcpy(reply->address, message + (is_zero(message + CIADDR) ? YIADDR : CIADDR), 4);
	memcpy(reply->mac, message + CHADDR, 6);
	reply->broadcast = (message[FLAGS] & 0x80) != 0 || message[HTYPE] != 1 || message[HLEN] != 6 ||
			   (message[CHADDR] & 1) != 0 || is_zero(reply->address);
	if (agent != 0) {
		uint32_t size = 2u + message[agent + 1];

		read_circuit(message + agent, reply);
		memmove(message + agent, message + agent + size, *length - agent - size);
		*length -= size;
	}
	return DHCP_RELAYED;
}
