#include "participant.h"

#include <errno.h>
#include <string.h>

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

// xorshift64: only spreads the LeaveAll times.
static uint64_t random_below(struct mrp_participant *mrp, uint64_t most)
{
	mrp->random ^= mrp->random << 13;
	mrp->random ^= mrp->random >> 7;
	mrp->random ^= mrp->random << 17;
	return mrp->random % most;
}

static void start_leave_all(struct mrp_participant *mrp, uint64_t now)
{
	mrp->leave_all_at = now + MRP_LEAVE_ALL_MS + random_below(mrp, MRP_LEAVE_ALL_MS / 2);
}

// ---------------------------------------------------------------- opportunities

// A change is told at once where the last opportunities allow, else JoinTime after the last one.
static void ask_to_transmit(struct mrp_participant *mrp, uint64_t now, bool at_once)
{
	uint64_t at = now, oldest = mrp->opportunity[MRP_OPPORTUNITIES - 1], last = mrp->opportunity[0];

	if (oldest != 0 && oldest + MRP_JOIN_MS * 3 / 2 > at) at = oldest + MRP_JOIN_MS * 3 / 2;
	if (!at_once && last != 0 && last + MRP_JOIN_MS > at) at = last + MRP_JOIN_MS;
	mrp->tx_at = earlier(mrp->tx_at, at);
}

// ---------------------------------------------------------------- machines

enum mrp_registrar mrp_registered(const struct mrp_participant *mrp, uint16_t vid)
{
	switch (mrp->registration) {
	case MRP_FIXED:
		return mrp->vlan[vid].known ? MRP_REGISTRAR_IN : MRP_REGISTRAR_MT;
	case MRP_FORBIDDEN:
		return MRP_REGISTRAR_MT;
	case MRP_NORMAL:
		break;
	}
	return (enum mrp_registrar)mrp->vlan[vid].registrar;
}

// An attribute that nobody declares has no machines: it neither answers a LeaveAll nor leaves.
static bool exists(const struct mrp_vlan *vlan)
{
	return vlan->known || vlan->applicant != MRP_VO || vlan->registrar != MRP_REGISTRAR_MT;
}

static enum mrp_send apply(struct mrp_participant *mrp, uint16_t vid, enum mrp_input input, uint64_t now, bool at_once)
{
	struct mrp_vlan *vlan = &mrp->vlan[vid];
	struct mrp_applicant_step step = mrp_applicant_step((enum mrp_applicant)vlan->applicant, input, true,
							    mrp_registered(mrp, vid) == MRP_REGISTRAR_IN);

	vlan->applicant = step.next;
	if (mrp->registration == MRP_NORMAL) {
		struct mrp_registrar_step registrar = mrp_registrar_step((enum mrp_registrar)vlan->registrar, input);

		vlan->registrar = registrar.next;
		if (registrar.timer == MRP_TIMER_START) {
			vlan->leave_at = now + MRP_LEAVE_MS;
			mrp->leave_next = earlier(mrp->leave_next, vlan->leave_at);
		}
	}
	if (mrp_applicant_anxious((enum mrp_applicant)vlan->applicant)) ask_to_transmit(mrp, now, at_once);
	return (enum mrp_send)step.send;
}

static void apply_to_all(struct mrp_participant *mrp, enum mrp_input input, uint64_t now)
{
	for (uint16_t vid = 1; vid < MRP_VIDS - 1; vid++)
		if (exists(&mrp->vlan[vid])) (void)apply(mrp, vid, input, now, false);
}

void mrp_start(struct mrp_participant *mrp, uint64_t now, uint64_t seed)
{
	enum mrp_registration registration = mrp->registration;
	bool periodic = mrp->periodic;

	memset(mrp, 0, sizeof(*mrp));
	mrp->registration = registration;
	mrp->periodic = periodic;
	mrp->running = true;
	mrp->random = seed | 1;
	mrp->tx_at = mrp->leave_next = MRP_NEVER;
	mrp->periodic_at = periodic ? now + MRP_PERIODIC_MS : MRP_NEVER;
	start_leave_all(mrp, now);
}

void mrp_stop(struct mrp_participant *mrp)
{
	mrp->running = false;
}

void mrp_request(struct mrp_participant *mrp, uint16_t vid, enum mrp_input request, uint64_t now)
{
	if (mrp->running) (void)apply(mrp, vid, request, now, request != MRP_REQUEST_JOIN);
}

void mrp_leave_again(struct mrp_participant *mrp, uint16_t vid, uint64_t now)
{
	if (!mrp->running) return;
	mrp->vlan[vid].leave_again = true;
	ask_to_transmit(mrp, now, true);
}

bool mrp_declares(const struct mrp_participant *mrp, uint16_t vid)
{
	switch ((enum mrp_applicant)mrp->vlan[vid].applicant) {
	case MRP_VP:
	case MRP_VN:
	case MRP_AN:
	case MRP_AA:
	case MRP_QA:
	case MRP_AP:
	case MRP_QP:
		return true;
	default:
		return false;
	}
}

// ---------------------------------------------------------------- receiving

struct receiving {
	struct mrp_participant *mrp;
	uint64_t now;
};

static void heard_value(void *ctx, const struct mvrp_value *value)
{
	struct receiving *receiving = ctx;
	struct mrp_participant *mrp = receiving->mrp;

	// Of VLANs that are not the port's, only a registrar that takes everything keeps anything.
	if (!exists(&mrp->vlan[value->vid]) && mrp->registration != MRP_NORMAL) return;
	(void)apply(mrp, value->vid, (enum mrp_input)(MRP_R_NEW + value->event), receiving->now, false);
}

static void heard_leave_all(void *ctx)
{
	struct receiving *receiving = ctx;
	struct mrp_participant *mrp = receiving->mrp;

	// Table 10-5: the peer's spares ours.
	mrp->leave_all = false;
	start_leave_all(mrp, receiving->now);
	apply_to_all(mrp, MRP_R_LA, receiving->now);
}

int mrp_receive(struct mrp_participant *mrp, const uint8_t *pdu, size_t length, uint64_t now)
{
	struct receiving receiving = {mrp, now};
	struct mvrp_reader reader = {.value = heard_value, .leave_all = heard_leave_all, .ctx = &receiving};

	return mrp->running ? mvrp_read(pdu, length, &reader) : 0;
}

// ---------------------------------------------------------------- time and sending

static void run_leave_timers(struct mrp_participant *mrp, uint64_t now)
{
	uint64_t next = MRP_NEVER;

	for (uint16_t vid = 1; vid < MRP_VIDS - 1; vid++) {
		struct mrp_vlan *vlan = &mrp->vlan[vid];

		if (vlan->registrar != MRP_REGISTRAR_LV) continue;
		if (vlan->leave_at <= now)
			(void)apply(mrp, vid, MRP_LEAVE_TIMER, now, false);
		else
			next = earlier(next, vlan->leave_at);
	}
	mrp->leave_next = next;
}

void mrp_run(struct mrp_participant *mrp, uint64_t now)
{
	if (!mrp->running) return;
	if (mrp->leave_next <= now) run_leave_timers(mrp, now);
	if (mrp->periodic_at <= now) {
		mrp->periodic_at = now + MRP_PERIODIC_MS;
		apply_to_all(mrp, MRP_PERIODIC, now);
	}
	if (mrp->leave_all_at <= now) {
		start_leave_all(mrp, now);
		mrp->leave_all = true;
		ask_to_transmit(mrp, now, false);
	}
}

// The event that the send action stands for; false: nothing goes.
static bool event_of(const struct mrp_participant *mrp, uint16_t vid, enum mrp_send send, uint8_t *event)
{
	bool in = mrp_registered(mrp, vid) == MRP_REGISTRAR_IN;

	switch (send) {
	case MRP_SEND_NEW:
		*event = MRP_NEW;
		return true;
	case MRP_SEND_JOIN:
		*event = in ? MRP_JOIN_IN : MRP_JOIN_MT;
		return true;
	case MRP_SEND_LV:
		*event = MRP_LV;
		return true;
	case MRP_SEND_STATE:
		*event = in ? MRP_IN : MRP_MT;
		return true;
	default:
		return false;
	}
}

bool mrp_transmit(struct mrp_participant *mrp, uint64_t now, struct mvrp_value *values, size_t *count, bool *leave_all)
{
	enum mrp_input input = mrp->leave_all ? MRP_TX_LA : MRP_TX;

	*count = 0;
	*leave_all = mrp->leave_all;
	if (!mrp->running || mrp->tx_at > now) return false;
	mrp->tx_at = MRP_NEVER;
	memmove(mrp->opportunity + 1, mrp->opportunity, sizeof(mrp->opportunity) - sizeof(mrp->opportunity[0]));
	mrp->opportunity[0] = now;
	mrp->leave_all = false;
	for (uint16_t vid = 1; vid < MRP_VIDS - 1; vid++) {
		struct mrp_vlan *vlan = &mrp->vlan[vid];
		bool leave_again = vlan->leave_again && !mrp_declares(mrp, vid);
		enum mrp_send send;
		uint8_t event = MRP_LV;

		vlan->leave_again = false;
		if (!leave_again && !exists(vlan)) continue;
		vlan->before = vlan->applicant;
		send = apply(mrp, vid, input, now, false);
		if (event_of(mrp, vid, send, &event) || leave_again)
			values[(*count)++] = (struct mvrp_value){vid, leave_again ? MRP_LV : event};
	}
	return *count != 0 || *leave_all;
}

void mrp_unsent(struct mrp_participant *mrp, const struct mvrp_value *values, size_t count, bool leave_all,
		uint64_t now)
{
	for (size_t i = 0; i < count; i++) {
		struct mrp_vlan *vlan = &mrp->vlan[values[i].vid];

		vlan->applicant = vlan->before;
		vlan->leave_again = values[i].event == MRP_LV && vlan->applicant != MRP_LA;
	}
	mrp->leave_all = mrp->leave_all || leave_all;
	ask_to_transmit(mrp, now, false);
}

uint64_t mrp_next(const struct mrp_participant *mrp)
{
	if (!mrp->running) return MRP_NEVER;
	return earlier(earlier(mrp->tx_at, mrp->leave_all_at), earlier(mrp->periodic_at, mrp->leave_next));
}
