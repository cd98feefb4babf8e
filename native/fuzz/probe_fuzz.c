// A frame of another PE of a segment: the parser takes only what is written so, byte by byte.
#include <string.h>

#include "../stages/ethernet-segment/probe.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t frame[PROBE_FRAME], *body = frame + ETHERNET_HEADER + TAG_SIZE;
	struct hmac_key key;
	struct probe probe;

	if (!probe_parse(data, size, &probe)) return 0;
	hmac_key_set(&key, (const uint8_t *)"0123456789abcdef", 16);
	probe_write(&probe, &key, &(struct rte_ether_addr){{0}}, RTE_ETHER_TYPE_VLAN, frame);
	MUST(memcmp(data, body, PROBE_BODY - HMAC_SIZE) == 0);
	MUST(probe_is_genuine(body, &key));
	MUST(probe_is_genuine(data, &key) == (memcmp(data, body, PROBE_BODY) == 0));
	return 0;
}
