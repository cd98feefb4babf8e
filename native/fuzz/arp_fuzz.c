// Any ARP message: the parser stays inside it, and what it understands survives being written again.
#include <stdio.h>
#include <string.h>

#include "../stages/neighbour/arp.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t bytes[ARP_SIZE];
	struct arp arp, again;

	if (!arp_parse(data, (uint32_t)size, &arp)) return 0;
	MUST(size >= ARP_SIZE && arp.sender[0] < 224 && (arp.sender_mac.addr_bytes[0] & 1) == 0);
	arp_write(&arp, bytes);
	MUST(memcmp(bytes, data, sizeof(bytes)) == 0);
	MUST(arp_parse(bytes, sizeof(bytes), &again) && memcmp(&arp, &again, sizeof(arp)) == 0);
	return 0;
}
