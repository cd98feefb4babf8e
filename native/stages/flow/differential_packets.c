// Packets between the hosts of routed interfaces, to what is routed behind them, and to the router itself.
#include <rte_ip.h>

#include "differential.h"

// A source that a host has, that another interface's host has (unicast RPF), or that nobody has.
static void source(unsigned interface, unsigned host, unsigned version, uint8_t *at)
{
	unsigned kind = below(24);

	if (kind == 0) interface = below(INTERFACES);
	if (version == 0)
		host_address4(interface, host, at);
	else
		host_address6(interface, host, at);
	if (kind == 1 && version == 0) memcpy(at, (uint8_t[]){20, 1, (uint8_t)below(3), (uint8_t)(below(2) * 129)}, 4);
	if (kind == 1 && version == 1) memcpy(at, (uint8_t[]){0x20, 0x02, 0, 1, 0, (uint8_t)below(3)}, 6);
	if (kind == 2 && version == 1 && below(4) == 0) memcpy(at, (uint8_t[]){0xfe, 0x80, 0, 0, 0, 0}, 6);
	if (kind == 3 && version == 0 && below(8) == 0) at[0] = (uint8_t)(below(2) * 127);
}

// Hosts of any interface, mostly of the same VRF; what static routes lead to; the router; nobody.
static void destination(unsigned interface, unsigned version, uint8_t *at)
{
	unsigned kind = below(20), to = below(INTERFACES);

	if (version == 0)
		host_address4(to, below(HOSTS), at);
	else
		host_address6(to, below(HOSTS), at);
	if (kind < 10 && version == 0)
		memcpy(at,
		       (uint8_t[]){20, (uint8_t)below(3), (uint8_t)below(3),
				   (uint8_t)(below(4) != 0 ? below(3) : 128 + below(3))},
		       4);
	if (kind < 10 && version == 1) {
		memset(at, 0, 16);
		memcpy(at, (uint8_t[]){0x20, 0x02, 0, (uint8_t)below(3), 0, (uint8_t)below(3)}, 6);
		at[15] = (uint8_t)below(3);
	}
	if (kind == 10 && below(4) == 0) at[version == 0 ? 3 : 15] = 1;
	if (kind == 11 && below(8) == 0) at[version == 0 ? 3 : 15] = 255;
	if (kind == 12 && below(8) == 0) at[0] = (uint8_t)(version == 0 ? 30 : 0x30);
	(void)interface;
}

static uint8_t dscp(void)
{
	static const uint8_t classes[] = {0, 0, 10, 12, 14, 46}; // AF11 to AF13 have a colour (RFC 2597)

	return classes[below(sizeof(classes))];
}

static bool is_for_router(const uint8_t *destination, unsigned version)
{
	uint8_t last = destination[version == 0 ? 3 : 15];

	return last == 1 || last == 255 || (version == 0 && destination[0] == 20 && last == 2);
}

static uint8_t *put_l3_v4(uint8_t *ip, unsigned interface, unsigned host, unsigned total)
{
	uint8_t *l4 = put_ipv4(ip, total);
	bool wrong = below(100) == 0;

	ip[1] = (uint8_t)(dscp() << 2 | below(2));
	source(interface, host, 0, ip + 12);
	destination(interface, 0, ip + 16);
	if (below(10) == 0) ip[6] |= 0x40;
	// What the router itself would put together waits for a time that is not the test's.
	if (is_for_router(ip + 16, 0)) ip[6] &= 0xdf;
	ip_checksum(ip);
	if (wrong) ip[11] ^= 1;
	return l4;
}

static uint8_t *put_l3_v6(uint8_t *ip, unsigned interface, unsigned host, unsigned total)
{
	static const uint8_t protocols[] = {PROTOCOL_UDP, PROTOCOL_UDP, PROTOCOL_TCP, PROTOCOL_ICMPV6, 47};
	uint8_t class = (uint8_t)(dscp() << 2);

	memset(ip, 0, 48);
	ip[0] = (uint8_t)(0x60 | class >> 4);
	ip[1] = (uint8_t)(class << 4);
	ip[4] = (uint8_t)((total - 40) >> 8);
	ip[5] = (uint8_t)(total - 40);
	ip[6] = protocols[below(sizeof(protocols))];
	ip[7] = (uint8_t)(below(20) == 0 ? below(3) : 64);
	source(interface, host, 1, ip + 8);
	destination(interface, 1, ip + 24);
	if (below(40) == 0 && !is_for_router(ip + 24, 1)) {
		// A first fragment (44) or destination options (60) of eight octets (RFC 8200, 4.5 and 4.6).
		ip[40] = ip[6];
		ip[6] = below(2) == 0 ? 44 : 60;
		ip[43] = ip[6] == 44 ? 1 : 0;
		if (ip[6] == 60) memcpy(ip + 42, (uint8_t[]){1, 4, 0, 0, 0, 0}, 6);
		return ip + 48;
	}
	return ip + 40;
}

static void put_l4(uint8_t *l4, unsigned protocol)
{
	// Not a message of Neighbor Discovery or of a group: those types the hosts send.
	static const uint8_t types[] = {0, 3, 8, 128, 129};

	memcpy(l4, (uint8_t[]){4, (uint8_t)below(4), 0, (uint8_t)(52 + below(3))}, 4);
	if (protocol == PROTOCOL_ICMP || protocol == PROTOCOL_ICMPV6)
		memcpy(l4, (uint8_t[]){types[below(sizeof(types))], (uint8_t)below(2), 0, 0}, 4);
	l4[12] = 0x50;
	l4[13] = below(10) == 0 ? 2 : (uint8_t)(0x10 | below(2) << 3);
}

void l3_send(void)
{
	unsigned interface = below(INTERFACES), host = below(HOSTS), version = below(5) < 3 ? 0 : 1, vid;
	unsigned length = 90 + (below(12) == 0 ? below(1400) : below(3) * 64);
	const struct l3_interface *it = router_interface(test_interface[interface].name);
	uint8_t frame[2048] = {0}, to[6], *l3, *l4;

	memcpy(to, &it->live->mac, 6);
	if (below(100) == 0) to[5] ^= 0x40;
	l3 = host_frame(frame, to, interface, host, version == 0 ? 0x0800 : 0x86dd);
	// A MAC that nobody has heard of; in a bridge domain it would be learned in a burst.
	if (test_interface[interface].tenant < 0 && below(60) == 0) frame[11] ^= 0x80;
	if (version == 0)
		l4 = put_l3_v4(l3, interface, host, length - 14 - (unsigned)(l3 - frame - 14) - below(2) * below(10));
	else
		l4 = put_l3_v6(l3, interface, host, length - (unsigned)(l3 - frame));
	put_l4(l4, version == 0 ? l3[9] : l3[6]);
	if (below(100) == 0) length = 14 + below(60);
	send_frame(host_port(interface, host, &vid), frame, (uint16_t)length);
}
