#include "relay6.h"

#include <string.h>

enum { RELAY_FORW = 12, RELAY_REPL = 13, ADVERTISE = 2, REPLY = 7, RECONFIGURE = 10 };
enum { OPTION_RELAY_MSG = 9, OPTION_INTERFACE_ID = 18 };

#define HOP_COUNT_LIMIT 8 // RFC 8415, 7.6

static uint32_t put(uint8_t *at, uint16_t kind, const uint8_t *bytes, uint32_t length)
{
	at[0] = (uint8_t)(kind >> 8);
	at[1] = (uint8_t)kind;
	at[2] = (uint8_t)(length >> 8);
	at[3] = (uint8_t)length;
	memcpy(at + 4, bytes, length);
	return 4 + length;
}

enum dhcp_verdict dhcp6_request(const uint8_t *message, uint32_t length, const struct dhcp6_agent *agent,
				uint8_t out[DHCP6_MOST], uint32_t *out_length)
{
	uint32_t at = DHCP6_RELAY;

	if (length < 4) return DHCP_MALFORMED;
	// What only servers send (19.1).
	if (message[0] == RELAY_REPL || message[0] == ADVERTISE || message[0] == REPLY || message[0] == RECONFIGURE)
		return DHCP_UNKNOWN;
	if (message[0] == RELAY_FORW && length < DHCP6_RELAY) return DHCP_MALFORMED;
	if (message[0] == RELAY_FORW && message[1] >= HOP_COUNT_LIMIT) return DHCP_HOPS;
	if (at + 4 + agent->id_length + 4 + length > DHCP6_MOST) return DHCP_MALFORMED;
	out[0] = RELAY_FORW;
	out[1] = message[0] == RELAY_FORW ? (uint8_t)(message[1] + 1) : 0;
	memcpy(out + 2, agent->link, sizeof(agent->link));
	memcpy(out + 18, agent->peer, sizeof(agent->peer));
	at += put(out + at, OPTION_INTERFACE_ID, agent->id, agent->id_length);
	at += put(out + at, OPTION_RELAY_MSG, message, length);
	*out_length = at;
	return DHCP_RELAYED;
}

enum dhcp_verdict dhcp6_reply(const uint8_t *message, uint32_t length, struct dhcp6_reply *reply)
{
	*reply = (struct dhcp6_reply){0};
	if (length < DHCP6_RELAY || message[0] != RELAY_REPL) return DHCP_MALFORMED;
	reply->peer = message + 18;
	for (uint32_t at = DHCP6_RELAY; at < length;) {
		uint32_t kind, size;

		if (length - at < 4) return DHCP_MALFORMED;
		kind = (uint32_t)(message[at] << 8 | message[at + 1]);
		size = (uint32_t)(message[at + 2] << 8 | message[at + 3]);
		if (size > length - at - 4) return DHCP_MALFORMED;
		if (kind == OPTION_INTERFACE_ID) {
			reply->id = message + at + 4;
			reply->id_length = (uint16_t)size;
		} else if (kind == OPTION_RELAY_MSG) {
			reply->message = message + at + 4;
			reply->length = size;
		}
		at += 4 + size;
	}
	if (reply->message == NULL || reply->length < 4) return DHCP_MALFORMED;
	reply->to_relay = reply->message[0] == RELAY_REPL;
	return DHCP_RELAYED;
}
