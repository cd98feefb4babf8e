// Any PDU: the decoder stays inside it, and what it understands survives being encoded again.
#include <stdio.h>

#include "../stages/ce-notify/mvrp_pdu.h"
#include "target.h"

#define VALUES 512

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mvrp_value values[VALUES], again[VALUES];
	static uint8_t pdu[16 + VALUES * 5];
	size_t taken, length;
	int count;

	if (size == 0) return 0;
	count = mvrp_decode(data, size, values, VALUES);
	if (count <= 0) return 0;
	length = mvrp_encode(values, (size_t)count, pdu, sizeof(pdu), &taken);
	MUST(taken == (size_t)count && length <= sizeof(pdu));
	MUST(mvrp_decode(pdu, length, again, VALUES) == count);
	for (int i = 0; i < count; i++)
		MUST(again[i].vid == values[i].vid && again[i].event == values[i].event);
	return 0;
}
