// Tests on demand, as requests of the contract.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../api/kind.h"
#include "../../api/later.h"
#include "cfm_api.h"

#define ERROR_CODE(name) SLUICE__API__ERROR_CODE__ERROR_##name
#define KIND(name)       SLUICE__API__OBJECT_KIND__KIND_##name
#define DEST(name)       SLUICE__API__CFM_TEST__DESTINATION_##name
#define MS               1000u
#define LONGEST_MS       300000u
#define LEAST_MS         10u
#define MOST_MS          60000u

static int refuse(struct api_error *error, const char *message)
{
	return api_refuse(error, ERROR_CODE(INVALID), 0, "", "%s", message);
}

static const char *wrong_destination(const Sluice__Api__CfmTest *it)
{
	bool is_group;

	if (it->destination_case == DEST(MEP_ID))
		return it->mep_id >= 1 && it->mep_id <= 8191 ? NULL : "mep_id is 1 to 8191";
	if (it->destination_case != DEST(MAC) || it->mac.len != 6) return "a test needs a mac of 6 bytes, or a mep_id";
	is_group = (it->mac.data[0] & 1) != 0;
	if (is_group && it->kind != SLUICE__API__CFM_TEST_KIND__CFM_LOOPBACK)
		return "a group address is for loopback only";
	if (is_group && memcmp(it->mac.data, cfm_group, 5) != 0) return "a group address is 01-80-C2-00-00-3x";
	return NULL;
}

// Fills the wish in; the reason why not.
static const char *wish_of(const Sluice__Api__CfmTest *it, struct cfm_test_wish *wish)
{
	bool measures =
		it->kind == SLUICE__API__CFM_TEST_KIND__CFM_DELAY || it->kind == SLUICE__API__CFM_TEST_KIND__CFM_LOSS;
	bool traces = it->kind == SLUICE__API__CFM_TEST_KIND__CFM_LINKTRACE;
	uint32_t count = it->count != 0 ? it->count : 1;
	uint32_t interval = it->interval_ms != 0 ? it->interval_ms : measures ? 100 : 1000;
	uint32_t timeout = it->timeout_ms != 0 ? it->timeout_ms : 5000;
	const char *wrong = wrong_destination(it);

	if (wrong != NULL) return wrong;
	if ((unsigned)it->kind < CFM_TEST_LOOPBACK || (unsigned)it->kind > CFM_TEST_LOSS) return "kind is not known";
	if (count > CFM_TEST_MOST_FRAMES || (traces && count != 1)) return "count is 1 to 1024, of a linktrace 1";
	if (interval < LEAST_MS || interval > MOST_MS || timeout < LEAST_MS || timeout > MOST_MS)
		return "interval_ms and timeout_ms are 10 to 60000";
	if ((uint64_t)(count - 1) * interval + timeout > LONGEST_MS) return "a test takes 300 seconds at most";
	if (it->data_size > CFM_TEST_MOST_DATA) return "data_size is at most 1480";
	if (it->data_size != 0 && (traces || it->kind == SLUICE__API__CFM_TEST_KIND__CFM_LOSS))
		return "data_size is for loopback and delay";
	if (it->priority > 7) return "priority is 0 to 7";
	if (it->ttl > 255) return "ttl is 1 to 255";
	*wish = (struct cfm_test_wish){
		.kind = (uint8_t)it->kind,
		.priority = (uint8_t)(it->priority << 1 | it->drop_eligible),
		.count = (uint16_t)count,
		.data = (uint16_t)it->data_size,
		.interval = (uint64_t)interval * MS,
		.timeout = (uint64_t)timeout * MS,
		.ttl = (uint8_t)(it->ttl != 0 ? it->ttl : 64),
		.use_fdb_only = it->use_fdb_only,
	};
	if (it->destination_case == DEST(MAC)) memcpy(wish->destination, it->mac.data, 6);
	return NULL;
}

int cfm_request(const Sluice__Api__Request *request, const struct owner *owner, struct later *later,
		struct api_error *error)
{
	const Sluice__Api__CfmTest *it = request->cfm_test;
	struct cfm_test_wish wish;
	struct cfm_test *test;
	struct cfm_mep *mep;
	const char *wrong;
	int rc;

	if (request->body_case != SLUICE__API__REQUEST__BODY_CFM_TEST) return 1;
	mep = kind_runtime(KIND(CFM_MEP), it->mep, owner);
	object_text((struct object_name){KIND(CFM_MEP), it->mep}, error->object, sizeof(error->object));
	if (mep == NULL || !mep->committed)
		return api_refuse(error, ERROR_CODE(NOT_FOUND), 0, error->object, "there is no such MEP");
	wrong = wish_of(it, &wish);
	if (wrong != NULL) return refuse(error, wrong);
	test = malloc(sizeof(*test));
	if (test == NULL) return api_refuse(error, ERROR_CODE(RESOURCE), 0, error->object, "out of memory");
	rc = cfm_test_start(mep, test, &wish, (uint16_t)(it->destination_case == DEST(MEP_ID) ? it->mep_id : 0), later);
	if (rc == 0) return 0;
	free(test);
	if (rc == -EBUSY) return api_refuse(error, ERROR_CODE(BUSY), 0, error->object, "a test of this MEP goes on");
	return api_refuse(error, ERROR_CODE(NOT_FOUND), 0, error->object, "nothing has been heard of MEP %u",
			  it->mep_id);
}

// ---------------------------------------------------------------- answers

static ProtobufCBinaryData bytes_of(uint8_t *bytes, size_t length)
{
	return (ProtobufCBinaryData){length, bytes};
}

static void hop_of(struct cfm_ltr *ltr, uint8_t mac[6], Sluice__Api__CfmLinktraceHop *hop)
{
	*hop = (Sluice__Api__CfmLinktraceHop)SLUICE__API__CFM_LINKTRACE_HOP__INIT;
	hop->ttl = ltr->ttl;
	hop->forwarded = ltr->forwarded;
	hop->terminal_mep = ltr->terminal;
	hop->relay_action = ltr->relay_action;
	hop->mac = bytes_of(mac, 6);
	if (ltr->has_egress_identifiers) {
		hop->last_egress_identifier = bytes_of(ltr->last_egress, sizeof(ltr->last_egress));
		hop->next_egress_identifier = bytes_of(ltr->next_egress, sizeof(ltr->next_egress));
	}
	hop->ingress_action = ltr->ingress_action;
	if (ltr->ingress_action != 0) hop->ingress_mac = bytes_of(ltr->ingress_mac, 6);
	hop->egress_action = ltr->egress_action;
	if (ltr->egress_action != 0) hop->egress_mac = bytes_of(ltr->egress_mac, 6);
}

// G.8013, 8.4: what the responder did not get, and what did not come back, of frames up to the last that came back.
static void loss_of(const struct cfm_test *test, Sluice__Api__CfmTestReply *reply)
{
	reply->far_end_lost = test->last_tx_f > test->last_tx_b ? test->last_tx_f - test->last_tx_b : 0;
	reply->near_end_lost = test->last_tx_b > test->received ? test->last_tx_b - test->received : 0;
	reply->undecided = test->sent - test->last_tx_f;
}

void cfm_test_answer(struct cfm_test *test, struct later *later)
{
	static Sluice__Api__CfmLinktraceHop hops[CFM_TEST_MOST_HOPS], *list[CFM_TEST_MOST_HOPS];
	Sluice__Api__CfmTestReply reply = SLUICE__API__CFM_TEST_REPLY__INIT;

	reply.sent = test->sent;
	reply.received = test->received;
	reply.out_of_order = test->out_of_order;
	reply.damaged = test->damaged;
	reply.first_id = test->first;
	if (test->delays != 0) {
		reply.delay_min = test->delay_min;
		reply.delay_max = test->delay_max;
		reply.delay_average = test->delay_sum / test->delays;
	}
	if (test->delays > 1) reply.jitter = test->jitter_sum / (test->delays - 1);
	if (test->wish.kind == CFM_TEST_LOSS) loss_of(test, &reply);
	for (uint16_t i = 0; i < test->hop_count; i++) {
		hop_of(&test->hops[i], test->hop_mac[i], &hops[i]);
		list[i] = &hops[i];
	}
	reply.n_hops = test->hop_count;
	reply.hops = list;
	later_reply(later, SLUICE__API__REPLY__BODY_CFM_TEST, &reply);
	free(test);
}
