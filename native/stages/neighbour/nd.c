#include "nd.h"

#include <string.h>

enum { OPTION_SOURCE_MAC = 1, OPTION_TARGET_MAC = 2 };

#define HOP_LIMIT 255
#define ICMPV6    58

static bool is_unspecified(const uint8_t address[16])
{
	static const uint8_t zero[16];

	return memcmp(address, zero, sizeof(zero)) == 0;
}

static bool is_group(const uint8_t address[16])
{
	return address[0] == 0xff;
}

static bool is_link_local(const uint8_t address[16])
{
	return address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
}

// Every option has a length other than 0 and lies within the packet. The one of `kind` is read where it is a MAC's.
static bool options_parse(const uint8_t *at, uint32_t length, uint8_t kind, struct nd *nd)
{
	while (length != 0) {
		uint32_t size;

		if (length < 2 || at[1] == 0) return false;
		size = at[1] * 8u;
		if (size > length) return false;
		if (at[0] == kind && size == 8) {
			memcpy(&nd->mac, at + 2, RTE_ETHER_ADDR_LEN);
			if (!rte_is_valid_assigned_ether_addr(&nd->mac)) return false;
			nd->has_mac = true;
		}
		at += size;
		length -= size;
	}
	return true;
}

static bool solicitation(const struct nd *nd)
{
	// 7.1.1: a sender that has no address yet asks the group, and cannot tell a MAC for it.
	if (is_group(nd->target)) return false;
	if (!is_unspecified(nd->source)) return true;
	return nd->destination[0] == 0xff && nd->destination[1] == 2 && nd->destination[11] == 1 &&
	       nd->destination[12] == 0xff && !nd->has_mac;
}

static bool advertisement(const struct nd *nd)
{
	return !is_group(nd->target) && !(is_group(nd->destination) && (nd->flags & ND_SOLICITED) != 0) &&
	       !is_unspecified(nd->source);
}

bool nd_parse(const uint8_t *packet, uint32_t length, uint32_t l4, struct nd *nd)
{
	const uint8_t *icmp = packet + l4;
	uint32_t least;

	*nd = (struct nd){0};
	if (length < IP6_SIZE || l4 < IP6_SIZE || l4 > length || length - l4 < 8) return false;
	length -= l4;
	if (packet[7] != HOP_LIMIT || icmp[1] != 0) return false;
	memcpy(nd->source, packet + 8, sizeof(nd->source));
	memcpy(nd->destination, packet + 24, sizeof(nd->destination));
	if (is_group(nd->source)) return false;
	nd->type = icmp[0];
	nd->flags = icmp[4];
	switch (nd->type) {
	case ND_TYPE_ROUTER_SOLICITATION:
		return options_parse(icmp + 8, length - 8, OPTION_SOURCE_MAC, nd) &&
		       !(is_unspecified(nd->source) && nd->has_mac);
	case ND_TYPE_ROUTER_ADVERTISEMENT:
		return length >= 16 && is_link_local(nd->source) &&
		       options_parse(icmp + 16, length - 16, OPTION_SOURCE_MAC, nd);
	case ND_TYPE_REDIRECT:
		return length >= 40 && is_link_local(nd->source) &&
		       options_parse(icmp + 40, length - 40, OPTION_TARGET_MAC, nd);
	case ND_TYPE_NEIGHBOUR_SOLICITATION:
	case ND_TYPE_NEIGHBOUR_ADVERTISEMENT:
		break;
	default:
		return false;
	}
	least = 24;
	if (length < least) return false;
	memcpy(nd->target, icmp + 8, sizeof(nd->target));
	if (is_unspecified(nd->target)) return false;
	if (nd->type == ND_TYPE_NEIGHBOUR_SOLICITATION)
		return options_parse(icmp + least, length - least, OPTION_SOURCE_MAC, nd) && solicitation(nd);
	return options_parse(icmp + least, length - least, OPTION_TARGET_MAC, nd) && advertisement(nd);
}

static uint16_t checksum(const uint8_t *packet, uint32_t length)
{
	uint32_t sum = (length - IP6_SIZE) + ICMPV6;

	// Both addresses stand in front of the message: one run over all of it.
	for (uint32_t i = 8; i < length; i += 2)
		sum += (uint32_t)(packet[i] << 8 | packet[i + 1]);
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

uint32_t nd_write(const struct nd *nd, uint8_t packet[ND_SIZE])
{
	uint32_t length = ND_SIZE - (nd->has_mac ? 0 : 8);
	uint8_t *icmp = packet + IP6_SIZE;
	uint16_t sum;

	memset(packet, 0, ND_SIZE);
	packet[0] = 0x60;
	packet[5] = (uint8_t)(length - IP6_SIZE);
	packet[6] = ICMPV6;
	packet[7] = HOP_LIMIT;
	memcpy(packet + 8, nd->source, sizeof(nd->source));
	memcpy(packet + 24, nd->destination, sizeof(nd->destination));
	icmp[0] = nd->type;
	icmp[4] = nd->flags;
	memcpy(icmp + 8, nd->target, sizeof(nd->target));
	if (nd->has_mac) {
		icmp[24] = nd->type == ND_TYPE_NEIGHBOUR_SOLICITATION ? OPTION_SOURCE_MAC : OPTION_TARGET_MAC;
		icmp[25] = 1;
		memcpy(icmp + 26, &nd->mac, RTE_ETHER_ADDR_LEN);
	}
	sum = checksum(packet, length);
	icmp[2] = (uint8_t)(sum >> 8);
	icmp[3] = (uint8_t)sum;
	return length;
}

void nd_solicited_group(const uint8_t address[16], uint8_t group[16])
{
	memset(group, 0, 16);
	group[0] = 0xff;
	group[1] = 0x02;
	group[11] = 0x01;
	group[12] = 0xff;
	memcpy(group + 13, address + 13, 3);
}

void nd_group_mac(const uint8_t group[16], struct rte_ether_addr *mac)
{
	mac->addr_bytes[0] = mac->addr_bytes[1] = 0x33;
	memcpy(mac->addr_bytes + 2, group + 12, 4);
}
