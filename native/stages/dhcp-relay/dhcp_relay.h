// DHCP relay agents on the control thread.
#ifndef SLUICE_DHCP_RELAY_H
#define SLUICE_DHCP_RELAY_H

#include "../../main/stage.h"
#include "relay6.h"

#define DHCP_MOST_SERVERS 8

struct dhcp_settings {
	uint32_t interface, vrf; // ids; vrf: of the servers
	bool other_vrf;          // than the interface's
	uint8_t max_hops;
	uint8_t server_count[IP_VERSIONS];
	struct ip_address servers[IP_VERSIONS][DHCP_MOST_SERVERS];
	uint8_t circuit_length, remote_length;
	uint8_t circuit[DHCP_ID], remote[DHCP_ID];
	// By which an answer finds back: the circuit id, else the interface's name.
	uint8_t id_length;
	uint8_t id[DHCP_ID];
};

struct dhcp_agent {
	struct dhcp_agent *next;
	struct dhcp_settings settings;
	bool present;
	uint64_t requests, replies;
	uint64_t verdicts[DHCP_VERDICTS];
};

extern struct dhcp_agent *dhcp_agents;

// A packet of the node "dhcp-in"; takes it.
void dhcp_heard(struct rte_mbuf *m);

// The agent that a reply is for; NULL: none.
struct dhcp_agent *dhcp_agent_of_interface(uint32_t interface);

// ---------------------------------------------------------------- dhcp_send.c

// The router's address towards a server, in its VRF.
bool dhcp_source(const struct dhcp_agent *agent, enum ip_version version, const struct ip_address *server,
		 struct ip_address *source);
// UDP from and to the ports, routed in `vrf` (interface: of a link-local destination, else 0). False: no buffer.
bool dhcp_send(uint32_t vrf, uint32_t interface, const struct ip_address *source, const struct ip_address *destination,
	       enum ip_version version, uint16_t source_port, uint16_t port, const uint8_t *payload, uint32_t length);
// IPv4 to a client on the interface, who may have no address yet. False: no buffer.
bool dhcp_send_client(const struct l3_interface *interface, const struct rte_ether_addr *mac, const uint8_t source[4],
		      const uint8_t destination[4], const uint8_t *payload, uint32_t length);

#endif
