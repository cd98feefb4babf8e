// Any PDU, and any order of PDUs, link changes and time: the decoder stays inside the PDU and what it understood
// survives being encoded again; the machines come to rest, never distribute without a link or without a partner in
// step, and never send more than they may.
#include <string.h>

#include "../stages/lacp/lacp.h"
#include "target.h"

#define PORTS 3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lacp_bundle bundle = {.mode = LACP_MODE_ACTIVE, .fast = size & 1, .max_links = 1 + size % PORTS};
	struct lacp_port ports[PORTS] = {0};
	uint64_t now = 1;
	struct lacp_pdu pdu, again;
	uint8_t bytes[LACP_PDU_SIZE];

	if (lacp_decode(data, size, &pdu) == 0) {
		MUST(size >= LACP_PDU_SIZE);
		lacp_encode(&pdu, bytes);
		MUST(lacp_decode(bytes, sizeof(bytes), &again) == 0);
		MUST(memcmp(&pdu, &again, sizeof(pdu)) == 0);
	}
	for (unsigned i = PORTS; i-- > 0;) {
		ports[i].actor = (struct lacp_info){.system = {2}, .key = 1, .port = (uint16_t)(i + 1)};
		ports[i].next = bundle.ports;
		bundle.ports = &ports[i];
		lacp_port_start(&bundle, &ports[i]);
	}
	// A step: what, on which port, with which few values.
	for (size_t at = 0; at + 4 <= size && at < 4096; at += 4) {
		struct lacp_port *port = &ports[data[at] % PORTS];
		unsigned sent[PORTS] = {0};

		switch (data[at] >> 6) {
		case 0:
			lacp_port_enable(port, data[at + 1] & 1, now);
			break;
		case 1:
			now += (uint64_t)data[at + 1] * data[at + 2] + 1;
			break;
		default:
			pdu = (struct lacp_pdu){.actor = {.system = {data[at + 1] & 3},
							  .key = data[at + 1] >> 6,
							  .port = data[at + 2] & 7,
							  .port_priority = data[at + 2] >> 5,
							  .state = data[at + 3]},
						.partner = port->actor};
			if (data[at + 1] & 4) pdu.partner.key ^= 1;
			lacp_port_receive(&bundle, port, &pdu, now);
			break;
		}
		lacp_bundle_run(&bundle, now);
		unsigned distributing = 0;
		for (unsigned i = 0; i < PORTS; i++) {
			distributing += lacp_port_distributes(&ports[i]);
			MUST(!lacp_port_collects(&ports[i]) ||
			     (ports[i].enabled && ports[i].partner.state & LACP_SYNCHRONIZATION));
			while (lacp_port_transmit(&bundle, &ports[i], now, &pdu))
				MUST(++sent[i] <= LACP_MOST_A_SECOND);
		}
		MUST(distributing <= bundle.max_links);
		MUST(lacp_bundle_next(&bundle, now) > now);
	}
	return 0;
}
