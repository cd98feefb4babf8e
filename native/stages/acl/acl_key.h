// What access lists look at in a packet, as the classifier's key.
#ifndef SLUICE_ACL_ACL_KEY_H
#define SLUICE_ACL_ACL_KEY_H

#include <string.h>

#include <rte_byteorder.h>

#include "classifier.h"

#define ACL_MOST_EXTENSIONS 8

enum {
	ACL_HOP_BY_HOP = 0,
	ACL_ICMP = 1,
	ACL_TCP = 6,
	ACL_UDP = 17,
	ACL_DCCP = 33,
	ACL_ROUTING = 43,
	ACL_FRAGMENT = 44,
	ACL_AUTHENTICATION = 51,
	ACL_ICMPV6 = 58,
	ACL_DESTINATION_OPTIONS = 60,
	ACL_SCTP = 132,
	ACL_MOBILITY = 135,
	ACL_HIP = 139,
	ACL_SHIM6 = 140,
	ACL_UDP_LITE = 136,
};

// Protocols whose header begins with two ports.
static inline bool acl_has_ports(uint8_t protocol)
{
	return protocol == ACL_TCP || protocol == ACL_UDP || protocol == ACL_DCCP || protocol == ACL_SCTP ||
	       protocol == ACL_UDP_LITE;
}

static inline uint32_t acl_read32(const uint8_t *p)
{
	uint32_t raw;

	memcpy(&raw, p, sizeof(raw));
	return rte_be_to_cpu_32(raw);
}

// The header of the upper layer, `room` octets of it at hand: ports or type and code, TCP flags, and that they are
// there. A header that ends too soon has none: rules that ask for them do not match.
static inline void acl_key_upper(struct classifier_key *key, const uint8_t *upper, uint32_t room, uint8_t protocol)
{
	if (likely(acl_has_ports(protocol))) {
		if (room < 4) return;
		key->word[WORD_PORTS] = acl_read32(upper);
		key->word[WORD_MISC] |= CLASS_PORTS;
		// RFC 9293, 3.1: the flags are octet 13.
		if (protocol == ACL_TCP && room >= 14) key->word[WORD_MISC] |= (uint32_t)upper[13] << 16 | CLASS_TCP;
	} else if (protocol == ACL_ICMP || protocol == ACL_ICMPV6) {
		if (room < 2) return;
		key->word[WORD_PORTS] = (uint32_t)upper[0] << 16 | upper[1];
		key->word[WORD_MISC] |= CLASS_ICMP;
	}
}

// RFC 791, 3.1. `room`: octets in the first segment from `ip` on, at least 20.
static inline void acl_key_v4(struct classifier_key *key, const uint8_t *ip, uint32_t room)
{
	uint32_t header = (ip[0] & 0xfu) * 4, length = acl_read32(ip) & 0xffff;

	key->word[WORD_MISC] = (uint32_t)ip[9] << 24 | (uint32_t)(ip[1] >> 2) << 8;
	key->word[WORD_PORTS] = 0;
	key->word[WORD_SIZES] = length << 16 | ip[8];
	key->word[WORD_ADDRESS] = acl_read32(ip + 12);
	key->word[WORD_ADDRESS + 1] = acl_read32(ip + 16);
	if (unlikely((acl_read32(ip + 4) & 0x1fff) != 0)) {
		key->word[WORD_MISC] |= CLASS_FRAGMENT;
		return;
	}
	room = RTE_MIN(room, length);
	if (likely(header <= room)) acl_key_upper(key, ip + header, room - header, ip[9]);
}

// RFC 8200, 3 and 4. Returns the extension headers that were passed.
static inline unsigned acl_key_v6(struct classifier_key *key, const uint8_t *ip, uint32_t room)
{
	uint8_t next = ip[6];
	uint32_t at = 40, fragment = 0;
	unsigned extensions = 0;

	key->word[WORD_MISC] = (uint32_t)((ip[0] & 0xf) << 2 | ip[1] >> 6) << 8;
	key->word[WORD_PORTS] = 0;
	key->word[WORD_SIZES] = (acl_read32(ip + 4) & 0xffff0000) | ip[7];
	for (unsigned w = 0; w < 8; w++)
		key->word[WORD_ADDRESS + w] = acl_read32(ip + 8 + 4 * w);
	room = RTE_MIN(room, 40 + (acl_read32(ip + 4) >> 16));
	while (extensions < ACL_MOST_EXTENSIONS && at + 8 <= room && fragment == 0) {
		uint32_t length = (ip[at + 1] + 1u) * 8;

		switch (next) {
		case ACL_FRAGMENT:
			fragment = acl_read32(ip + at) & 0xfff8;
			length = 8;
			break;
		case ACL_AUTHENTICATION: // RFC 4302, 2.2
			length = (ip[at + 1] + 2u) * 4;
			break;
		case ACL_HOP_BY_HOP:
		case ACL_ROUTING:
		case ACL_DESTINATION_OPTIONS:
		case ACL_MOBILITY:
		case ACL_HIP:
		case ACL_SHIM6:
			break;
		default:
			goto done;
		}
		next = ip[at];
		at += length;
		extensions++;
	}
done:
	key->word[WORD_MISC] |= (uint32_t)next << 24;
	if (fragment != 0)
		key->word[WORD_MISC] |= CLASS_FRAGMENT;
	else if (at <= room)
		acl_key_upper(key, ip + at, room - at, next);
	return extensions;
}

#endif
