#include "test.h"

#include <string.h>

void cfm_test_begin(struct cfm_test *test, const struct cfm_test_wish *wish, uint8_t level, const uint8_t own[6],
		    uint16_t mep_id, uint32_t first, uint64_t now)
{
	memset(test, 0, sizeof(*test));
	test->wish = *wish;
	test->level = level;
	test->mep_id = mep_id;
	test->first = first;
	test->next_at = now;
	test->end_at = UINT64_MAX;
	memcpy(test->own, own, sizeof(test->own));
}

uint64_t cfm_test_due(const struct cfm_test *test)
{
	return test->next_at < test->end_at ? test->next_at : test->end_at;
}

static bool is_group(const struct cfm_test *test)
{
	return (test->wish.destination[0] & 1) != 0;
}

static uint32_t write_linktrace(const struct cfm_test *test, uint8_t *pdu)
{
	struct cfm_ltm ltm = {
		.use_fdb_only = test->wish.use_fdb_only,
		.transaction = test->first,
		.ttl = test->wish.ttl,
		.has_egress = true,
	};

	memcpy(ltm.original, test->own, 6);
	memcpy(ltm.target, test->wish.destination, 6);
	memcpy(ltm.egress + 2, test->own, 6);
	return cfm_write_ltm(&ltm, test->level, pdu);
}

static uint32_t write_frame(struct cfm_test *test, uint64_t now_ns, uint8_t *pdu)
{
	struct cfm_sl sl = {.source = test->mep_id, .test = test->first, .tx_f = test->sent + 1u};
	uint32_t length;

	switch (test->wish.kind) {
	case CFM_TEST_LOOPBACK:
		length = cfm_write_lbm(test->level, test->first + test->sent, test->wish.data, pdu);
		test->digest = cfm_digest(CFM_DIGEST, pdu + CFM_LB_TAIL, length - CFM_LB_TAIL);
		return length;
	case CFM_TEST_LINKTRACE:
		return write_linktrace(test, pdu);
	case CFM_TEST_DELAY:
		return cfm_write_dmm(test->level, now_ns, test->wish.data, pdu);
	default:
		return cfm_write_sl(&sl, test->level, CFM_SLM, 0, pdu);
	}
}

uint32_t cfm_test_time(struct cfm_test *test, uint64_t now, uint64_t now_ns, uint8_t pdu[CFM_TEST_LONGEST])
{
	uint32_t length;

	if (now >= test->end_at) test->done = true;
	if (test->done || now < test->next_at) return 0;
	length = write_frame(test, now_ns, pdu);
	test->sent_ns[test->sent++] = now_ns;
	test->next_at = test->sent < test->wish.count ? test->next_at + test->wish.interval : UINT64_MAX;
	// What was missed is not made up for in one burst.
	if (test->next_at <= now) test->next_at = now + test->wish.interval;
	if (test->next_at == UINT64_MAX) test->end_at = now + test->wish.timeout;
	return length;
}

static void delayed(struct cfm_test *test, uint64_t delay)
{
	if (test->delays != 0)
		test->jitter_sum += delay > test->last_delay ? delay - test->last_delay : test->last_delay - delay;
	if (test->delays == 0 || delay < test->delay_min) test->delay_min = delay;
	if (delay > test->delay_max) test->delay_max = delay;
	test->delay_sum += delay;
	test->last_delay = delay;
	test->delays++;
}

static bool loopback(struct cfm_test *test, const struct cfm_reply *reply)
{
	const uint8_t *at = reply->pdu + CFM_HEADER;
	uint32_t id = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
	uint32_t number = id - test->first;

	if (number >= test->sent) return false;
	if (!is_group(test)) {
		if (test->seen[number] || memcmp(reply->source, test->wish.destination, 6) != 0) return false;
		test->seen[number] = true;
	}
	if (reply->whole < CFM_LB_TAIL || reply->digest != test->digest) {
		test->damaged++;
		return true;
	}
	// 20.31.1: each is the one after the last.
	if (number < test->expected && !is_group(test)) {
		test->out_of_order++;
	} else {
		test->received++;
		test->expected = (uint16_t)(number + 1);
	}
	if (reply->at_ns >= test->sent_ns[number]) delayed(test, reply->at_ns - test->sent_ns[number]);
	return true;
}

static bool linktrace(struct cfm_test *test, const struct cfm_reply *reply)
{
	struct cfm_ltr ltr;

	if (!cfm_parse_ltr(reply->pdu, reply->length, &ltr)) return false;
	if (ltr.transaction != test->first || test->sent == 0 || test->hop_count == CFM_TEST_MOST_HOPS) return false;
	memcpy(test->hop_mac[test->hop_count], reply->source, 6);
	test->hops[test->hop_count++] = ltr;
	test->received++;
	return true;
}

static bool delay(struct cfm_test *test, const struct cfm_reply *reply)
{
	struct cfm_dm dm;
	uint64_t whole, there = 0;

	if (!cfm_parse_dm(reply->pdu, reply->length, &dm)) return false;
	if (memcmp(reply->source, test->wish.destination, 6) != 0) return false;
	for (uint16_t i = 0; i < test->sent; i++) {
		if (test->sent_ns[i] != dm.tx_f || test->seen[i]) continue;
		test->seen[i] = true;
		test->received++;
		// A clock that was set meanwhile measures nothing.
		if (reply->at_ns < dm.tx_f) return true;
		whole = reply->at_ns - dm.tx_f;
		// 9.2 of G.8013: without the responder's share, where it says when it got and sent it.
		if (dm.rx_f != 0 && dm.tx_b > dm.rx_f) there = dm.tx_b - dm.rx_f;
		if (there <= whole) delayed(test, whole - there);
		return true;
	}
	return false;
}

static bool loss(struct cfm_test *test, const struct cfm_reply *reply)
{
	struct cfm_sl sl;

	if (!cfm_parse_sl(reply->pdu, reply->length, &sl)) return false;
	if (sl.test != test->first || sl.source != test->mep_id || sl.tx_f == 0 || sl.tx_f > test->sent) return false;
	if (memcmp(reply->source, test->wish.destination, 6) != 0 || test->seen[sl.tx_f - 1]) return false;
	test->seen[sl.tx_f - 1] = true;
	test->received++;
	if (sl.tx_f > test->last_tx_f) {
		test->last_tx_f = sl.tx_f;
		test->last_tx_b = sl.tx_b;
	}
	return true;
}

bool cfm_test_receive(struct cfm_test *test, uint8_t opcode, const struct cfm_reply *reply)
{
	static const uint8_t answer[] = {
		[CFM_TEST_LOOPBACK] = CFM_LBR,
		[CFM_TEST_LINKTRACE] = CFM_LTR,
		[CFM_TEST_DELAY] = CFM_DMR,
		[CFM_TEST_LOSS] = CFM_SLR,
	};
	bool ours = false;

	if (test->done || opcode != answer[test->wish.kind]) return false;
	switch (test->wish.kind) {
	case CFM_TEST_LOOPBACK:
		ours = loopback(test, reply);
		break;
	case CFM_TEST_LINKTRACE:
		return linktrace(test, reply);
	case CFM_TEST_DELAY:
		ours = delay(test, reply);
		break;
	default:
		ours = loss(test, reply);
		break;
	}
	if (!is_group(test) && test->received + test->out_of_order + test->damaged == test->wish.count)
		test->done = true;
	return ours;
}
