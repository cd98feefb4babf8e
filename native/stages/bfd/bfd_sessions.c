// The sessions, and what happens in a round of their thread.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_random.h>

#include "../../main/clock.h"
#include "../../main/id.h"
#include "../../main/worker_rings.h"
#include "../neighbour/address.h"
#include "bfd.h"

#define SLOT_BITS    11 // of a discriminator: the slot; the rest is random
#define HASHES       1024
#define MOST_CHANGES 4096 // that wait for the control thread; more are told as what the session is by then
#define BATCH        64

static_assert(BFD_MOST_SESSIONS < 1 << SLOT_BITS, "a discriminator names a slot");

_Atomic uint32_t bfd_by_interface[MAX_ID + 1], bfd_by_vrf[MAX_ID + 1];

static uint64_t random_state;
static struct id_pool slots = {.limit = BFD_MOST_SESSIONS};
static struct bfd_session *by_slot[BFD_MOST_SESSIONS + 1], *by_hash[HASHES];
static struct due *heap_items[BFD_MOST_SESSIONS + 1];
static struct due_heap heap = {.items = heap_items};
WORKER_RINGS(rings, "bfd", struct bfd_heard, BFD_RING);

// A ring of changes: `told` of them were taken, `made` were made.
static struct bfd_told changes[MOST_CHANGES];
static uint32_t made, told;
static bool any_untold, any_answered;

// Marsaglia's xorshift, for jitter: rte_rand() is for EAL's threads.
static uint32_t random_next(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 32);
}

// ---------------------------------------------------------------- what is due

static struct bfd_session *of_due(struct due *due)
{
	return (struct bfd_session *)(void *)((char *)due - offsetof(struct bfd_session, due));
}

static void schedule(struct bfd_session *session)
{
	due_set(&heap, &session->due, bfd_due(&session->machine));
}

// ---------------------------------------------------------------- carrying out

static void transmit(struct bfd_session *session, bool final)
{
	struct bfd_packet packet;
	uint8_t bytes[BFD_LONGEST];
	uint32_t length;

	if (!session->has_source) return;
	bfd_compose(&session->machine, final, &packet);
	bfd_number(&session->settings.auth, &session->sequence, &packet);
	length = bfd_write(&packet, session->settings.auth.key, bytes);
	if (bfd_send(session, bytes, length) == 0)
		session->counters.sent++;
	else
		session->counters.send_failures++;
}

static struct bfd_told told_of(struct bfd_session *session, uint64_t at_ns)
{
	const struct bfd_machine *m = &session->machine;

	return (struct bfd_told){session, at_ns, m->state, m->diagnostic, m->remote_state, m->remote_diagnostic,
				 m->late};
}

static void tell(struct bfd_session *session, uint64_t at_ns)
{
	if (made - told == MOST_CHANGES)
		session->untold = any_untold = true;
	else
		changes[made++ % MOST_CHANGES] = told_of(session, at_ns);
}

static void changed(struct bfd_session *session, uint8_t before)
{
	const struct bfd_machine *m = &session->machine;

	session->since_ns = clock_realtime_ns();
	if (m->state == BFD_STATE_UP) session->counters.became_up++;
	if (before == BFD_STATE_UP) {
		session->counters.became_down++;
		session->last_down_ns = session->since_ns;
	}
	tell(session, session->since_ns);
}

static void carry_out(struct bfd_session *session, unsigned todo, uint8_t before)
{
	if (todo & BFD_SEND) transmit(session, false);
	if (todo & BFD_SEND_FINAL) transmit(session, true);
	if (todo & BFD_CHANGED)
		changed(session, before);
	else if (todo & BFD_LATE)
		tell(session, clock_realtime_ns());
	schedule(session);
}

// ---------------------------------------------------------------- packets

static uint32_t hash_of(uint32_t path, uint8_t version, const struct ip_address *remote)
{
	uint32_t hash = path * 2 + version;

	for (unsigned i = 0; i < sizeof(remote->bytes); i++)
		hash = hash * 16777619u ^ remote->bytes[i];
	return (hash ^ hash >> 16) % HASHES;
}

static uint32_t path_of(const struct bfd_settings *settings)
{
	return settings->interface != 0 ? settings->interface : settings->vrf;
}

static bool is_from(const struct bfd_session *session, const struct bfd_heard *heard)
{
	const struct bfd_settings *s = &session->settings;

	return (s->interface == 0) == heard->multihop && s->version == heard->version &&
	       (heard->multihop ? s->vrf == heard->vrf : s->interface == heard->interface) &&
	       memcmp(&s->remote, &heard->source, sizeof(s->remote)) == 0;
}

static struct bfd_session *session_of(const struct bfd_heard *heard)
{
	uint32_t discriminator = heard->packet.your_discriminator;
	struct bfd_session *session = NULL;

	if (discriminator != 0) {
		uint32_t slot = discriminator % (1u << SLOT_BITS);

		if (slot <= BFD_MOST_SESSIONS) session = by_slot[slot];
		return session != NULL && session->machine.local_discriminator == discriminator ? session : NULL;
	}
	session = by_hash[hash_of(heard->multihop ? heard->vrf : heard->interface, heard->version, &heard->source)];
	while (session != NULL && !is_from(session, heard))
		session = session->next;
	return session;
}

static void take(const void *element, uint64_t now)
{
	const struct bfd_heard *heard = element;
	struct bfd_session *session = session_of(heard);
	uint8_t before;

	if (session == NULL) return;
	if (!is_from(session, heard)) {
		session->counters.session_errors++;
		return;
	}
	if (heard->ttl < session->settings.least_ttl) {
		session->counters.ttl_errors++;
		return;
	}
	if (!bfd_authenticate(&session->settings.auth, &session->sequence, &session->machine, &heard->packet,
			      heard->bytes, now)) {
		session->counters.authentication_failures++;
		return;
	}
	session->counters.received++;
	any_answered |= session->awaited;
	session->awaited = false;
	before = session->machine.state;
	carry_out(session, bfd_receive(&session->machine, &heard->packet, now, random_next()), before);
}

bool bfd_put(const struct worker *worker, const struct bfd_heard *heard)
{
	return worker_rings_put(&rings, worker, heard);
}

uint64_t bfd_round(uint64_t now, bool *has_changed)
{
	struct bfd_heard heard[BATCH];
	uint32_t before = made;
	uint64_t next;
	bool more;

	urgent_lock();
	// First what has come: a thread that was late must not take for silence what waits here.
	more = worker_rings_take(&rings, heard, BATCH, take, now);
	for (uint32_t budget = heap.count; budget > 0 && heap.count > 0 && due_first(&heap)->at <= now; budget--) {
		struct bfd_session *session = of_due(due_first(&heap));
		uint8_t state = session->machine.state;

		carry_out(session, bfd_time(&session->machine, now, random_next()), state);
	}
	next = more ? now : heap.count > 0 ? due_first(&heap)->at : BFD_NEVER;
	*has_changed = made != before || any_untold || any_answered;
	urgent_unlock();
	return next;
}

// ---------------------------------------------------------------- life

struct bfd_session *bfd_new(const char *name)
{
	struct bfd_session *session = calloc(1, sizeof(*session));

	if (session != NULL) snprintf(session->name, sizeof(session->name), "%s", name);
	return session;
}

static _Atomic uint32_t *count_of(const struct bfd_settings *settings)
{
	return settings->interface != 0 ? &bfd_by_interface[settings->interface] : &bfd_by_vrf[settings->vrf];
}

static void put_in(struct bfd_session *session)
{
	const struct bfd_settings *s = &session->settings;
	struct bfd_session **chain = &by_hash[hash_of(path_of(s), s->version, &s->remote)];
	// Nobody else is to know discriminators and numbers.
	uint32_t random = (uint32_t)rte_rand();

	session->slot = id_take(&slots);
	by_slot[session->slot] = session;
	session->next = *chain;
	*chain = session;
	session->sequence = (struct bfd_sequence){.sent = random};
	session->since_ns = clock_realtime_ns();
	// A slot alone would be the same after a restart, and a packet of before would be taken.
	bfd_begin(&session->machine, &s->parameters, random << SLOT_BITS | session->slot, urgent_now());
	schedule(session);
	atomic_fetch_add(count_of(s), 1);
}

// The neighbour hears that it was taken away, and need not take us for dead.
static void take_out(struct bfd_session *session)
{
	struct bfd_parameters down = session->machine.parameters;
	struct bfd_session **at =
		&by_hash[hash_of(path_of(&session->settings), session->settings.version, &session->settings.remote)];

	down.admin_down = true;
	if (bfd_change(&session->machine, &down, urgent_now(), 0) & BFD_SEND) transmit(session, false);
	due_set(&heap, &session->due, DUE_NEVER);
	while (*at != session)
		at = &(*at)->next;
	*at = session->next;
	by_slot[session->slot] = NULL;
	id_give(&slots, session->slot);
	session->slot = 0;
	atomic_fetch_sub(count_of(&session->settings), 1);
	for (uint32_t i = told; i != made; i++)
		if (changes[i % MOST_CHANGES].session == session) changes[i % MOST_CHANGES].session = NULL;
}

static bool is_the_same(const struct bfd_settings *a, const struct bfd_settings *b)
{
	return a->interface == b->interface && a->vrf == b->vrf && a->version == b->version &&
	       a->has_local == b->has_local && memcmp(&a->local, &b->local, sizeof(a->local)) == 0 &&
	       memcmp(&a->remote, &b->remote, sizeof(a->remote)) == 0;
}

static void find_source(struct bfd_session *session)
{
	const struct dataplane *dp = dataplane_current();
	const struct bfd_settings *s = &session->settings;
	const struct l3_interface *it = dataplane_interface(dp, s->interface);

	session->send_vrf = it != NULL ? it->vrf : s->vrf;
	session->source = s->local;
	session->has_source = s->interface == 0 ? s->has_local : it != NULL && it->enabled;
	if (it != NULL && !s->has_local)
		session->has_source &= address_source(it, s->version, &s->remote, &session->source);
}

void bfd_look(struct bfd_session *session)
{
	urgent_lock();
	find_source(session);
	urgent_unlock();
}

void bfd_configure(struct bfd_session *session, const struct bfd_settings *settings)
{
	uint8_t before = session->machine.state;

	urgent_lock();
	if (session->slot != 0 && !is_the_same(&session->settings, settings)) take_out(session);
	// Another key begins a numbering of its own.
	if (memcmp(&session->settings.auth, &settings->auth, sizeof(settings->auth)) != 0)
		session->sequence.known = false;
	session->settings = *settings;
	find_source(session);
	if (session->slot == 0)
		put_in(session);
	else
		carry_out(session, bfd_change(&session->machine, &settings->parameters, urgent_now(), random_next()),
			  before);
	urgent_unlock();
	urgent_wake();
}

void bfd_delete(struct bfd_session *session)
{
	if (session->slot != 0) {
		urgent_lock();
		take_out(session);
		urgent_unlock();
	}
	free(session);
}

struct bfd_session *bfd_next(uint32_t *slot)
{
	while (++*slot <= BFD_MOST_SESSIONS)
		if (by_slot[*slot] != NULL) return by_slot[*slot];
	return NULL;
}

void bfd_read(const struct bfd_session *session, struct bfd_session *copy)
{
	urgent_lock();
	*copy = *session;
	urgent_unlock();
}

// Those that found no room, as they are now.
static unsigned take_untold(struct bfd_told *to, unsigned most)
{
	unsigned count = 0;

	any_untold = false;
	for (uint32_t slot = 1; slot <= BFD_MOST_SESSIONS; slot++) {
		struct bfd_session *session = by_slot[slot];

		if (session == NULL || !session->untold) continue;
		if (count == most) {
			any_untold = true;
			break;
		}
		session->untold = false;
		to[count++] = told_of(session, session->since_ns);
	}
	return count;
}

unsigned bfd_take_changes(struct bfd_told *to, unsigned most)
{
	unsigned count = 0;

	urgent_lock();
	for (; count < most && told != made; told++)
		if (changes[told % MOST_CHANGES].session != NULL) to[count++] = changes[told % MOST_CHANGES];
	if (count == 0 && any_untold) count = take_untold(to, most);
	urgent_unlock();
	return count;
}

uint64_t bfd_session_ask(struct bfd_session *session)
{
	uint64_t now;
	unsigned todo;

	urgent_lock();
	now = urgent_now();
	todo = bfd_ask(&session->machine, now, random_next());
	session->awaited = todo != 0;
	if (todo != 0) carry_out(session, todo, session->machine.state);
	urgent_unlock();
	if (todo != 0) urgent_wake();
	return todo != 0 ? now : 0;
}

bool bfd_heard_since(uint32_t slot, uint32_t discriminator, uint64_t at)
{
	const struct bfd_session *session;
	bool heard;

	urgent_lock();
	session = by_slot[slot];
	heard = session != NULL && session->machine.local_discriminator == discriminator &&
		session->machine.state == BFD_STATE_UP && session->machine.received_at > at;
	urgent_unlock();
	return heard;
}

bool bfd_take_answered(void)
{
	bool answered;

	urgent_lock();
	answered = any_answered;
	any_answered = false;
	urgent_unlock();
	return answered;
}

int bfd_sessions_start(void)
{
	random_state = rte_rand() | 1;
	return worker_rings_open(&rings);
}

void bfd_sessions_stop(void)
{
	worker_rings_close(&rings);
	id_pool_free(&slots);
	made = told = 0;
}
