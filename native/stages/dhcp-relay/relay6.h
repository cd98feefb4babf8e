// What a relay agent does to DHCPv6 messages (RFC 8415, 19).
//
//   0      1           2              18             34
//   | type | hop count | link-address | peer-address | options …      RELAY-FORW (12), RELAY-REPL (13)
#ifndef SLUICE_DHCP_RELAY6_H
#define SLUICE_DHCP_RELAY6_H

#include "relay4.h"

#define DHCP6_RELAY 34
#define DHCP6_MOST  1400

struct dhcp6_agent {
	uint8_t link[16]; // of the client's link; zero: it has only link-local addresses
	uint8_t peer[16]; // who sent the message
	uint8_t id_length;
	uint8_t id[DHCP_ID]; // option Interface-Id
};

// Wraps a message for the servers into `out`, *out_length bytes.
enum dhcp_verdict dhcp6_request(const uint8_t *message, uint32_t length, const struct dhcp6_agent *agent,
				uint8_t out[DHCP6_MOST], uint32_t *out_length);

struct dhcp6_reply {
	const uint8_t *peer; // 16 bytes
	const uint8_t *id;   // NULL: no Interface-Id
	uint16_t id_length;
	const uint8_t *message; // what it holds
	uint32_t length;
	bool to_relay; // the peer is a relay agent itself
};

// Unwraps a server's message. The parts lie in it.
enum dhcp_verdict dhcp6_reply(const uint8_t *message, uint32_t length, struct dhcp6_reply *reply);

#endif
