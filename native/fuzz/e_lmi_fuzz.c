// Any PDU to a UNI-N: the reader stays inside it; an answer fits a frame and is made of whole elements; a full status
// ends.
#include <string.h>

#include "../stages/e-lmi/uni_n.h"
#include "target.h"

#define EVCS 40

static void whole(const uint8_t *pdu, size_t length)
{
	size_t at = 2;

	MUST(length >= 5 && length <= E_LMI_PDU && pdu[0] == 1 && pdu[1] == 0x7d);
	while (at < length) {
		MUST(at + 2 <= length);
		at += 2u + pdu[at + 1];
	}
	MUST(at == length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint64_t memory[(sizeof(struct e_lmi_config) + EVCS * sizeof(struct e_lmi_evc)) / 8 + 1];
	struct e_lmi_config *config = (struct e_lmi_config *)(void *)memory;
	static struct uni_n uni;
	static uint8_t status[E_LMI_EVCS], answer[E_LMI_PDU];
	uint64_t now = 1000;
	unsigned parts = 0;
	uint32_t evc;

	memset(memory, 0, sizeof(memory));
	config->verification = true;
	config->verification_ms = 15000;
	config->spacing_ms = 100;
	config->status_counter = 4;
	config->evc_count = EVCS;
	memset(config->uni_id, 'u', E_LMI_UNI_ID);
	for (unsigned i = 0; i < EVCS; i++) {
		config->evc[i].reference_id = (uint16_t)(i + 1);
		memset(config->evc[i].id, 'e', E_LMI_EVC_ID);
		memset(config->evc[i].vlans, size > i ? data[i] : 0xff, sizeof(config->evc[i].vlans));
		config->evc[i].bandwidth.cir = UINT64_C(65535000000);
	}
	uni_n_start(&uni, config, status, 1);
	// As one PDU, and in pieces of which the first octets say that they are enquiries.
	{
		size_t length = uni_n_receive(&uni, data, size, now, answer);

		if (length != 0) whole(answer, length);
	}
	for (size_t at = 0; at + 4 <= size; at += 4) {
		uint8_t pdu[] = {1,
				 0x75,
				 1,
				 1,
				 data[at] % 5,
				 2,
				 2,
				 data[at + 1],
				 data[at] & 64 ? uni.send : data[at + 2],
				 3,
				 5,
				 0,
				 0,
				 0,
				 0,
				 0};
		size_t length = uni_n_receive(&uni, pdu, sizeof(pdu), now, answer);

		MUST((length != 0) == (pdu[4] != E_LMI_SINGLE_EVC && pdu[4] <= E_LMI_FULL_CONTINUED));
		if (length != 0) whole(answer, length);
		now += data[at + 3] * 100u;
		status[data[at + 1] % EVCS] = data[at + 2] & 6;
		uni_n_follow(&uni, status);
		uni_n_run(&uni, now);
		length = uni_n_asynchronous(&uni, now, answer, &evc);
		if (length != 0) whole(answer, length);
		MUST(uni_n_asynchronous(&uni, now, answer, &evc) == 0);
		MUST(uni_n_next(&uni) > now);
	}
	do {
		uint8_t pdu[] = {1, 0x75, 1, 1, parts == 0 ? E_LMI_FULL : E_LMI_FULL_CONTINUED, 2, 2, 1, 1, 3, 5, 0,
				 0, 0,    0, 0};

		whole(answer, uni_n_receive(&uni, pdu, sizeof(pdu), now, answer));
		MUST(++parts < 400);
	} while (answer[4] == E_LMI_FULL_CONTINUED);
	return 0;
}
