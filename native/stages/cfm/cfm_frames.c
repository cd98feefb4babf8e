// What a MEP does about a frame that a worker has brought.
#include <string.h>

#include "cfm.h"

#define MULTICAST 1

static void keep(const struct cfm_heard *heard, uint8_t last[CFM_LAST], uint8_t *length)
{
	*length = (uint8_t)RTE_MIN(heard->length, (uint16_t)CFM_LAST);
	memcpy(last, heard->bytes, *length);
}

static void take_ccm(struct cfm_mep *mep, const struct cfm_heard *heard, bool is_lower, uint64_t now)
{
	struct cfm_ccm ccm;
	unsigned todo;

	if (!cfm_parse_ccm(heard->bytes, heard->length, &ccm)) return;
	todo = cfm_receive(&mep->machine, &ccm, is_lower, heard->source, now);
	if (todo & CFM_ERROR) keep(heard, mep->error_last, &mep->error_length);
	if (todo & CFM_XCON) keep(heard, mep->xcon_last, &mep->xcon_length);
	cfm_carry_out(mep, todo);
}

// 20.42.1 for a Down MEP: it is where the path ends, so there is an answer where it is the target.
static void answer_ltm(struct cfm_mep *mep, const struct cfm_heard *heard)
{
	struct cfm_ltm ltm;
	struct cfm_ltr ltr = {.terminal = true, .relay_action = 1, .has_egress_identifiers = true};
	uint8_t own[6], pdu[CFM_LTR_LONGEST];
	uint32_t length;

	cfm_mac(mep, own);
	if (!cfm_parse_ltm(heard->bytes, heard->length, &ltm)) return;
	if (ltm.ttl == 0 || (ltm.original[0] & MULTICAST) != 0 || memcmp(ltm.target, own, 6) != 0) return;
	ltr.use_fdb_only = ltm.use_fdb_only;
	ltr.transaction = ltm.transaction;
	ltr.ttl = (uint8_t)(ltm.ttl - 1);
	memcpy(ltr.last_egress, ltm.egress, sizeof(ltr.last_egress));
	ltr.ingress_action = mep->machine.up ? 1 : 3;
	memcpy(ltr.ingress_mac, own, 6);
	length = cfm_write_ltr(&ltr, mep->settings.parameters.level, pdu);
	if (cfm_send(mep, ltm.original, heard->priority, pdu, length) == 0)
		mep->counters.ltr_out++;
	else
		mep->counters.send_failures++;
}

static struct cfm_loss_test *loss_test_of(struct cfm_mep *mep, const struct cfm_sl *sl)
{
	struct cfm_loss_test *oldest = &mep->loss_tests[0];

	for (unsigned i = 0; i < CFM_LOSS_TESTS; i++) {
		struct cfm_loss_test *it = &mep->loss_tests[i];

		if (it->used_at != 0 && it->source == sl->source && it->test == sl->test) return it;
		if (it->used_at < oldest->used_at) oldest = it;
	}
	*oldest = (struct cfm_loss_test){.source = sl->source, .test = sl->test};
	return oldest;
}

static void answer_slm(struct cfm_mep *mep, const struct cfm_heard *heard, uint64_t now)
{
	struct cfm_loss_test *test;
	uint8_t pdu[CFM_SL_LENGTH];
	struct cfm_sl sl;
	uint32_t length;

	if (!cfm_parse_sl(heard->bytes, heard->length, &sl)) return;
	test = loss_test_of(mep, &sl);
	test->used_at = now;
	sl.responder = mep->settings.parameters.mep_id;
	sl.tx_b = ++test->replies;
	length = cfm_write_sl(&sl, mep->settings.parameters.level, CFM_SLR, heard->bytes[2], pdu);
	if (cfm_send(mep, heard->source, heard->priority, pdu, length) == 0)
		mep->counters.slr_out++;
	else
		mep->counters.send_failures++;
}

static void take_reply(struct cfm_mep *mep, const struct cfm_heard *heard)
{
	struct cfm_reply reply = {heard->bytes, heard->length, heard->whole, heard->digest, {0}, heard->at_ns};
	struct cfm_test *test = mep->test;
	uint16_t out_of_order = test != NULL ? test->out_of_order : 0, damaged = test != NULL ? test->damaged : 0;
	bool ours;

	memcpy(reply.source, heard->source, 6);
	ours = test != NULL && cfm_test_receive(test, heard->bytes[1], &reply);
	if (heard->bytes[1] == CFM_LTR && !ours) mep->counters.unexpected_ltr++;
	if (heard->bytes[1] == CFM_LBR && ours) {
		if (test->damaged != damaged)
			mep->counters.lbr_damaged++;
		else if (test->out_of_order != out_of_order)
			mep->counters.lbr_out_of_order++;
		else
			mep->counters.lbr_in++;
	}
	if (ours && test->done) {
		cfm_tell(mep, CFM_TOLD_TEST, NULL);
		cfm_schedule(mep);
	}
}

void cfm_take(struct cfm_mep *mep, const struct cfm_heard *heard, uint64_t now)
{
	struct cfm_header header;

	if (!cfm_parse_header(heard->bytes, heard->length, &header)) return;
	switch (header.opcode) {
	case CFM_CCM:
		take_ccm(mep, heard, header.level < mep->settings.parameters.level, now);
		break;
	case CFM_LTM:
		answer_ltm(mep, heard);
		break;
	case CFM_SLM:
		answer_slm(mep, heard, now);
		break;
	default:
		take_reply(mep, heard);
		break;
	}
}
