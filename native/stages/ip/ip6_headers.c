#include "ip6_headers.h"

#include <netinet/in.h>

#include "ip6_input.h"

#define MOST_HEADERS 8
#define MOST_BYTES   1016

static bool read_at(struct rte_mbuf *m, unsigned offset, unsigned size, void *to)
{
	const void *at = rte_pktmbuf_read(m, packet_meta(m)->l3_offset + offset, size, to);

	if (at == NULL) return false;
	if (at != to) memcpy(to, at, size);
	return true;
}

// Options of RFC 8200, 4.2: type, length of the value, value; the two highest bits of a type that is not known say what
// is to be done. Pad1 is one byte.
static enum ip6_headers_result options(struct rte_mbuf *m, unsigned at, unsigned end, bool group, unsigned *bad)
{
	while (at < end) {
		uint8_t option[2] = {0, 0};

		if (!read_at(m, at, 1, option)) return IP6_HEADERS_BAD;
		if (option[0] == 0) {
			at++;
			continue;
		}
		if (at + 2 > end || !read_at(m, at, 2, option) || at + 2 + option[1] > end) {
			*bad = at;
			return IP6_HEADERS_FIELD;
		}
		*bad = at;
		switch (option[0] == 1 ? 0 : option[0] >> 6) {
		case 1:
			return IP6_HEADERS_SILENT;
		case 2:
			return IP6_HEADERS_OPTION;
		case 3:
			return group ? IP6_HEADERS_SILENT : IP6_HEADERS_OPTION;
		default:
			at += 2u + option[1];
		}
	}
	return IP6_HEADERS_UPPER;
}

// Routing headers are for hops that the router is not (RFC 5095; RFC 8200, 4.4): none left, or a problem.
static enum ip6_headers_result one_header(struct rte_mbuf *m, struct ip6_headers *at, const uint8_t *header,
					  unsigned length, bool group)
{
	enum ip6_headers_result result = IP6_HEADERS_UPPER;
	unsigned bad = 0;

	if (at->protocol == IPPROTO_ROUTING) {
		if (header[3] == 0) return IP6_HEADERS_UPPER;
		at->offset += 2;
		return IP6_HEADERS_FIELD;
	}
	result = options(m, at->offset + 2, at->offset + length, group, &bad);
	if (result != IP6_HEADERS_UPPER) at->offset = bad;
	return result;
}

enum ip6_headers_result ip6_headers_walk(struct rte_mbuf *m, bool group, struct ip6_headers *at)
{
	*at = (struct ip6_headers){.offset = IP6_HEADER, .protocol = ip_header(m)[6], .place = 6};
	at->fragmentable = at->offset;
	at->fragmentable_place = at->place;
	for (unsigned n = 0; n < MOST_HEADERS; n++) {
		enum ip6_headers_result result;
		uint8_t header[4];
		unsigned length;

		if (at->protocol == IPPROTO_NONE) return IP6_HEADERS_NOTHING;
		if (at->protocol != IPPROTO_HOPOPTS && at->protocol != IPPROTO_DSTOPTS &&
		    at->protocol != IPPROTO_ROUTING && at->protocol != IPPROTO_FRAGMENT)
			return IP6_HEADERS_UPPER;
		// Hop-by-hop options stand first or nowhere (RFC 8200, 4.1).
		if (at->protocol == IPPROTO_HOPOPTS && n != 0) {
			at->offset = at->place;
			return IP6_HEADERS_FIELD;
		}
		if (!read_at(m, at->offset, sizeof(header), header)) return IP6_HEADERS_BAD;
		if (at->protocol == IPPROTO_FRAGMENT) return IP6_HEADERS_FRAGMENT;
		length = (header[1] + 1u) * 8;
		if (at->offset + length > MOST_BYTES || packet_meta(m)->l3_offset + at->offset + length > m->pkt_len)
			return IP6_HEADERS_BAD;
		result = one_header(m, at, header, length, group);
		if (result != IP6_HEADERS_UPPER) return result;
		if (at->protocol != IPPROTO_DSTOPTS) {
			at->fragmentable = at->offset + length;
			at->fragmentable_place = at->offset;
		}
		at->place = at->offset;
		at->offset += length;
		at->protocol = header[0];
	}
	return IP6_HEADERS_BAD;
}
