#include <netinet/in.h>
#include <string.h>

#include "../ip/ip.h"
#include "../neighbour/send.h"
#include "dhcp_relay.h"

#define UDP_SIZE 8
#define TTL      64

static uint32_t sum_of(const uint8_t *bytes, uint32_t length, uint32_t sum)
{
	for (uint32_t i = 0; i + 1 < length; i += 2)
		sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	if (length % 2 != 0) sum += (uint32_t)bytes[length - 1] << 8;
	return sum;
}

static void store16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static unsigned header_of(enum ip_version version)
{
	return version == IP_V4 ? 20 : 40;
}

// Headers and payload at `ip`.
static void fill(uint8_t *ip, enum ip_version version, const uint8_t *source, const uint8_t *destination,
		 uint16_t source_port, uint16_t port, const uint8_t *payload, uint32_t length)
{
	unsigned header = header_of(version), size = version == IP_V4 ? 4 : 16;
	uint8_t *udp = ip + header;
	uint16_t sum;

	memset(ip, 0, header + UDP_SIZE);
	if (version == IP_V4) {
		ip[0] = 0x45;
		store16(ip + 2, 20 + UDP_SIZE + length);
		ip[8] = TTL;
		ip[9] = IPPROTO_UDP;
		memcpy(ip + 12, source, 4);
		memcpy(ip + 16, destination, 4);
		store16(ip + 10, fold(sum_of(ip, 20, 0)));
	} else {
		ip[0] = 0x60;
		store16(ip + 4, UDP_SIZE + length);
		ip[6] = IPPROTO_UDP;
		ip[7] = TTL;
		memcpy(ip + 8, source, 16);
		memcpy(ip + 24, destination, 16);
	}
	store16(udp, source_port);
	store16(udp + 2, port);
	store16(udp + 4, UDP_SIZE + length);
	memcpy(udp + UDP_SIZE, payload, length);
	sum = fold(sum_of(udp, UDP_SIZE + length,
			  sum_of(source, size, sum_of(destination, size, IPPROTO_UDP + UDP_SIZE + length))));
	// RFC 768: 0 means that there is none.
	store16(udp + 6, sum != 0 ? sum : 0xffff);
}

bool dhcp_send(uint32_t vrf, uint32_t interface, const struct ip_address *source, const struct ip_address *destination,
	       enum ip_version version, uint16_t source_port, uint16_t port, const uint8_t *payload, uint32_t length)
{
	struct rte_mbuf *m = packet_alloc();
	uint8_t *ip =
		m != NULL ? (uint8_t *)rte_pktmbuf_append(m, (uint16_t)(header_of(version) + UDP_SIZE + length)) : NULL;

	if (ip == NULL) {
		rte_pktmbuf_free(m);
		return false;
	}
	fill(ip, version, source->bytes, destination->bytes, source_port, port, payload, length);
	return ip_send(m, vrf, interface) == 0;
}

bool dhcp_send_client(const struct l3_interface *interface, const struct rte_ether_addr *mac, const uint8_t source[4],
		      const uint8_t destination[4], const uint8_t *payload, uint32_t length)
{
	uint8_t *ip;
	struct rte_mbuf *m = frame_new(interface, mac, &interface->live->mac, RTE_ETHER_TYPE_IPV4,
				       header_of(IP_V4) + UDP_SIZE + length, &ip);

	if (m == NULL) return false;
	fill(ip, IP_V4, source, destination, 67, 68, payload, length);
	frame_send(m);
	return true;
}

bool dhcp_source(const struct dhcp_agent *agent, enum ip_version version, const struct ip_address *server,
		 struct ip_address *source)
{
	const struct dataplane *dp = dataplane_current();
	const struct l3_interface *it = dataplane_interface(dp, agent->settings.interface);

	if (it == NULL) return false;
	if (!agent->settings.other_vrf) return ip_source_address(dp, it, version, server->bytes, source);
	for (uint32_t id = 1; id <= MAX_ID; id++) {
		it = dataplane_interface(dp, id);
		if (it != NULL && it->vrf == agent->settings.vrf &&
		    ip_source_address(dp, it, version, server->bytes, source))
			return true;
	}
	return false;
}
