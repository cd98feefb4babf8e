// DHCP messages on the control thread: from clients to the servers, and back.
#include <string.h>

#include "../ip/ip.h"
#include "../neighbour/address.h"
#include "../neighbour/inbox.h"
#include "dhcp_relay.h"

#define UDP_SIZE 8
#define LONGEST  1500

struct dhcp_agent *dhcp_agents;

struct dhcp_agent *dhcp_agent_of_interface(uint32_t interface)
{
	struct dhcp_agent *agent = dhcp_agents;

	while (agent != NULL && agent->settings.interface != interface)
		agent = agent->next;
	return agent;
}

static void count(struct dhcp_agent *agent, enum dhcp_verdict verdict)
{
	if (agent != NULL) agent->verdicts[verdict]++;
}

// ---------------------------------------------------------------- IPv4

static bool own_address(const struct dhcp_agent *agent, enum ip_version version, struct ip_address *address)
{
	const struct l3_interface *it = dataplane_interface(dataplane_current(), agent->settings.interface);

	for (uint32_t i = 0; it != NULL && i < it->address_count; i++) {
		if (it->addresses[i].version != version || it->addresses[i].address.bytes[0] == 0xfe) continue;
		*address = it->addresses[i].address;
		return true;
	}
	return false;
}

static enum dhcp_verdict request4(struct dhcp_agent *agent, uint8_t *message, uint32_t length)
{
	const struct dhcp_settings *settings = &agent->settings;
	struct dhcp4_agent a = {.max_hops = settings->max_hops,
				.has_link = settings->other_vrf,
				.circuit_length = settings->other_vrf ? settings->id_length : settings->circuit_length,
				.remote_length = settings->remote_length};
	struct ip_address own, gateway, source;
	enum dhcp_verdict verdict;

	if (settings->server_count[IP_V4] == 0) return DHCP_NO_SERVER;
	if (!own_address(agent, IP_V4, &own)) return DHCP_NO_ADDRESS;
	gateway = own;
	// In another VRF servers answer to an address of that one.
	if (settings->other_vrf && !dhcp_source(agent, IP_V4, &settings->servers[IP_V4][0], &gateway))
		return DHCP_NO_ADDRESS;
	memcpy(a.gateway, gateway.bytes, sizeof(a.gateway));
	memcpy(a.link, own.bytes, sizeof(a.link));
	memcpy(a.circuit, settings->id, sizeof(a.circuit));
	memcpy(a.remote, settings->remote, sizeof(a.remote));
	verdict = dhcp4_request(message, &length, DHCP4_MOST, &a);
	if (verdict != DHCP_RELAYED) return verdict;
	for (unsigned i = 0; i < settings->server_count[IP_V4]; i++) {
		const struct ip_address *server = &settings->servers[IP_V4][i];

		if (!dhcp_source(agent, IP_V4, server, &source)) source = gateway;
		if (!dhcp_send(settings->vrf, 0, &source, server, IP_V4, 67, 67, message, length))
			return DHCP_NO_BUFFER;
	}
	agent->requests++;
	return DHCP_RELAYED;
}

// By giaddr, which is the interface's, or (another VRF) by the circuit that the server sends back.
static struct dhcp_agent *agent_of_reply(uint32_t vrf, const struct dhcp4_reply *reply)
{
	for (struct dhcp_agent *agent = dhcp_agents; agent != NULL; agent = agent->next) {
		const struct dhcp_settings *settings = &agent->settings;

		if (settings->vrf != vrf) continue;
		if (settings->other_vrf ? settings->id_length == reply->circuit_length &&
						  memcmp(settings->id, reply->circuit, reply->circuit_length) == 0
					: address_find(settings->interface, IP_V4, reply->gateway) != NULL)
			return agent;
	}
	return NULL;
}

static void reply4(uint32_t vrf, uint8_t *message, uint32_t length, struct dhcp_agent *here)
{
	static const uint8_t everybody[4] = {255, 255, 255, 255};
	struct rte_ether_addr mac = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
	struct dhcp4_reply reply;
	enum dhcp_verdict verdict = dhcp4_reply(message, &length, &reply);
	struct dhcp_agent *agent = verdict == DHCP_RELAYED ? agent_of_reply(vrf, &reply) : NULL;
	const struct l3_interface *it;
	struct ip_address own;

	if (verdict != DHCP_RELAYED || agent == NULL) {
		count(here, verdict != DHCP_RELAYED ? verdict : DHCP_UNKNOWN);
		return;
	}
	it = dataplane_interface(dataplane_current(), agent->settings.interface);
	if (it == NULL || !own_address(agent, IP_V4, &own)) {
		count(agent, DHCP_NO_ADDRESS);
		return;
	}
	if (!reply.broadcast) memcpy(&mac, reply.mac, sizeof(mac));
	if (dhcp_send_client(it, &mac, own.bytes, reply.broadcast ? everybody : reply.address, message, length))
		agent->replies++;
	else
		count(agent, DHCP_NO_BUFFER);
}

// ---------------------------------------------------------------- IPv6

static enum dhcp_verdict request6(struct dhcp_agent *agent, const struct ip_address *from, const uint8_t *message,
				  uint32_t length)
{
	const struct dhcp_settings *settings = &agent->settings;
	struct dhcp6_agent a = {.id_length = settings->id_length};
	uint8_t out[DHCP6_MOST];
	struct ip_address link = {{0}}, source;
	enum dhcp_verdict verdict;
	uint32_t out_length;

	if (settings->server_count[IP_V6] == 0) return DHCP_NO_SERVER;
	own_address(agent, IP_V6, &link);
	memcpy(a.link, link.bytes, sizeof(a.link));
	memcpy(a.peer, from->bytes, sizeof(a.peer));
	memcpy(a.id, settings->id, sizeof(a.id));
	verdict = dhcp6_request(message, length, &a, out, &out_length);
	if (verdict != DHCP_RELAYED) return verdict;
	for (unsigned i = 0; i < settings->server_count[IP_V6]; i++) {
		const struct ip_address *server = &settings->servers[IP_V6][i];

		if (!dhcp_source(agent, IP_V6, server, &source)) return DHCP_NO_ADDRESS;
		if (!dhcp_send(settings->vrf, settings->interface, &source, server, IP_V6, 547, 547, out, out_length))
			return DHCP_NO_BUFFER;
	}
	agent->requests++;
	return DHCP_RELAYED;
}

static void reply6(uint32_t vrf, const uint8_t *message, uint32_t length, struct dhcp_agent *here)
{
	struct dhcp6_reply reply;
	enum dhcp_verdict verdict = dhcp6_reply(message, length, &reply);
	struct dhcp_agent *agent = dhcp_agents;
	const struct l3_interface *it = NULL;
	struct ip_address peer, source;

	while (verdict == DHCP_RELAYED && agent != NULL &&
	       (agent->settings.vrf != vrf || reply.id == NULL || agent->settings.id_length != reply.id_length ||
		memcmp(agent->settings.id, reply.id, reply.id_length) != 0))
		agent = agent->next;
	if (verdict != DHCP_RELAYED || agent == NULL) {
		count(here, verdict != DHCP_RELAYED ? verdict : DHCP_UNKNOWN);
		return;
	}
	memcpy(peer.bytes, reply.peer, sizeof(peer.bytes));
	it = dataplane_interface(dataplane_current(), agent->settings.interface);
	if (it == NULL || !ip_source_address(dataplane_current(), it, IP_V6, peer.bytes, &source)) {
		count(agent, DHCP_NO_ADDRESS);
		return;
	}
	if (dhcp_send(it->vrf, it->id, &source, &peer, IP_V6, 547, reply.to_relay ? 547 : 546, reply.message,
		      reply.length))
		agent->replies++;
	else
		count(agent, DHCP_NO_BUFFER);
}

// ---------------------------------------------------------------- from the node

static void message4(const struct l3_interface *it, uint8_t *message, uint32_t length)
{
	struct dhcp_agent *agent = dhcp_agent_of_interface(it->id);

	if (length > 0 && message[0] == 2)
		reply4(it->vrf, message, length, agent);
	else if (agent != NULL)
		count(agent, request4(agent, message, length));
}

static void message6(const struct l3_interface *it, const struct ip_address *from, const uint8_t *message,
		     uint32_t length)
{
	struct dhcp_agent *agent = dhcp_agent_of_interface(it->id);

	if (length > 0 && message[0] == 13)
		reply6(it->vrf, message, length, agent);
	else if (agent != NULL)
		count(agent, request6(agent, from, message, length));
}

void dhcp_heard(struct rte_mbuf *m)
{
	const struct packet_meta *meta = packet_meta(m);
	const struct l3_interface *it = dataplane_interface(dataplane_current(), meta->interface);
	uint32_t at = meta->l3_offset + ip_l4_offset(meta) + UDP_SIZE, length;
	uint8_t message[LONGEST + DHCP4_MOST];
	const uint8_t *ip = ip_header(m), *bytes;
	struct ip_address from = {{0}};

	length = m->pkt_len - RTE_MIN(m->pkt_len, at);
	if (it != NULL && length != 0 && length <= LONGEST) {
		bytes = rte_pktmbuf_read(m, at, length, message);
		if (bytes != message) memcpy(message, bytes, length);
		if (ip_version_of(ip) == IP_V4) {
			message4(it, message, length);
		} else {
			memcpy(from.bytes, ip + 8, sizeof(from.bytes));
			message6(it, &from, message, length);
		}
	}
	rte_pktmbuf_free(m);
}

static void poll(void)
{
	inbox_empty(INBOX_DHCP, dhcp_heard);
	port_inject_flush();
}

static struct stage dhcp_stage = {.name = "dhcp-relay", .order = 30, .poll = poll};
STAGE_REGISTER(dhcp_stage);
