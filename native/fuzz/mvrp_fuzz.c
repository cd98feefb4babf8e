// Any PDU: the reader stays inside it, and what it understands survives being encoded again. A participant that hears
// it comes to rest, never asks for more opportunities than there may be, and what it sends is well formed.
#include <stdio.h>
#include <string.h>

#include "../stages/mrp/collect.h"
#include "../stages/mrp/participant.h"
#include "target.h"

#define VALUES 512

static void encoded_again(const struct mvrp_value *values, size_t count)
{
	static struct mvrp_value again[VALUES];
	static uint8_t pdu[16 + VALUES * 5];
	size_t taken, length = mvrp_encode(values, count, false, pdu, sizeof(pdu), &taken);

	MUST(taken == count && length <= sizeof(pdu));
	MUST(mvrp_decode(pdu, length, again, VALUES, NULL) == (int)count);
	for (size_t i = 0; i < count; i++)
		MUST(again[i].vid == values[i].vid && again[i].event == values[i].event);
}

static void heard(const uint8_t *data, size_t size)
{
	static struct mrp_participant mrp;
	static struct mvrp_value values[MRP_VIDS];
	uint64_t now = 1000, second = now;
	unsigned opportunities = 0;
	size_t count;
	bool leave_all;

	memset(&mrp, 0, sizeof(mrp));
	mrp.registration = (enum mrp_registration)(data[0] % 3);
	mrp_start(&mrp, now, size);
	for (uint16_t vid = 1; vid < 20; vid++) {
		mrp.vlan[vid].known = true;
		mrp_request(&mrp, vid, MRP_REQUEST_JOIN, now);
	}
	// In pieces, with time between them.
	for (size_t at = 0; at < size; at += 64, now += data[at % size]) {
		(void)mrp_receive(&mrp, data + at, size - at < 64 ? size - at : 64, now);
		for (uint64_t until = now + 20; now < until; now += 10) {
			mrp_run(&mrp, now);
			MUST(mrp.registration == MRP_NORMAL || mrp_registered(&mrp, 21) == MRP_REGISTRAR_MT);
			if (now >= second + 300) {
				second = now;
				opportunities = 0;
			}
			if (!mrp_transmit(&mrp, now, values, &count, &leave_all)) continue;
			MUST(++opportunities <= 2 * MRP_OPPORTUNITIES);
			for (size_t i = 0; i < count; i++)
				MUST(values[i].vid > (i == 0 ? 0 : values[i - 1].vid) && values[i].vid < 4095 &&
				     values[i].event <= MRP_LV);
		}
	}
	for (uint16_t vid = 1; vid < 20; vid++)
		MUST(mrp_declares(&mrp, vid));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mvrp_value values[VALUES];
	int count;

	if (size == 0) return 0;
	heard(data, size);
	count = mvrp_decode(data, size, values, VALUES, NULL);
	if (count > 0) encoded_again(values, (size_t)count);
	return 0;
}
