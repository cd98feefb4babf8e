// What a relay agent does to DHCP messages for IPv4 (RFC 1542, 4; RFC 2131; RFC 3046; RFC 3527).
//
//   0    1       2      3      4     8      10      12       16       20       24       28       44      108    236
//   | op | htype | hlen | hops | xid | secs | flags | ciaddr | yiaddr | siaddr | giaddr | chaddr | sname | file
//   | 99.130.83.99, options
#ifndef SLUICE_DHCP_RELAY4_H
#define SLUICE_DHCP_RELAY4_H

#include <stdbool.h>
#include <stdint.h>

#define DHCP4_HEADER 240 // with the cookie
// Longest message with what is added to it: an IP packet of 1,500 bytes.
#define DHCP4_MOST 1472
#define DHCP_ID    64

enum dhcp_verdict {
	DHCP_RELAYED,
	DHCP_MALFORMED,
	DHCP_HOPS,       // too many
	DHCP_LOOP,       // was here already
	DHCP_UNTRUSTED,  // option 82 from a client (RFC 3046, 2.1)
	DHCP_UNKNOWN,    // a reply for nobody of ours
	DHCP_NO_ADDRESS, // the router has none to send from
	DHCP_NO_SERVER,  // of that family
	DHCP_NO_BUFFER,
	DHCP_VERDICTS,
};

struct dhcp4_agent {
	uint8_t gateway[4]; // what becomes giaddr
	bool has_link;      // RFC 3527: the subnet of the client is another than that of giaddr
	uint8_t link[4];
	uint8_t max_hops;
	uint8_t circuit_length, remote_length; // option 82 is added if one of them is not 0, or has_link
	uint8_t circuit[DHCP_ID], remote[DHCP_ID];
};

// Makes a client's message one for the servers, in place: `room` bytes are there. *length is changed.
enum dhcp_verdict dhcp4_request(uint8_t *message, uint32_t *length, uint32_t room, const struct dhcp4_agent *agent);

struct dhcp4_reply {
	uint8_t gateway[4];     // giaddr
	uint8_t circuit_length; // of option 82
	uint8_t circuit[255];
	bool broadcast; // the client cannot be reached otherwise
	uint8_t address[4], mac[6];
};

// Reads a server's message and takes option 82 out of it, in place. giaddr stays.
enum dhcp_verdict dhcp4_reply(uint8_t *message, uint32_t *length, struct dhcp4_reply *reply);

#endif
