#include <netinet/in.h>

#include "../ip/ip.h"
#include "../ip/ip6_headers.h"
#include "control_plane.h"

#define PORT_BGP          179
#define PORT_BFD          3784 // RFC 5881, 4
#define PORT_BFD_ECHO     3785
#define PORT_BFD_MULTIHOP 4784 // RFC 5883, 5
#define PORT_DHCP_SERVER  67
#define PORT_DHCP_CLIENT  68
#define PORT_DHCP6_CLIENT 546
#define PORT_DHCP6_SERVER 547
#define PROTOCOL_OSPF     89
#define PROTOCOL_VRRP     112

static uint8_t protocol_of(struct rte_mbuf *m)
{
	const uint8_t *ip = ip_header(m);
	struct ip6_headers at;

	if (ip[0] >> 4 == 4) return ip[9];
	return ip6_headers_walk(m, ip[24] == 0xff, &at) == IP6_HEADERS_UPPER ? at.protocol : IPPROTO_NONE;
}

static bool is(uint16_t source, uint16_t destination, uint16_t port)
{
	return source == port || destination == port;
}

enum control_class control_class_of(struct rte_mbuf *m)
{
	uint8_t protocol = protocol_of(m), scratch[4];
	const uint8_t *ports;
	uint16_t source, destination;

	switch (protocol) {
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return CONTROL_ICMP;
	case PROTOCOL_OSPF:
		return CONTROL_OSPF;
	case PROTOCOL_VRRP:
		return CONTROL_VRRP;
	case IPPROTO_TCP:
	case IPPROTO_UDP:
		break;
	default:
		return CONTROL_OTHER;
	}
	ports = rte_pktmbuf_read(m, packet_meta(m)->l3_offset + ip_l4_offset(packet_meta(m)), sizeof(scratch), scratch);
	if (ports == NULL) return CONTROL_OTHER;
	source = (uint16_t)(ports[0] << 8 | ports[1]);
	destination = (uint16_t)(ports[2] << 8 | ports[3]);
	if (protocol == IPPROTO_TCP) return is(source, destination, PORT_BGP) ? CONTROL_BGP : CONTROL_OTHER;
	if (destination == PORT_BFD || destination == PORT_BFD_ECHO || destination == PORT_BFD_MULTIHOP)
		return CONTROL_BFD;
	if (destination == PORT_DHCP_SERVER || destination == PORT_DHCP_CLIENT || destination == PORT_DHCP6_CLIENT ||
	    destination == PORT_DHCP6_SERVER)
		return CONTROL_DHCP;
	return CONTROL_OTHER;
}
