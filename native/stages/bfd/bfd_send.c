// A BFD Control packet as an IP packet (RFC 5881, 4; RFC 5883, 5).
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "../../main/buffers.h"
#include "../ip/ip4_input.h"
#include "../ip/ip6_input.h"
#include "../ip/packet.h"
#include "bfd.h"

#define TTL        255
#define CLASS_CS6  0xc0  // internetwork control, as other protocols of the router
#define FIRST_PORT 49152 // RFC 5881, 4: of the dynamic ports each session has its own
#define UDP_HEADER 8

static int edge_of[IP_VERSIONS] = {-1, -1};

int bfd_send_start(void)
{
	edge_of[IP_V4] = inject_edge("ip4-lookup");
	edge_of[IP_V6] = inject_edge("ip6-lookup");
	return edge_of[IP_V4] < 0 ? edge_of[IP_V4] : edge_of[IP_V6] < 0 ? edge_of[IP_V6] : 0;
}

uint16_t bfd_source_port(const struct bfd_session *session)
{
	return (uint16_t)(FIRST_PORT + session->slot);
}

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void fill_ip(const struct bfd_session *session, uint8_t *ip, uint32_t length)
{
	bool v4 = session->settings.version == IP_V4;
	unsigned size = v4 ? 4 : 16, header = v4 ? IP4_HEADER : IP6_HEADER;

	memset(ip, 0, header);
	memcpy(ip + (v4 ? 12 : 8), session->source.bytes, size);
	memcpy(ip + (v4 ? 16 : 24), session->settings.remote.bytes, size);
	if (v4) {
		ip[0] = 0x45;
		ip[1] = CLASS_CS6;
		put16(ip + 2, header + length);
		ip[8] = TTL;
		ip[9] = IPPROTO_UDP;
		packet_ip4_checksum(ip);
	} else {
		ip[0] = 0x60 | CLASS_CS6 >> 4;
		put16(ip + 4, length);
		ip[6] = IPPROTO_UDP;
		ip[7] = TTL;
	}
}

int bfd_send(const struct bfd_session *session, const uint8_t *bytes, uint32_t length)
{
	enum ip_version version = session->settings.version;
	unsigned header = version == IP_V4 ? IP4_HEADER : IP6_HEADER, udp_length = UDP_HEADER + length;
	bool multihop = session->settings.interface == 0;
	struct rte_mbuf *m = rte_pktmbuf_alloc(buffers_urgent_pool());
	uint8_t *ip, *udp;
	uint16_t sum = 0;

	if (m == NULL) return -ENOBUFS;
	ip = (uint8_t *)rte_pktmbuf_append(m, (uint16_t)(header + udp_length));
	udp = ip + header;
	fill_ip(session, ip, udp_length);
	put16(udp, bfd_source_port(session));
	put16(udp + 2, multihop ? BFD_PORT_MULTIHOP : BFD_PORT);
	put16(udp + 4, udp_length);
	memcpy(udp + 6, &sum, sizeof(sum));
	memcpy(udp + UDP_HEADER, bytes, length);
	sum = packet_checksum(m, header, udp_length, packet_pseudo_header(ip, IPPROTO_UDP, udp_length));
	if (sum == 0) sum = 0xffff; // 0: none (RFC 768)
	memcpy(udp + 6, &sum, sizeof(sum));
	ip_own_packet(m, session->send_vrf, session->settings.interface);
	return packet_inject_from_thread(m, edge_of[version], session->slot);
}
