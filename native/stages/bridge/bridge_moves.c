// Addresses that move to and fro (RFC 7432, section 15.1, within one bridge): workers tell of each move, the control
// thread counts those of an address in a window of time, reports it, and may hold the address where it was: then it is
// not learned elsewhere until the hold ends.
#include <stdlib.h>
#include <string.h>

#include "bridge_control.h"

// Moves that a worker has told and the control thread has not read yet.
#define POSTS 256u
// Addresses whose moves are counted at once; above, those whose window began first are forgotten.
#define TRACKED 2048u
#define PROBES  8u

struct post {
	uint64_t key;
	uint32_t port;
};

struct posts {
	_Atomic uint32_t written, read;
	struct post post[POSTS];
} __rte_cache_aligned;

struct tracker {
	uint64_t key; // 0: free
	uint64_t since_ms;
	uint64_t held_until_ms; // 0: not held
	uint32_t moves;
	uint32_t at; // logical port where it is; 0: not known
	bool reported;
};

static struct posts posted[MAX_WORKERS];
static struct tracker trackers[TRACKED];
static uint32_t held;

bool bridge_moved(unsigned worker, uint64_t key, uint32_t port)
{
	struct posts *posts = &posted[worker];
	uint32_t at = atomic_load_explicit(&posts->written, memory_order_relaxed);

	control_wake();
	if (at - atomic_load_explicit(&posts->read, memory_order_acquire) == POSTS) return false;
	posts->post[at % POSTS] = (struct post){key, port};
	atomic_store_explicit(&posts->written, at + 1, memory_order_release);
	return true;
}

static struct tracker *track(uint64_t key, uint64_t now_ms)
{
	uint64_t hash = key * UINT64_C(0x9e3779b97f4a7c15);
	struct tracker *oldest = NULL;

	for (unsigned i = 0; i < PROBES; i++) {
		struct tracker *it = &trackers[((hash >> 32) + i) % TRACKED];

		if (it->key == key) return it;
		// One that is held is not forgotten: who would release it?
		if (it->held_until_ms == 0 && (oldest == NULL || it->key == 0 || it->since_ms < oldest->since_ms))
			oldest = it;
	}
	if (oldest != NULL) *oldest = (struct tracker){.key = key, .since_ms = now_ms};
	return oldest;
}

static void release(struct tracker *it)
{
	const struct bridge_domain *bd = dataplane_bridge_domain(dataplane_current(), (uint32_t)(it->key >> 48));

	if (!bridge_static_has(it->key)) fdb_remove_static(&bridge_fdb, it->key);
	if (bd != NULL && bd->fdb->held != 0) bd->fdb->held--;
	held--;
	it->held_until_ms = 0;
	it->reported = false;
	it->moves = 0;
}

static void report(const struct bridge_domain *bd, const struct tracker *it, uint32_t to)
{
	const struct dataplane *dp = dataplane_current();
	const struct logical_port *from_port = dataplane_logical_port(dp, it->at),
				  *to_port = dataplane_logical_port(dp, to);
	Sluice__Api__MacMoveEvent move = SLUICE__API__MAC_MOVE_EVENT__INIT;
	Sluice__Api__Event event = SLUICE__API__EVENT__INIT;
	uint8_t mac[8];

	memcpy(mac, &it->key, sizeof(mac));
	move.bridge_domain = (char *)(uintptr_t)bd->name;
	move.mac = (ProtobufCBinaryData){RTE_ETHER_ADDR_LEN, mac};
	if (from_port != NULL) move.from_logical_port = (char *)(uintptr_t)from_port->name;
	if (to_port != NULL) move.to_logical_port = (char *)(uintptr_t)to_port->name;
	move.moves = it->moves;
	event.at_ns = control_realtime_ns();
	event.what_case = SLUICE__API__EVENT__WHAT_MAC_MOVE;
	event.mac_move = &move;
	event_emit(&event);
}

static void count(uint64_t key, uint32_t to)
{
	const struct dataplane *dp = dataplane_current();
	const struct bridge_domain *bd = dataplane_bridge_domain(dp, (uint32_t)(key >> 48));
	uint64_t now_ms = control_now_ms();
	struct tracker *it;

	if (bd == NULL || bd->mac_move_limit == 0) return;
	it = track(key, now_ms);
	if (it == NULL || it->held_until_ms != 0) return;
	if (now_ms - it->since_ms > bd->mac_move_seconds * UINT64_C(1000)) {
		it->since_ms = now_ms;
		it->moves = 0;
		it->reported = false;
	}
	it->moves++;
	if (it->moves > bd->mac_move_limit && !it->reported) {
		const struct logical_port *before = dataplane_logical_port(dp, it->at);

		it->reported = true;
		bd->fdb->move_detections++;
		report(bd, it, to);
		if (bd->mac_move_hold_seconds != 0 && before != NULL && before->bridge_domain == bd->id &&
		    !bridge_static_has(key) && fdb_set_static(&bridge_fdb, key, before->id) == 0) {
			it->held_until_ms = now_ms + bd->mac_move_hold_seconds * UINT64_C(1000);
			bd->fdb->held++;
			held++;
			return;
		}
	}
	it->at = to;
}

void bridge_moves_poll(void)
{
	for (unsigned worker = 0; worker < worker_count; worker++) {
		struct posts *posts = &posted[worker];
		uint32_t end = atomic_load_explicit(&posts->written, memory_order_acquire);
		uint32_t at = atomic_load_explicit(&posts->read, memory_order_relaxed);

		for (; at != end; at++)
			count(posts->post[at % POSTS].key, posts->post[at % POSTS].port);
		atomic_store_explicit(&posts->read, at, memory_order_release);
	}
}

// What holds an address may have gone, or may not be wanted any more.
static bool still_held(const struct tracker *it)
{
	const struct dataplane *dp = dataplane_current();
	const struct bridge_domain *bd = dataplane_bridge_domain(dp, (uint32_t)(it->key >> 48));
	const struct logical_port *lp = dataplane_logical_port(dp, it->at);

	return bd != NULL && lp != NULL && lp->bridge_domain == bd->id && bd->mac_move_limit != 0 &&
	       bd->mac_move_hold_seconds != 0;
}

void bridge_moves_published(void)
{
	for (unsigned i = 0; held != 0 && i < TRACKED; i++)
		if (trackers[i].held_until_ms != 0 && !still_held(&trackers[i])) release(&trackers[i]);
}

void bridge_moves_tick(void)
{
	for (unsigned i = 0; held != 0 && i < TRACKED; i++)
		if (trackers[i].held_until_ms != 0 && trackers[i].held_until_ms <= control_now_ms())
			release(&trackers[i]);
}

void bridge_moves_stop(void)
{
	memset(trackers, 0, sizeof(trackers));
	memset(posted, 0, sizeof(posted));
	held = 0;
}
