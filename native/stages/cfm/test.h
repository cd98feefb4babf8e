// A test on demand of one MEP: loopback, linktrace, delay, loss. A function of what is sent, what comes back and when;
// times are microseconds, but those that are measured are nanoseconds.
#ifndef SLUICE_CFM_TEST_H
#define SLUICE_CFM_TEST_H

#include "pdu.h"

#define CFM_TEST_MOST_FRAMES 1024
#define CFM_TEST_MOST_HOPS   64
#define CFM_TEST_MOST_DATA   1480
#define CFM_TEST_LONGEST     CFM_DM_LONGEST(CFM_TEST_MOST_DATA)

enum cfm_test_kind { CFM_TEST_LOOPBACK = 1, CFM_TEST_LINKTRACE, CFM_TEST_DELAY, CFM_TEST_LOSS };

struct cfm_test_wish {
	uint8_t kind; // enum cfm_test_kind
	uint8_t destination[6];
	uint8_t priority; // PCP << 1 | DEI
	uint16_t count, data;
	uint64_t interval, timeout;
	uint8_t ttl;
	bool use_fdb_only;
};

struct cfm_test {
	struct cfm_test_wish wish;
	uint8_t level, own[6];
	uint16_t mep_id;
	uint32_t first; // transaction id of the first frame, or the test id
	uint16_t sent, received, out_of_order, damaged;
	uint64_t next_at, end_at;
	bool done;
	uint32_t digest; // of what comes back whole
	uint16_t expected;
	uint64_t sent_ns[CFM_TEST_MOST_FRAMES];
	bool seen[CFM_TEST_MOST_FRAMES];
	uint32_t delays;
	uint64_t delay_min, delay_max, delay_sum, last_delay, jitter_sum;
	uint32_t last_tx_f, last_tx_b;
	uint16_t hop_count;
	struct cfm_ltr hops[CFM_TEST_MOST_HOPS];
	uint8_t hop_mac[CFM_TEST_MOST_HOPS][6];
};

// A reply on its way; `length` bytes of the `whole` PDU are there.
struct cfm_reply {
	const uint8_t *pdu;
	uint32_t length, whole, digest;
	uint8_t source[6];
	uint64_t at_ns;
};

void cfm_test_begin(struct cfm_test *test, const struct cfm_test_wish *wish, uint8_t level, const uint8_t own[6],
		    uint16_t mep_id, uint32_t first, uint64_t now);
// When cfm_test_time() is to be called.
uint64_t cfm_test_due(const struct cfm_test *test);
// What is due: the length of a PDU to send, 0: none. Sets `done` at the end.
uint32_t cfm_test_time(struct cfm_test *test, uint64_t now, uint64_t now_ns, uint8_t pdu[CFM_TEST_LONGEST]);
// False: no reply to this test.
bool cfm_test_receive(struct cfm_test *test, uint8_t opcode, const struct cfm_reply *reply);

#endif
