// The extension headers between an IPv6 header and the upper layer (RFC 8200, 4), as far as the destination looks at
// them: hop-by-hop and destination options, routing, fragment.
#ifndef SLUICE_STAGES_IP_IP6_HEADERS_H
#define SLUICE_STAGES_IP_IP6_HEADERS_H

#include <rte_mbuf.h>

#include "ip.h"

enum ip6_headers_result {
	IP6_HEADERS_UPPER,    // `protocol` at `offset`
	IP6_HEADERS_FRAGMENT, // a fragment header at `offset`
	IP6_HEADERS_NOTHING,  // no next header
	IP6_HEADERS_BAD,      // ends within a header, or has too many
	IP6_HEADERS_FIELD,    // ICMP parameter problem, code 0, about the byte at `offset`
	IP6_HEADERS_OPTION,   // …, code 2
	IP6_HEADERS_SILENT,   // an option says: discard without a word
};

struct ip6_headers {
	unsigned offset; // from the IP header
	uint8_t protocol;
	unsigned place;        // of the byte that named `protocol`
	unsigned fragmentable; // offset of the first header after those that every fragment has
	unsigned fragmentable_place;
};

// Of a packet with its fixed header in one piece; `group`: sent to a multicast address.
enum ip6_headers_result ip6_headers_walk(struct rte_mbuf *m, bool group, struct ip6_headers *at);

#endif
