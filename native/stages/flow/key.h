// What the flow cache knows a packet by, and the parser that makes it.
//
//   0        6        12         16     17    18        19    20      22      24
//   | DA     | SA     | TCI TCI  | port | tags | protocol | kind | sport | dport | addresses: 8 (IPv4) or 32 (IPv6)
//
// In the order and byte order of the packet. ICMP: type and code in the place of the source port. What is not IP: the
// ethertype there. A few fields that most paths do not look at stand beside the key in one word, which has a mask in
// each entry.
#ifndef SLUICE_FLOW_KEY_H
#define SLUICE_FLOW_KEY_H

#include <string.h>

#include <rte_byteorder.h>

#include "../classify/tags.h"

enum flow_kind { FLOW_KIND_OTHER, FLOW_KIND_IPV4, FLOW_KIND_IPV6 };

#define FLOW_KEY_SHORT 4 // words of 8 bytes: IPv4 and what is not IP
#define FLOW_KEY_LONG  7

#define FLOW_WORD_TOS   0x000000ffu
#define FLOW_WORD_TTL   0x0000ff00u
#define FLOW_WORD_FLAGS 0x00ff0000u

#define PROTOCOL_ICMP   1
#define PROTOCOL_TCP    6
#define PROTOCOL_UDP    17
#define PROTOCOL_ICMPV6 58

struct flow_key {
	union {
		uint64_t word[FLOW_KEY_LONG];
		struct {
			uint8_t addresses[12];
			uint8_t tci[4];
			uint8_t port;
			uint8_t tags; // count, and the TPID of each
			uint8_t protocol;
			uint8_t kind; // enum flow_kind
			uint8_t source_port[2];
			uint8_t destination_port[2];
			union {
				struct {
					uint8_t source4[4];
					uint8_t destination4[4];
				};
				struct {
					uint8_t source6[16];
					uint8_t destination6[16];
				};
			};
		};
	};
};

// One cache line.
struct flow_parsed {
	struct flow_key key;
	uint32_t word; // FLOW_WORD_*
	uint8_t l3_offset;
	uint8_t kind; // enum flow_kind, as in the key
	uint8_t spare[2];
};
_Static_assert(sizeof(struct flow_parsed) == 64, "a parsed packet is a cache line");

static inline uint32_t flow_load32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static inline uint64_t flow_load64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

// RFC 791, 3.1: the ones' complement sum over 20 bytes is all ones.
static inline bool flow_ipv4_sum_right(const uint8_t *ip)
{
	uint64_t a = flow_load64(ip), b = flow_load64(ip + 8);
	uint64_t sum = (a >> 32) + (uint32_t)a + (b >> 32) + (uint32_t)b + flow_load32(ip + 16);

	sum = (sum >> 32) + (uint32_t)sum;
	sum = (sum >> 32) + (uint32_t)sum;
	sum = (sum >> 16) + (sum & 0xffff);
	sum = (sum >> 16) + (sum & 0xffff);
	return sum == 0xffff;
}

// What the fields behind the addresses are made of. The key is written in whole words: the hash reads it in words, and
// a processor that has to put a word together from smaller stores waits for all of them.
struct flow_fields {
	uint32_t ports; // as in the packet, source port in the low half
	uint32_t word;
	uint8_t protocol;
};

// The header behind the IP header, where `room` bytes are there.
static inline bool flow_parse_ports(struct flow_fields *fields, const uint8_t *l4, uint32_t room)
{
	fields->ports = 0;
	if (likely(fields->protocol == PROTOCOL_UDP)) {
		if (unlikely(room < 8)) return false;
		fields->ports = flow_load32(l4);
	} else if (fields->protocol == PROTOCOL_TCP) {
		// FIN, SYN, RST: the flow begins or ends.
		if (unlikely(room < 20 || l4[13] & 0x07)) return false;
		fields->ports = flow_load32(l4);
		fields->word |= (uint32_t)l4[13] << 16;
	} else if (fields->protocol == PROTOCOL_ICMP || fields->protocol == PROTOCOL_ICMPV6) {
		if (unlikely(room < 8)) return false;
		fields->ports = (uint32_t)l4[0] | (uint32_t)l4[1] << 8;
	}
	return true;
}

//  0                   1                   2                   3      RFC 791, 3.1
// |Version|  IHL  |Type of Service|          Total Length         |
// |         Identification        |Flags|      Fragment Offset    |
// |  Time to Live |    Protocol   |         Header Checksum       |
// |                       Source Address                          |
// |                    Destination Address                        |
static inline bool flow_parse_ipv4(struct flow_fields *fields, const uint8_t *ip, uint32_t present, uint32_t whole)
{
	uint32_t total;

	if (unlikely(present < 20)) return false;
	total = read_be16(ip + 2);
	// No options, no fragment (the bit "don't fragment" may be set), a TTL that lets it go on.
	if (unlikely(ip[0] != 0x45 || (ip[6] & 0xbf) | ip[7] || ip[8] <= 1)) return false;
	if (unlikely(total < 20 || total > whole)) return false;
	if (unlikely(!flow_ipv4_sum_right(ip))) return false;
	fields->protocol = ip[9];
	fields->word = ip[1] | (uint32_t)ip[8] << 8;
	return flow_parse_ports(fields, ip + 20, RTE_MIN(total, present) - 20);
}

static inline bool flow_ipv6_extension(uint8_t next_header)
{
	// Hop-by-hop, routing, fragment, ESP, AH, none, destination options, mobility, HIP, shim6 (IANA).
	switch (next_header) {
	case 0:
	case 43:
	case 44:
	case 50:
	case 51:
	case 59:
	case 60:
	case 135:
	case 139:
	case 140:
		return true;
	default:
		return false;
	}
}

// |Version| Traffic Class |           Flow Label                  |      RFC 8200, 3
// |         Payload Length        |  Next Header  |   Hop Limit   |
// | Source Address (16), Destination Address (16)                 |
static inline bool flow_parse_ipv6(struct flow_fields *fields, const uint8_t *ip, uint32_t present, uint32_t whole)
{
	uint32_t payload;

	if (unlikely(present < 40)) return false;
	payload = read_be16(ip + 4);
	if (unlikely(ip[0] >> 4 != 6 || ip[7] <= 1 || payload + 40 > whole)) return false;
	if (unlikely(flow_ipv6_extension(ip[6]))) return false;
	fields->protocol = ip[6];
	fields->word = (uint8_t)(ip[0] << 4 | ip[1] >> 4) | (uint32_t)ip[7] << 8;
	return flow_parse_ports(fields, ip + 40, RTE_MIN(payload + 40, present) - 40);
}

// The key of a frame of which `present` bytes are in one piece and `whole` in all. False: it takes the stages without
// being looked up or recorded: malformed, too short, with options or extension headers, a fragment, TTL at its end, the
// first or last packet of a TCP connection.
static inline bool flow_parse(struct flow_parsed *p, const uint8_t *frame, uint32_t present, uint32_t whole,
			      uint16_t port)
{
	struct flow_fields fields = {.protocol = 0};
	uint32_t offset = ETHERNET_HEADER, tags = 0, tci = 0;
	enum flow_kind kind;
	uint16_t type;

	// Groups are flooded or for the router.
	if (unlikely(present < ETHERNET_HEADER || (frame[0] | frame[6]) & 1)) return false;
	type = read_be16(frame + 12);
	if (is_tag(type)) {
		if (unlikely(present < ETHERNET_HEADER + TAG_SIZE)) return false;
		tci = (uint32_t)frame[14] | (uint32_t)frame[15] << 8;
		tags = type == RTE_ETHER_TYPE_VLAN ? 1 : 1 | 4;
		type = read_be16(frame + 16);
		offset += TAG_SIZE;
		// Behind a priority tag there is payload (classify/tags.h).
		if (is_tag(type) && (read_be16(frame + 14) & 0xfff) != 0) {
			if (unlikely(present < ETHERNET_HEADER + 2 * TAG_SIZE)) return false;
			tci |= (uint32_t)frame[18] << 16 | (uint32_t)frame[19] << 24;
			tags = (tags ^ 3) | (type == RTE_ETHER_TYPE_VLAN ? 0 : 8);
			type = read_be16(frame + 20);
			offset += TAG_SIZE;
		}
		// A tag that is payload is not looked at here, but may be by who takes those in front of it off.
		if (unlikely(is_tag(type))) return false;
	}
	if (likely(type == RTE_ETHER_TYPE_IPV4)) {
		if (unlikely(!flow_parse_ipv4(&fields, frame + offset, present - offset, whole - offset))) return false;
		p->key.word[3] = flow_load64(frame + offset + 12);
		kind = FLOW_KIND_IPV4;
	} else if (type == RTE_ETHER_TYPE_IPV6) {
		if (unlikely(!flow_parse_ipv6(&fields, frame + offset, present - offset, whole - offset))) return false;
		memcpy(&p->key.word[3], frame + offset + 8, 32);
		kind = FLOW_KIND_IPV6;
	} else {
		fields.ports = (uint32_t)type >> 8 | (uint32_t)(type & 0xff) << 8;
		p->key.word[3] = 0;
		kind = FLOW_KIND_OTHER;
	}
	p->key.word[0] = flow_load64(frame);
	p->key.word[1] = flow_load32(frame + 8) | (uint64_t)tci << 32;
	p->key.word[2] = (uint8_t)port | (uint64_t)tags << 8 | (uint64_t)fields.protocol << 16 | (uint64_t)kind << 24 |
			 (uint64_t)fields.ports << 32;
	p->word = fields.word;
	p->l3_offset = (uint8_t)offset;
	p->kind = (uint8_t)kind;
	return true;
}

#if RTE_BYTE_ORDER != RTE_LITTLE_ENDIAN
#error "the key's words are put together for little-endian processors"
#endif

static inline unsigned flow_key_words(const struct flow_key *key)
{
	return key->kind == FLOW_KIND_IPV6 ? FLOW_KEY_LONG : FLOW_KEY_SHORT;
}

#endif
