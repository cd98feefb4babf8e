// The flow cache's parser: any bytes, in one piece or with the rest elsewhere. What it accepts must lie within the
// frame and come out the same whatever stands behind it.
#include <stdlib.h>

#include "../stages/flow/key.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct flow_parsed a, b;
	uint8_t *exact;
	size_t present;

	if (size < 2) return 0;
	present = RTE_MIN((size_t)data[0], size - 1);
	// A buffer of just that size: reading on shows.
	exact = malloc(present + 1);
	if (exact == NULL) return 0;
	memcpy(exact, data + 1, present);
	memset(&a, 0x55, sizeof(a));
	memset(&b, 0xaa, sizeof(b));
	if (present > 0 && flow_parse(&a, exact, (uint32_t)present, (uint32_t)(size - 1), 1)) {
		if (!flow_parse(&b, exact, (uint32_t)present, (uint32_t)(size - 1), 1)) abort();
		// Nothing of what was there before is left in what is compared.
		if (memcmp(&a.key, &b.key, flow_key_words(&a.key) * 8) != 0 || a.word != b.word) abort();
		if (a.l3_offset > present || a.l3_offset < 14 || a.l3_offset > 22) abort();
		if (a.key.kind == FLOW_KIND_IPV4 && (size_t)a.l3_offset + 20 > present) abort();
		if (a.key.kind == FLOW_KIND_IPV6 && (size_t)a.l3_offset + 40 > present) abort();
	}
	free(exact);
	return 0;
}
