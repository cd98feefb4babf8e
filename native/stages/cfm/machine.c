#include "machine.h"

#include <string.h>

#define MS     1000u
#define SECOND 1000000u

static const uint64_t repeat_after[CFM_REPEATS] = {200 * MS, 800 * MS};

static uint64_t min_of(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t cfm_interval(uint8_t code)
{
	static const uint64_t interval[] = {
		[1] = 10 * MS / 3,  [2] = 10 * MS,      [3] = 100 * MS,      [4] = SECOND,
		[5] = 10u * SECOND, [6] = 60u * SECOND, [7] = 600u * SECOND,
	};

	return interval[code];
}

// 3.5 times the interval, after which a CCM is missed (20.19.1).
static uint64_t lifetime_of(uint8_t interval)
{
	return cfm_interval(interval) * 7 / 2;
}

static uint8_t highest_bit(uint8_t defects)
{
	uint8_t priority = 0;

	for (; defects != 0; defects >>= 1)
		priority++;
	return priority;
}

// Those that may be told (20.9.5).
static uint8_t told(const struct cfm_machine *m, uint8_t defects)
{
	return (uint8_t)(defects & ~((1u << (m->parameters.lowest_alarm - 1)) - 1));
}

bool cfm_rdi(const struct cfm_machine *m)
{
	return told(m, m->defects & (uint8_t)~CFM_DEFECT_RDI) != 0;
}

struct cfm_remote *cfm_remote(const struct cfm_machine *m, uint16_t id)
{
	for (uint16_t i = 0; i < m->remote_count; i++)
		if (m->remotes[i].id == id) return &m->remotes[i];
	return NULL;
}

// ---------------------------------------------------------------- defects

// 20.33.6, 20.35.5 to 20.35.7
static uint8_t defects_of(const struct cfm_machine *m)
{
	uint8_t defects = 0;
	bool all_blocked = m->remote_count != 0;

	for (uint16_t i = 0; i < m->remote_count; i++) {
		const struct cfm_remote *remote = &m->remotes[i];

		if (remote->rdi) defects |= CFM_DEFECT_RDI;
		if (remote->state == CFM_RMEP_FAILED) defects |= CFM_DEFECT_REMOTE_CCM;
		if (remote->interface_status != CFM_INTERFACE_NONE && remote->interface_status != CFM_INTERFACE_UP)
			defects |= CFM_DEFECT_MAC_STATUS;
		all_blocked &= remote->port_status == CFM_PORT_BLOCKED;
	}
	if (all_blocked) defects |= CFM_DEFECT_MAC_STATUS;
	if (m->error_until != 0) defects |= CFM_DEFECT_ERROR_CCM;
	if (m->xcon_until != 0) defects |= CFM_DEFECT_XCON_CCM;
	return defects;
}

// Figure 20-10. Whether to alarm.
static bool generate(struct cfm_machine *m, uint64_t now)
{
	uint8_t priority = highest_bit(told(m, m->defects));

	switch (m->fng) {
	case CFM_FNG_DEFECT:
		if (priority == 0) {
			m->fng = CFM_FNG_RESET;
			m->fng_priority = m->highest = 0;
			return false;
		}
		if (priority > m->highest) m->highest = priority;
		if (now < m->fng_at) return false;
		m->fng_priority = m->highest;
		m->fng = CFM_FNG_REPORTED;
		return true;
	case CFM_FNG_REPORTED:
		if (priority > m->fng_priority) {
			m->highest = priority;
			m->fng = CFM_FNG_DEFECT;
			m->fng_at = now + m->parameters.alarm_time;
		} else if (priority == 0) {
			m->fng = CFM_FNG_CLEARING;
			m->fng_at = now + m->parameters.reset_time;
		}
		return false;
	case CFM_FNG_CLEARING:
		if (priority != 0) {
			m->fng = CFM_FNG_REPORTED;
			return generate(m, now);
		}
		if (now < m->fng_at) return false;
		m->fng = CFM_FNG_RESET;
		m->fng_priority = m->highest = 0;
		return false;
	default:
		if (priority == 0) return false;
		m->fng = CFM_FNG_DEFECT;
		m->highest = priority;
		m->fng_at = now + m->parameters.alarm_time;
		return false;
	}
}

static unsigned look(struct cfm_machine *m, uint64_t now)
{
	uint8_t before = m->defects;
	unsigned todo = 0;

	m->defects = defects_of(m);
	if (m->defects != before) todo |= CFM_DEFECTS;
	if (generate(m, now)) todo |= CFM_ALARM;
	return todo;
}

// ---------------------------------------------------------------- life

static void start_remote(const struct cfm_machine *m, struct cfm_remote *remote, uint64_t now)
{
	*remote = (struct cfm_remote){
		.id = remote->id,
		.state = CFM_RMEP_START,
		.expires_at = now + lifetime_of(m->parameters.interval),
	};
}

void cfm_begin(struct cfm_machine *m, const struct cfm_parameters *parameters, struct cfm_remote *remotes,
	       uint16_t count, uint16_t room, bool up, uint64_t now)
{
	*m = (struct cfm_machine){
		.parameters = *parameters,
		.remotes = remotes,
		.remote_count = count,
		.remote_room = room,
		.up = up,
		.send_at = parameters->ccm_enabled ? now : CFM_NEVER,
		.repeat_at = CFM_NEVER,
	};
	for (uint16_t i = 0; i < count; i++)
		start_remote(m, &m->remotes[i], now);
}

unsigned cfm_change(struct cfm_machine *m, const struct cfm_parameters *parameters, struct cfm_remote *remotes,
		    uint16_t count, uint16_t room, uint64_t now)
{
	bool anew = m->parameters.interval != parameters->interval;
	struct cfm_machine old = *m;

	m->parameters = *parameters;
	// Who was heard goes on to be watched while there is no list.
	if (parameters->heard && old.parameters.heard) {
		for (count = 0; count < old.remote_count && count < room; count++)
			remotes[count].id = old.remotes[count].id;
	}
	m->remotes = remotes;
	m->remote_count = count;
	m->remote_room = room;
	for (uint16_t i = 0; i < count; i++) {
		const struct cfm_remote *known = cfm_remote(&old, remotes[i].id);

		if (known == NULL || anew)
			start_remote(m, &remotes[i], now);
		else
			remotes[i] = *known;
	}
	if (!parameters->ccm_enabled)
		m->send_at = CFM_NEVER;
	else if (anew || !old.parameters.ccm_enabled)
		m->send_at = now;
	return look(m, now);
}

// ---------------------------------------------------------------- what happens

static unsigned take(struct cfm_machine *m, struct cfm_remote *remote, const struct cfm_ccm *ccm, const uint8_t mac[6],
		     uint64_t now)
{
	bool changed = remote->state != CFM_RMEP_OK || remote->rdi != ccm->rdi ||
		       remote->port_status != ccm->port_status || remote->interface_status != ccm->interface_status ||
		       memcmp(remote->mac, mac, sizeof(remote->mac)) != 0;

	// 20.16.12. Who does not count sends 0.
	if (remote->has_sequence && ccm->sequence != 0 && remote->sequence != 0 &&
	    ccm->sequence != remote->sequence + 1)
		m->sequence_errors++;
	remote->has_sequence = true;
	remote->sequence = ccm->sequence;
	remote->state = CFM_RMEP_OK;
	remote->rdi = ccm->rdi;
	remote->port_status = ccm->port_status;
	remote->interface_status = ccm->interface_status;
	memcpy(remote->mac, mac, sizeof(remote->mac));
	remote->expires_at = now + lifetime_of(m->parameters.interval);
	remote->ccms++;
	if (changed) remote->changed = true;
	return (changed ? CFM_REMOTES : 0) | look(m, now);
}

// NULL: there is no room, or it is none of those that are expected.
static struct cfm_remote *remote_for(struct cfm_machine *m, uint16_t id)
{
	struct cfm_remote *remote = cfm_remote(m, id);

	if (remote != NULL || !m->parameters.heard) return remote;
	// Who is gone makes room.
	for (uint16_t i = 0; remote == NULL && m->remote_count == m->remote_room && i < m->remote_count; i++)
		if (m->remotes[i].state == CFM_RMEP_FAILED) remote = &m->remotes[i];
	if (remote == NULL && m->remote_count < m->remote_room) remote = &m->remotes[m->remote_count++];
	if (remote == NULL)
		m->refused++;
	else
		*remote = (struct cfm_remote){.id = id};
	return remote;
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

// 20.17.1 and 20.17.2
unsigned cfm_receive(struct cfm_machine *m, const struct cfm_ccm *ccm, bool is_lower, const uint8_t mac[6],
		     uint64_t now)
{
	uint8_t interval = ccm->interval != 0 ? ccm->interval : m->parameters.interval;
	struct cfm_remote *remote;

	if (is_lower || memcmp(ccm->maid, m->parameters.maid, CFM_MAID) != 0) {
		m->xcon_ccms++;
		m->xcon_until = later(m->xcon_until, now + lifetime_of(interval));
		return CFM_XCON | look(m, now);
	}
	if (ccm->mep_id == 0 || ccm->mep_id == m->parameters.mep_id || ccm->interval != m->parameters.interval) {
		remote = NULL;
	} else {
		remote = remote_for(m, ccm->mep_id);
		// One that there is no room for is no error of its.
		if (remote == NULL && m->parameters.heard) return 0;
	}
	if (remote == NULL) {
		m->error_ccms++;
		m->error_until = later(m->error_until, now + lifetime_of(interval));
		return CFM_ERROR | look(m, now);
	}
	m->ccms_received++;
	return take(m, remote, ccm, mac, now);
}

unsigned cfm_port(struct cfm_machine *m, bool up, uint64_t now)
{
	if (m->up == up) return 0;
	m->up = up;
	if (!m->parameters.ccm_enabled) return 0;
	m->repeats = CFM_REPEATS;
	m->repeat_at = now + repeat_after[0];
	return CFM_SEND_STATUS;
}

unsigned cfm_time(struct cfm_machine *m, uint64_t now)
{
	unsigned todo = 0;

	if (m->send_at <= now) {
		uint64_t interval = cfm_interval(m->parameters.interval);

		todo |= CFM_SEND;
		// What was missed is not made up for.
		m->send_at = m->send_at + interval > now ? m->send_at + interval : now + interval;
	}
	if (m->repeat_at <= now) {
		if (m->parameters.ccm_enabled) todo |= CFM_SEND_STATUS;
		m->repeats--;
		m->repeat_at = m->repeats != 0 ? now + repeat_after[CFM_REPEATS - m->repeats] : CFM_NEVER;
	}
	for (uint16_t i = 0; i < m->remote_count; i++) {
		struct cfm_remote *remote = &m->remotes[i];

		if (remote->expires_at > now) continue;
		// 20.20: what it said last does not count any more.
		remote->state = CFM_RMEP_FAILED;
		remote->rdi = false;
		remote->port_status = remote->interface_status = 0;
		remote->has_sequence = false;
		remote->expires_at = CFM_NEVER;
		remote->changed = true;
		todo |= CFM_REMOTES;
	}
	if (m->error_until <= now) m->error_until = 0;
	if (m->xcon_until <= now) m->xcon_until = 0;
	return todo | look(m, now);
}

uint64_t cfm_due(const struct cfm_machine *m)
{
	uint64_t due = min_of(m->send_at, m->repeat_at);

	for (uint16_t i = 0; i < m->remote_count; i++)
		due = min_of(due, m->remotes[i].expires_at);
	if (m->error_until != 0) due = min_of(due, m->error_until);
	if (m->xcon_until != 0) due = min_of(due, m->xcon_until);
	if (m->fng == CFM_FNG_DEFECT || m->fng == CFM_FNG_CLEARING) due = min_of(due, m->fng_at);
	return due;
}

void cfm_compose(struct cfm_machine *m, struct cfm_ccm *ccm)
{
	*ccm = (struct cfm_ccm){
		.rdi = cfm_rdi(m),
		.interval = m->parameters.interval,
		.sequence = m->sequence++,
		.mep_id = m->parameters.mep_id,
		.port_status = m->up ? CFM_PORT_UP : CFM_PORT_BLOCKED,
		.interface_status = m->parameters.interface_status ? CFM_INTERFACE_UP : CFM_INTERFACE_NONE,
	};
	memcpy(ccm->maid, m->parameters.maid, CFM_MAID);
}
