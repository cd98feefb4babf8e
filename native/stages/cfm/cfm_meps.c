// The MEPs, and what happens in a round of their thread.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_random.h>

#include "../../main/clock.h"
#include "../../main/id.h"
#include "../../main/worker_rings.h"
#include "../block-point/block_map.h"
#include "../ce-notify/ce_method.h"
#include "cfm.h"

#define MOST_CHANGES 4096 // that wait for the control thread; of more the MEP is told as it is by then
#define BATCH        16

static struct id_pool slots = {.limit = CFM_MOST_MEPS};
static struct cfm_mep *by_slot[CFM_MOST_MEPS + 1];
static struct due *heap_items[CFM_MOST_MEPS + 1];
static struct due_heap heap = {.items = heap_items};
WORKER_RINGS(rings, "cfm", struct cfm_heard, CFM_RING);

// A ring of changes: `told` of them were taken, `made` were made.
static struct cfm_told changes[MOST_CHANGES];
static uint32_t made, told;
static bool any_untold;
static struct cfm_status_sent status[MAX_PORTS];
static bool any_status;

static struct cfm_mep *of_due(struct due *due)
{
	return (struct cfm_mep *)(void *)((char *)due - offsetof(struct cfm_mep, due));
}

void cfm_schedule(struct cfm_mep *mep)
{
	uint64_t due = cfm_due(&mep->machine);

	if (mep->test != NULL && !mep->test->done) due = RTE_MIN(due, cfm_test_due(mep->test));
	due_set(&heap, &mep->due, due);
}

// ---------------------------------------------------------------- telling

void cfm_tell(struct cfm_mep *mep, enum cfm_what what, const struct cfm_remote *remote)
{
	struct cfm_told *change = &changes[made % MOST_CHANGES];

	if (made - told == MOST_CHANGES) {
		mep->untold = any_untold = true;
		return;
	}
	made++;
	*change = (struct cfm_told){
		.mep = mep,
		.at_ns = clock_realtime_ns(),
		.what = (uint8_t)what,
		.defects = mep->machine.defects,
		.highest = mep->machine.highest,
	};
	if (remote != NULL) change->remote = *remote;
}

static void tell_remotes(struct cfm_mep *mep)
{
	for (uint16_t i = 0; i < mep->machine.remote_count; i++) {
		struct cfm_remote *remote = &mep->machine.remotes[i];

		if (!remote->changed) continue;
		remote->changed = false;
		if (remote->state != remote->told_state) remote->since_ns = clock_realtime_ns();
		remote->told_state = remote->state;
		cfm_tell(mep, CFM_TOLD_REMOTE, remote);
	}
}

// ---------------------------------------------------------------- carrying out

static int send_ccm(struct cfm_mep *mep)
{
	const struct cfm_settings *s = &mep->settings;
	uint8_t destination[6], pdu[CFM_CCM_LONGEST];
	struct cfm_ccm ccm;
	uint32_t length;
	int rc;

	memcpy(destination, cfm_group, 6);
	destination[5] |= s->parameters.level;
	cfm_compose(&mep->machine, &ccm);
	length = cfm_write_ccm(&ccm, s->parameters.level, pdu);
	rc = cfm_send(mep, destination, (uint8_t)(s->priority << 1), pdu, length);
	if (rc == 0)
		mep->counters.sent++;
	else
		mep->counters.send_failures++;
	return rc;
}

static void send_status(struct cfm_mep *mep)
{
	struct cfm_status_sent *sent = &status[mep->settings.port];

	any_status = true;
	if (send_ccm(mep) != 0) {
		sent->dropped++;
		return;
	}
	sent->frames++;
	sent->last_ns = clock_realtime_ns();
	sent->last_vid = mep->settings.vid;
}

void cfm_carry_out(struct cfm_mep *mep, unsigned todo)
{
	// One CCM does for both.
	if (todo & CFM_SEND_STATUS)
		send_status(mep);
	else if (todo & CFM_SEND)
		send_ccm(mep);
	if (todo & CFM_REMOTES) tell_remotes(mep);
	if (todo & CFM_DEFECTS) cfm_tell(mep, CFM_TOLD_DEFECTS, NULL);
	if (todo & CFM_ALARM) cfm_tell(mep, CFM_TOLD_ALARM, NULL);
	cfm_schedule(mep);
}

static void run_test(struct cfm_mep *mep, uint64_t now)
{
	static uint8_t pdu[CFM_TEST_LONGEST]; // with the lock
	struct cfm_test *test = mep->test;
	uint8_t destination[6];
	uint32_t length;

	if (test == NULL || test->done) return;
	length = cfm_test_time(test, now, clock_realtime_ns(), pdu);
	memcpy(destination, test->wish.destination, 6);
	if (test->wish.kind == CFM_TEST_LINKTRACE) {
		memcpy(destination, cfm_group, 6);
		destination[5] |= (uint8_t)(8 | test->level);
	}
	if (length != 0 && cfm_send(mep, destination, test->wish.priority, pdu, length) != 0)
		mep->counters.send_failures++;
	if (test->done) cfm_tell(mep, CFM_TOLD_TEST, NULL);
}

// ---------------------------------------------------------------- a round

static void take(const void *element, uint64_t now)
{
	const struct cfm_heard *heard = element;
	struct cfm_mep *mep = heard->slot <= CFM_MOST_MEPS ? by_slot[heard->slot] : NULL;

	if (mep != NULL) cfm_take(mep, heard, now);
}

bool cfm_put(const struct worker *worker, const struct cfm_heard *heard)
{
	return worker_rings_put(&rings, worker, heard);
}

uint64_t cfm_round(uint64_t now, bool *changed)
{
	struct cfm_heard heard[BATCH];
	uint64_t next;
	bool more;

	urgent_lock();
	// First what has come: a thread that was late must not take for silence what waits here.
	more = worker_rings_take(&rings, heard, BATCH, take, now);
	for (uint32_t budget = heap.count; budget > 0 && heap.count > 0 && due_first(&heap)->at <= now; budget--) {
		struct cfm_mep *mep = of_due(due_first(&heap));

		run_test(mep, now);
		cfm_carry_out(mep, cfm_time(&mep->machine, now));
	}
	next = more ? now : heap.count > 0 ? due_first(&heap)->at : CFM_NEVER;
	*changed = made != told || any_untold || any_status;
	urgent_unlock();
	return next;
}

// ---------------------------------------------------------------- life

struct cfm_remote *cfm_remotes_for(const struct cfm_settings *settings, uint16_t *room)
{
	struct cfm_remote *remotes;

	*room = settings->parameters.heard ? CFM_MOST_HEARD : settings->remotes;
	remotes = calloc(*room, sizeof(*remotes));
	if (remotes == NULL) return NULL;
	for (uint16_t i = 0; i < settings->remotes; i++)
		remotes[i].id = settings->remote[i];
	return remotes;
}

static void free_mep(struct cfm_mep *mep)
{
	free(mep->remotes);
	free(mep->by_worker);
	free(mep);
}

struct cfm_mep *cfm_new(const char *name, const struct cfm_settings *settings)
{
	struct cfm_mep *mep = calloc(1, sizeof(*mep));
	size_t size = COUNTER_SLOTS * sizeof(*mep->by_worker);

	if (mep == NULL) return NULL;
	snprintf(mep->name, sizeof(mep->name), "%s", name);
	// What a worker may read before the first commit.
	mep->settings.port = settings->port;
	mep->by_worker = aligned_alloc(RTE_CACHE_LINE_SIZE, size);
	mep->slot = mep->by_worker != NULL ? id_take(&slots) : 0;
	if (mep->slot == 0) {
		free_mep(mep);
		return NULL;
	}
	memset(mep->by_worker, 0, size);
	return mep;
}

static void look_device(struct cfm_mep *mep)
{
	struct rte_ether_addr own;
	uint64_t mac = 0;

	ce_own_address(mep->settings.port, &own);
	memcpy(&mac, &own, sizeof(own));
	atomic_store_explicit(&mep->mac, mac, memory_order_relaxed);
	mep->link_up = port_link(mep->settings.port) == PORT_LINK_UP;
}

// Whether frames of the VLAN are let through at the port, by whatever blocks.
static bool is_open(uint16_t port_id, uint16_t vid)
{
	const struct port *port = dataplane_port(dataplane_current(), port_id);

	return port == NULL || !block_map_blocks(port->blocks, vid);
}

static bool is_the_same(const struct cfm_settings *a, const struct cfm_settings *b)
{
	return a->port == b->port && a->vid == b->vid && a->parameters.level == b->parameters.level &&
	       a->parameters.mep_id == b->parameters.mep_id &&
	       memcmp(a->parameters.maid, b->parameters.maid, CFM_MAID) == 0;
}

void cfm_configure(struct cfm_mep *mep, const struct cfm_settings *settings, struct cfm_remote *remotes, uint16_t room)
{
	bool goes_on = mep->committed && is_the_same(&mep->settings, settings),
	     up = is_open(settings->port, settings->vid);
	struct cfm_remote *old = mep->remotes;
	uint64_t now = urgent_now();
	unsigned todo = 0;

	urgent_lock();
	if (!mep->committed) mep->transaction = (uint32_t)rte_rand();
	mep->committed = true;
	mep->settings = *settings;
	mep->remotes = remotes;
	look_device(mep);
	by_slot[mep->slot] = mep;
	if (goes_on) {
		todo = cfm_change(&mep->machine, &settings->parameters, remotes, settings->remotes, room, now);
		todo |= cfm_port(&mep->machine, up, now);
	} else {
		cfm_begin(&mep->machine, &settings->parameters, remotes, settings->remotes, room, up, now);
	}
	cfm_carry_out(mep, todo);
	urgent_unlock();
	free(old);
	urgent_wake();
}

void cfm_delete(struct cfm_mep *mep)
{
	struct cfm_test *test;

	urgent_lock();
	test = mep->test;
	mep->test = NULL;
	due_set(&heap, &mep->due, DUE_NEVER);
	by_slot[mep->slot] = NULL;
	for (uint32_t i = told; i != made; i++)
		if (changes[i % MOST_CHANGES].mep == mep) changes[i % MOST_CHANGES].mep = NULL;
	urgent_unlock();
	if (test != NULL) cfm_test_answer(test, mep->later);
	id_give(&slots, mep->slot);
	free_mep(mep);
}

struct cfm_mep *cfm_next(uint32_t *slot)
{
	while (++*slot <= CFM_MOST_MEPS)
		if (by_slot[*slot] != NULL) return by_slot[*slot];
	return NULL;
}

struct cfm_mep *cfm_at(uint16_t port_id, uint16_t vid)
{
	const struct port *port = dataplane_port(dataplane_current(), port_id);
	const struct cfm_point *point = port != NULL ? cfm_map_get(port->meps, vid) : NULL;

	return point != NULL && point->mep->committed ? point->mep : NULL;
}

unsigned cfm_look(uint16_t port, uint16_t vid, uint64_t *sent_ns)
{
	struct cfm_mep *mep = cfm_at(port, vid);
	uint64_t before;
	unsigned todo, sent;
	bool up;

	if (mep == NULL) return 0;
	urgent_lock();
	before = mep->counters.sent;
	up = mep->machine.up;
	todo = cfm_port(&mep->machine, is_open(port, vid), urgent_now());
	if (mep->machine.up != up) cfm_tell(mep, CFM_TOLD_DEFECTS, NULL);
	cfm_carry_out(mep, todo);
	sent = mep->counters.sent != before;
	if (sent != 0) *sent_ns = status[port].last_ns;
	urgent_unlock();
	if (todo != 0) urgent_wake();
	control_wake();
	return sent;
}

void cfm_look_device(uint16_t port)
{
	struct cfm_mep *mep;

	urgent_lock();
	for (uint32_t slot = 0; (mep = cfm_next(&slot)) != NULL;)
		if (mep->settings.port == port) look_device(mep);
	urgent_unlock();
}

bool cfm_take_status(struct cfm_status_sent sent[MAX_PORTS])
{
	bool any;

	urgent_lock();
	any = any_status;
	any_status = false;
	if (any) memcpy(sent, status, sizeof(status));
	if (any) memset(status, 0, sizeof(status));
	urgent_unlock();
	return any;
}

// Of those that found no room, their defects as they are now; their remotes are in their states.
static unsigned take_untold(struct cfm_told *to, unsigned most)
{
	unsigned count = 0;

	any_untold = false;
	for (uint32_t slot = 1; slot <= CFM_MOST_MEPS; slot++) {
		struct cfm_mep *mep = by_slot[slot];

		if (mep == NULL || !mep->untold) continue;
		if (count + 2 > most) {
			any_untold = true;
			break;
		}
		mep->untold = false;
		to[count++] = (struct cfm_told){.mep = mep,
						.at_ns = clock_realtime_ns(),
						.what = CFM_TOLD_DEFECTS,
						.defects = mep->machine.defects,
						.highest = mep->machine.highest};
		if (mep->test != NULL && mep->test->done)
			to[count++] = (struct cfm_told){.mep = mep, .what = CFM_TOLD_TEST};
	}
	return count;
}

unsigned cfm_take_changes(struct cfm_told *to, unsigned most)
{
	unsigned count = 0;

	urgent_lock();
	for (; count < most && told != made; told++)
		if (changes[told % MOST_CHANGES].mep != NULL) to[count++] = changes[told % MOST_CHANGES];
	if (count == 0 && any_untold) count = take_untold(to, most);
	urgent_unlock();
	return count;
}

void cfm_read(struct cfm_mep *mep, struct cfm_mep *copy, struct cfm_remote *remotes)
{
	urgent_lock();
	memcpy(copy, mep, sizeof(*copy));
	if (mep->machine.remote_count != 0)
		memcpy(remotes, mep->machine.remotes, mep->machine.remote_count * sizeof(*remotes));
	urgent_unlock();
	copy->machine.remotes = remotes;
}

// ---------------------------------------------------------------- tests

int cfm_test_start(struct cfm_mep *mep, struct cfm_test *test, struct cfm_test_wish *wish, uint16_t remote_id,
		   struct later *later)
{
	const struct cfm_remote *remote;
	uint8_t own[6];
	int rc = 0;

	urgent_lock();
	remote = remote_id != 0 ? cfm_remote(&mep->machine, remote_id) : NULL;
	if (mep->test != NULL) {
		rc = -EBUSY;
	} else if (remote_id != 0 && (remote == NULL || remote->ccms == 0)) {
		rc = -ENOENT;
	} else {
		if (remote != NULL) memcpy(wish->destination, remote->mac, 6);
		cfm_mac(mep, own);
		cfm_test_begin(test, wish, mep->settings.parameters.level, own, mep->settings.parameters.mep_id,
			       mep->transaction, urgent_now());
		mep->transaction += wish->count;
		mep->test = test;
		mep->later = later;
		cfm_schedule(mep);
	}
	urgent_unlock();
	if (rc == 0) urgent_wake();
	return rc;
}

struct cfm_test *cfm_test_take(struct cfm_mep *mep, struct later **later)
{
	struct cfm_test *test;

	urgent_lock();
	test = mep->test;
	if (test != NULL && !test->done) test = NULL;
	if (test != NULL) mep->test = NULL;
	*later = mep->later;
	urgent_unlock();
	return test;
}

// ---------------------------------------------------------------- start and end

int cfm_meps_start(void)
{
	return worker_rings_open(&rings);
}

void cfm_meps_stop(void)
{
	worker_rings_close(&rings);
	id_pool_free(&slots);
	made = told = 0;
}
