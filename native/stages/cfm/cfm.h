// MEPs between three threads: the control thread makes and changes them, the thread "sluice-urgent" runs their clocks,
// workers bring frames and answer those that need no memory. The lock of main/urgent.h guards them against the two
// former.
#ifndef SLUICE_CFM_CFM_H
#define SLUICE_CFM_CFM_H

#include <stdatomic.h>

#include "../../main/due.h"
#include "../../main/stage.h"
#include "../../main/urgent.h"
#include "cfm_map.h"
#include "machine.h"
#include "test.h"

#define CFM_MOST_MEPS 8192
// CCMs a second that all together send.
#define CFM_MOST_CCMS 40000
#define CFM_RING      1024 // frames a worker
#define CFM_HEAD      256  // bytes of a PDU that the thread sees
#define CFM_LAST      128  // of a CCM that made a defect

struct cfm_settings {
	uint16_t port, vid, tpid;
	uint8_t priority;
	struct cfm_parameters parameters;
	uint16_t remotes;
	uint16_t remote[CFM_MOST_REMOTES];
};

// Of whom SLMs come (G.8013, 9.22): how many replies a test has had.
#define CFM_LOSS_TESTS 8
struct cfm_loss_test {
	uint16_t source;
	uint32_t test, replies;
	uint64_t used_at;
};

// One worker's share.
struct cfm_worker_counters {
	uint64_t lbr_out, dmr_out, low_level;
} __rte_cache_aligned;

struct cfm_counters {
	uint64_t sent, send_failures;
	uint64_t lbr_in, lbr_out_of_order, lbr_damaged;
	uint64_t unexpected_ltr, ltr_out, slr_out;
};

struct later;

struct cfm_mep {
	char name[256];
	uint32_t slot;
	bool committed; // before, nobody else knows it
	struct cfm_settings settings;
	_Atomic uint64_t mac; // in the low 48 bits, as in memory
	bool link_up;
	struct cfm_machine machine;
	struct cfm_remote *remotes; // memory of `machine`
	struct due due;
	struct cfm_test *test;
	struct later *later; // who waits for the test
	uint32_t transaction;
	struct cfm_loss_test loss_tests[CFM_LOSS_TESTS];
	struct cfm_counters counters;
	struct cfm_worker_counters *by_worker;
	uint8_t error_last[CFM_LAST], xcon_last[CFM_LAST];
	uint8_t error_length, xcon_length;
	bool untold; // changes found no room
};

// A frame on its way from a worker.
struct cfm_heard {
	uint32_t slot;
	uint32_t whole;  // bytes of the PDU, and padding
	uint32_t digest; // of an LBR: all behind the transaction id
	uint16_t length; // bytes that are here
	uint8_t source[6], destination[6];
	uint8_t priority; // PCP << 1 | DEI
	uint8_t spare[3];
	uint64_t at_ns; // CLOCK_REALTIME
	uint8_t bytes[CFM_HEAD];
};

// ---------------------------------------------------------------- the control thread

// Takes a slot. NULL: none left, or no memory.
struct cfm_mep *cfm_new(const char *name, const struct cfm_settings *settings);
// Memory for other settings' remote MEPs; NULL: none.
struct cfm_remote *cfm_remotes_for(const struct cfm_settings *settings, uint16_t *room);
// Begins, or goes on with other settings; takes the memory. Another association or MEP id begins anew.
void cfm_configure(struct cfm_mep *mep, const struct cfm_settings *settings, struct cfm_remote *remotes, uint16_t room);
void cfm_delete(struct cfm_mep *mep);
// By slot from *slot on; NULL: no more.
struct cfm_mep *cfm_next(uint32_t *slot);
// NULL: none there.
struct cfm_mep *cfm_at(uint16_t port, uint16_t vid);

// To be called when the effective block of a VLAN of a port may be another: a MEP there sends its port status if it is.
// The CCMs sent, 0 or 1, and when.
unsigned cfm_look(uint16_t port, uint16_t vid, uint64_t *sent_ns);
// The device behind the port may have another address or link.
void cfm_look_device(uint16_t port);

// What CCMs with a new port status were at each port since the last call. False: none.
struct cfm_status_sent {
	uint64_t frames, dropped, last_ns;
	uint16_t last_vid;
};
bool cfm_take_status(struct cfm_status_sent sent[MAX_PORTS]);

enum cfm_what { CFM_TOLD_DEFECTS, CFM_TOLD_ALARM, CFM_TOLD_REMOTE, CFM_TOLD_TEST };
struct cfm_told {
	struct cfm_mep *mep;
	uint64_t at_ns;
	uint8_t what, defects, highest;
	struct cfm_remote remote;
};
// Takes up to `most` changes, oldest first; a MEP that is gone has none.
unsigned cfm_take_changes(struct cfm_told *told, unsigned most);

// A copy as it is now; its remotes go to `remotes`, CFM_MOST_REMOTES.
void cfm_read(struct cfm_mep *mep, struct cfm_mep *copy, struct cfm_remote *remotes);

// Begins a test, which it takes. -EBUSY: one goes on; -ENOENT: nothing is known of that remote MEP (`remote` 0: the
// wish has an address).
int cfm_test_start(struct cfm_mep *mep, struct cfm_test *test, struct cfm_test_wish *wish, uint16_t remote,
		   struct later *later);
// What has ended; NULL: it goes on. The caller frees it.
struct cfm_test *cfm_test_take(struct cfm_mep *mep, struct later **later);
// Replies to who waits, and frees both (cfm_request.c).
void cfm_test_answer(struct cfm_test *test, struct later *later);

int cfm_meps_start(void);
void cfm_meps_stop(void);

// ---------------------------------------------------------------- the thread

// See main/urgent.h.
uint64_t cfm_round(uint64_t now, bool *changed);

// With the lock. A frame for the MEP.
void cfm_take(struct cfm_mep *mep, const struct cfm_heard *heard, uint64_t now);
// What the machine says is to be done, and what is due next.
void cfm_carry_out(struct cfm_mep *mep, unsigned todo);
void cfm_schedule(struct cfm_mep *mep);
// Notes a change for the control thread.
void cfm_tell(struct cfm_mep *mep, enum cfm_what what, const struct cfm_remote *remote);

// ---------------------------------------------------------------- workers

// False: the ring is full.
bool cfm_put(const struct worker *worker, const struct cfm_heard *heard);

// ---------------------------------------------------------------- sending

int cfm_send_start(void);
// With the lock. 0 or -errno.
int cfm_send(const struct cfm_mep *mep, const uint8_t destination[6], uint8_t priority, const uint8_t *pdu,
	     uint32_t length);
void cfm_mac(const struct cfm_mep *mep, uint8_t mac[6]);

#endif
