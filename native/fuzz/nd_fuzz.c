// Any packet as Neighbor Discovery: the parser stays inside it, and a solicitation or advertisement that it accepts
// is accepted again, and the same, when it is written without the options that are not ours.
#include <stdio.h>
#include <string.h>

#include "../stages/neighbour/nd.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t packet[ND_SIZE];
	struct nd nd, again;
	uint32_t length;

	// The first byte says where the ICMPv6 header begins.
	if (size < 1 || !nd_parse(data + 1, (uint32_t)size - 1, IP6_SIZE + data[0] % 64u, &nd)) return 0;
	MUST((nd.source[0] != 0xff));
	if (nd.type != ND_TYPE_NEIGHBOUR_SOLICITATION && nd.type != ND_TYPE_NEIGHBOUR_ADVERTISEMENT) return 0;
	MUST(nd.target[0] != 0xff);
	length = nd_write(&nd, packet);
	MUST(length <= sizeof(packet) && nd_parse(packet, length, IP6_SIZE, &again));
	MUST(memcmp(&nd, &again, offsetof(struct nd, has_mac) + 1) == 0);
	return 0;
}
