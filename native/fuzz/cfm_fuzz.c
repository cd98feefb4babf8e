// Any frames' payloads as CFM PDUs, to the parsers, to a MEP's machine and to a test on demand. The parsers stay inside
// the PDU, and what they accept is the same when written again; the machine's defects are those of its remote MEPs, and
// time is never due in the past for ever.
//
// An input is a list of PDUs: what time passes, length, PDU.
#include <string.h>

#include "../stages/cfm/machine.h"
#include "../stages/cfm/test.h"
#include "target.h"

#define MS 1000u

static void parse(const uint8_t *pdu, uint32_t length)
{
	uint8_t bytes[256], again[256];
	struct cfm_header header;
	struct cfm_ccm ccm;
	struct cfm_ltm ltm;
	struct cfm_ltr ltr;
	struct cfm_sl sl;
	struct cfm_dm dm;
	uint32_t size;

	if (!cfm_parse_header(pdu, length, &header)) return;
	if (cfm_parse_ccm(pdu, length, &ccm)) {
		size = cfm_write_ccm(&ccm, header.level, bytes);
		MUST(size <= CFM_CCM_LONGEST && cfm_parse_ccm(bytes, size, &ccm));
		MUST(cfm_write_ccm(&ccm, header.level, again) == size && memcmp(bytes, again, size) == 0);
	}
	if (cfm_parse_ltm(pdu, length, &ltm)) {
		size = cfm_write_ltm(&ltm, header.level, bytes);
		MUST(size <= CFM_LTM_LONGEST && cfm_parse_ltm(bytes, size, &ltm));
		MUST(cfm_write_ltm(&ltm, header.level, again) == size && memcmp(bytes, again, size) == 0);
	}
	if (cfm_parse_ltr(pdu, length, &ltr)) {
		size = cfm_write_ltr(&ltr, header.level, bytes);
		MUST(size <= CFM_LTR_LONGEST && cfm_parse_ltr(bytes, size, &ltr));
		MUST(cfm_write_ltr(&ltr, header.level, again) == size && memcmp(bytes, again, size) == 0);
	}
	if (cfm_parse_sl(pdu, length, &sl)) {
		size = cfm_write_sl(&sl, header.level, header.opcode, header.flags, bytes);
		MUST(size == CFM_SL_LENGTH);
		// A later version may have more in front of its TLVs; what is known of it is the same.
		MUST(bytes[0] >> 5 == pdu[0] >> 5 && memcmp(bytes + 1, pdu + 1, 2) == 0);
		MUST(memcmp(bytes + 4, pdu + 4, size - 5) == 0);
	}
	if (cfm_parse_dm(pdu, length, &dm)) MUST(length >= CFM_HEADER + 32);
}

static void begin(struct cfm_machine *m, struct cfm_remote *remotes, bool heard)
{
	struct cfm_parameters p = {.level = 3,
				   .interval = 3,
				   .mep_id = 1,
				   .ccm_enabled = true,
				   .lowest_alarm = 1,
				   .alarm_time = 2500 * MS,
				   .reset_time = 10000 * MS,
				   .heard = heard};

	MUST(cfm_maid(1, NULL, 0, 3, (const uint8_t *)"\0\1", 2, p.maid));
	remotes[0].id = 2;
	remotes[1].id = 3;
	cfm_begin(m, &p, remotes, heard ? 0 : 2, heard ? CFM_MOST_HEARD : 2, true, 0);
}

static void look(const struct cfm_machine *m, uint64_t now)
{
	MUST(m->remote_count <= m->remote_room);
	MUST(m->defects < 32 && m->fng <= CFM_FNG_CLEARING && m->highest <= 5);
	MUST((m->defects & CFM_DEFECT_XCON_CCM) == (m->xcon_until != 0 ? CFM_DEFECT_XCON_CCM : 0));
	MUST(cfm_due(m) > now);
	for (uint16_t i = 0; i < m->remote_count; i++)
		for (uint16_t k = 0; k < i; k++)
			MUST(m->remotes[i].id != m->remotes[k].id);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 9};
	static struct cfm_test test;
	struct cfm_test_wish wish = {.count = 4, .data = 16, .interval = 10 * MS, .timeout = 100 * MS, .ttl = 64};
	struct cfm_remote remotes[CFM_MOST_HEARD] = {0};
	static uint8_t sent[CFM_TEST_LONGEST];
	struct cfm_machine machine;
	uint64_t now = 0;

	if (size < 1) return 0;
	wish.kind = (uint8_t)(CFM_TEST_LOOPBACK + data[0] % 4);
	memcpy(wish.destination, mac, 6);
	if (wish.kind == CFM_TEST_LINKTRACE) wish.count = 1;
	cfm_test_begin(&test, &wish, 3, mac, 1, 0, now);
	begin(&machine, remotes, data[0] & 4);
	for (size_t at = 1; at + 2 <= size;) {
		uint32_t length = data[at + 1];
		struct cfm_reply reply = {.length = length, .whole = length, .at_ns = now * 1000};
		struct cfm_ccm ccm;

		now += data[at] * 7u * MS;
		at += 2;
		if (length > size - at) length = (uint32_t)(size - at);
		parse(data + at, length);
		cfm_test_time(&test, now, now * 1000, sent);
		cfm_time(&machine, now);
		look(&machine, now);
		if (cfm_parse_ccm(data + at, length, &ccm)) cfm_receive(&machine, &ccm, (data[at] >> 5) < 3, mac, now);
		reply.pdu = data + at;
		reply.length = reply.whole = length;
		reply.digest = test.digest;
		memcpy(reply.source, mac, 6);
		// The worker gives on no PDU without a header.
		struct cfm_header header;
		if (cfm_parse_header(data + at, length, &header)) cfm_test_receive(&test, header.opcode, &reply);
		MUST(test.received + test.out_of_order + test.damaged <= test.sent || wish.kind == CFM_TEST_LINKTRACE);
		MUST(test.hop_count <= CFM_TEST_MOST_HOPS);
		at += length;
	}
	return 0;
}
