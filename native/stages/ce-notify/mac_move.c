// Method "mac-move": on release, for every remote address of the VLAN's bridge domain a frame with that source, so that
// the CE learns it at this port at once.
//
// A job announces the addresses of one logical port's bridge domain, as often as there are offsets. Each repetition
// begins with the frame that teaches the CE the port's own address, to which all others go. Jobs take turns in order of
// their repetition, within the port's pace, a millisecond's share at a time: the control thread never waits. An address
// is announced only if it is at that moment still known on another port that is not blocked: neither behind the CE, nor
// behind a second link to it.
#include <errno.h>
#include <stdlib.h>

#include "../bridge/bridge.h"
#include "../classify/tag_map.h"
#include "ce_method.h"
#include "ce_vlans.h"
#include "mac_move_frame.h"
#include "mac_set.h"
#include "pace.h"

// Most addresses looked at in one round, sent or not.
#define ROUND_LOOKS 4096

struct job {
	struct job *next;
	struct mac_set *set;
	uint64_t since_ms; // of the release
	uint32_t logical_port;
	uint32_t position;  // in the set, of this repetition
	uint32_t announced; // in this repetition
	uint16_t vid;
	uint8_t repetition;
	bool taught;     // in this repetition
	uint32_t frames; // of all repetitions
	uint64_t first_ns;
};

struct mac_move {
	struct ce_port *port;
	struct ce_sent *sent;
	struct timer timer;
	struct pace pace;
	struct rte_ether_addr own;
	struct job *first, **last;
};

// ---------------------------------------------------------------- one job

static void job_free(struct job *job)
{
	mac_set_release(job->set);
	free(job);
}

// The logical port of a job, or NULL: it has gone, is disabled or blocked, or belongs elsewhere now.
static const struct logical_port *job_port(const struct mac_move *move, const struct job *job)
{
	const struct dataplane *dp = dataplane_current();
	const struct logical_port *lp = dataplane_logical_port(dp, job->logical_port);

	if (lp == NULL || lp->port != move->port->port || !lp->enabled ||
	    lp->bridge_domain != job->set->bridge_domain || logical_port_vid(lp) != job->vid ||
	    ce_blocked(lp->port, job->vid))
		return NULL;
	return lp;
}

// Whether the address is remote: known, and not behind the CE.
static bool is_remote(const struct mac_move *move, const struct job *job, uint64_t key)
{
	const struct dataplane *dp = dataplane_current();
	const struct bridge_domain *bd = dataplane_bridge_domain(dp, job->set->bridge_domain);
	const struct fdb_table *table = atomic_load(&bridge_fdb.table);
	const struct logical_port *lp;

	if (bd == NULL) return false;
	lp = bridge_entry_port(dp, bd, fdb_lookup(table, key, fdb_hash(table, key)), bridge_seconds());
	return lp != NULL && lp->port != move->port->port && !ce_blocked(lp->port, logical_port_vid(lp));
}

static int job_send(struct mac_move *move, struct job *job, const struct logical_port *lp,
		    const struct rte_ether_addr *source)
{
	uint8_t frame[MAC_MOVE_FRAME_MAX];
	size_t length = mac_move_frame(frame, &move->own, source, lp->match, lp->matches);
	int result = ce_send(move->port, move->sent, job->vid, frame, length);

	if (result != 0) return result;
	if (job->frames++ == 0) job->first_ns = move->sent->last_ns;
	pace_sent(&move->pace, 1);
	return 0;
}

static int job_teach(struct mac_move *move, struct job *job, const struct logical_port *lp)
{
	int result = job->taught ? 0 : job_send(move, job, lp, &move->own);

	job->taught |= result == 0;
	return result;
}

static void job_end_repetition(struct job *job)
{
	job->repetition++;
	job->position = 0;
	job->announced = 0;
	job->taught = false;
}

// Sends what is due of the present repetition. 0: the repetition has ended; -EAGAIN: there is more for the next round.
static int job_run(struct mac_move *move, struct job *job, uint64_t now_ns, uint32_t *looks)
{
	const struct logical_port *lp = job_port(move, job);
	const struct mac_set *set = job->set;
	uint32_t limit = move->port->config.mac_move_limit;
	int result;

	if (lp == NULL) {
		job->repetition = CE_OFFSETS;
		return 0;
	}
	if (!job->taught && pace_due(&move->pace, now_ns) == 0) return -EAGAIN;
	result = job_teach(move, job, lp);
	if (result == -ENETDOWN) move->sent->dropped++;
	for (; job->position < set->count && result != -ENOBUFS; job->position++) {
		struct rte_ether_addr source;

		if (*looks == 0 || pace_due(&move->pace, now_ns) == 0) return -EAGAIN;
		--*looks;
		if (!is_remote(move, job, set->key[job->position])) continue;
		memcpy(&source, &set->key[job->position], sizeof(source));
		if (result == 0 && job->announced < limit) result = job_send(move, job, lp, &source);
		if (result == -ENOBUFS) break;
		if (result != 0 || job->announced == limit)
			move->sent->dropped++;
		else
			job->announced++;
	}
	if (result == -ENOBUFS) return -EAGAIN;
	move->sent->dropped += set->lost;
	job_end_repetition(job);
	return 0;
}

// ---------------------------------------------------------------- all jobs of a port

static uint64_t job_due_ms(const struct mac_move *move, const struct job *job)
{
	return job->since_ms + move->port->config.mac_move_offset_ms[job->repetition];
}

static void remove_jobs(struct mac_move *move, bool (*gone)(const struct mac_move *move, const struct job *job))
{
	struct job **place = &move->first;

	while (*place != NULL) {
		struct job *job = *place;

		if (!gone(move, job)) {
			place = &job->next;
			continue;
		}
		*place = job->next;
		job_free(job);
	}
	move->last = place;
}

static bool has_ended(const struct mac_move *move, const struct job *job)
{
	return job->repetition >= move->port->config.mac_move_offsets;
}

static bool any(const struct mac_move *move, const struct job *job)
{
	return true;
}

// Earlier repetitions first, so that the last VLAN of many does not wait for the first one's repeats.
static void run_jobs(struct mac_move *move)
{
	uint64_t now = control_now_ms(), next = UINT64_MAX;
	uint32_t looks = ROUND_LOOKS;
	bool more = false;

	for (unsigned repetition = 0; repetition < move->port->config.mac_move_offsets && !more; repetition++)
		for (struct job *job = move->first; job != NULL && !more; job = job->next)
			if (job->repetition == repetition && job_due_ms(move, job) <= now)
				more = job_run(move, job, now * 1000000, &looks) == -EAGAIN;
	remove_jobs(move, has_ended);
	for (const struct job *job = move->first; job != NULL; job = job->next)
		next = RTE_MIN(next, job_due_ms(move, job));
	port_inject_flush();
	timer_disarm(&move->timer);
	if (next != UINT64_MAX) timer_arm(&move->timer, RTE_MAX(next, now + 1));
}

static void round_due(struct timer *timer)
{
	run_jobs((struct mac_move *)(void *)((uint8_t *)timer - offsetof(struct mac_move, timer)));
}

// ---------------------------------------------------------------- changes

static bool is_superseded(const struct mac_move *move, const struct job *job)
{
	return job_port(move, job) == NULL;
}

struct release {
	struct mac_move *move;
	uint16_t vid;
};

static void add_job(void *ctx, uint32_t logical_port)
{
	const struct release *release = ctx;
	struct mac_move *move = release->move;
	const struct logical_port *lp = dataplane_logical_port(dataplane_current(), logical_port);
	struct job *job;

	if (lp == NULL || lp->bridge_domain == 0 || !lp->enabled) return;
	job = calloc(1, sizeof(*job));
	if (job != NULL) job->set = mac_set_begin(lp->bridge_domain);
	if (job == NULL || job->set == NULL) {
		free(job);
		move->sent->dropped++;
		return;
	}
	job->since_ms = control_now_ms();
	job->logical_port = logical_port;
	job->vid = release->vid;
	*move->last = job;
	move->last = &job->next;
}

// The CE learns the port's own address at once, before the addresses are collected.
static void teach_first(struct mac_move *move)
{
	pace_begin(&move->pace, control_now_ms() * 1000000);
	for (struct job *job = move->first; job != NULL; job = job->next) {
		const struct logical_port *lp = job_port(move, job);

		if (lp != NULL && job->frames == 0 && job_due_ms(move, job) <= control_now_ms())
			(void)job_teach(move, job, lp);
	}
	port_inject_flush();
}

static void report(const struct mac_move *move, const struct ce_change *change)
{
	uint32_t frames = 0;
	uint64_t first_ns = 0;

	for (const struct job *job = move->first; job != NULL; job = job->next)
		if (job->vid == change->vid) {
			frames += job->frames;
			first_ns = first_ns == 0 ? job->first_ns : RTE_MIN(first_ns, job->first_ns);
		}
	ce_report(change, ce_mac_move.name, frames, first_ns);
}

static void mac_move_changed(void *state, const struct ce_change *changes, unsigned count)
{
	struct mac_move *move = state;
	const struct ce_notification *config = &move->port->config;
	const struct port *port = dataplane_port(dataplane_current(), move->port->port);
	bool released = false;

	remove_jobs(move, is_superseded);
	for (unsigned i = 0; i < count; i++)
		if (!changes[i].blocked) {
			tag_map_each(port->tags, changes[i].vid, add_job, &(struct release){move, changes[i].vid});
			released = true;
		}
	if (!released) return;
	ce_own_address(move->port->port, &move->own);
	pace_set(&move->pace, config->mac_move_frames_per_second != 0
				      ? config->mac_move_frames_per_second
				      : pace_of_port(port_speed_mbps(move->port->port)));
	teach_first(move);
	mac_sets_collect();
	run_jobs(move);
	for (unsigned i = 0; i < count; i++)
		if (!changes[i].blocked) report(move, &changes[i]);
}

static void *mac_move_open(struct ce_port *port, struct ce_sent *sent)
{
	struct mac_move *move = calloc(1, sizeof(*move));

	if (move != NULL) {
		move->port = port;
		move->sent = sent;
		move->timer.run = round_due;
		move->last = &move->first;
	}
	return move;
}

static void mac_move_configured(void *state)
{
	struct mac_move *move = state;

	// Repeats under way end: their offsets may be others now.
	timer_disarm(&move->timer);
	remove_jobs(move, any);
}

static void mac_move_close(void *state)
{
	if (state == NULL) return;
	mac_move_configured(state);
	free(state);
}

static bool mac_move_enabled(const struct ce_notification *config)
{
	return config->mac_move && config->mac_move_offsets != 0;
}

const struct ce_method ce_mac_move = {
	.name = "mac-move",
	.open = mac_move_open,
	.close = mac_move_close,
	.enabled = mac_move_enabled,
	.configured = mac_move_configured,
	.changed = mac_move_changed,
};
