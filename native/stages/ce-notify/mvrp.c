// Method "mvrp": the port's MRP participant (../mrp). The VLANs that the port forwards are declared; New goes for each
// released VLAN and Lv for each blocked one, both asked for again at the configured offsets.
//
// VLANs that are due at the same time share PDUs. A later change of a VLAN takes the place of its pending repeats.
#include <errno.h>
#include <stdlib.h>

#include <rte_random.h>

#include "../mrp/participant.h"
#include "ce_in.h"
#include "ce_mvrp.h"
#include "ce_vlans.h"

#define TYPE_MVRP 0x88f5
// Fits any port: the PDU is at most 1,500 bytes.
#define MAX_FRAME (CE_HEADER + 1500)

// A change that is asked for again.
struct repeat {
	uint64_t since_ms; // of the change
	uint8_t sent;      // offsets done
	bool blocked;
	bool pending;
};

struct mvrp {
	struct ce_port *port;
	struct ce_sent *sent;
	struct timer timer;
	struct mrp_participant mrp;
	bool provider_address; // that the participant began with
	struct repeat repeat[MRP_VIDS];
};

static struct mvrp *of_timer(struct timer *timer)
{
	return (struct mvrp *)(void *)((uint8_t *)timer - offsetof(struct mvrp, timer));
}

// ---------------------------------------------------------------- frames

// Sends the values in as few frames as they need. Returns the frames; *first_ns gets the time of the first.
static uint32_t send_values(struct mvrp *mvrp, const struct mvrp_value *values, size_t count, bool leave_all,
			    uint64_t *first_ns)
{
	static const uint8_t customer[RTE_ETHER_ADDR_LEN] = {0x01, 0x80, 0xc2, 0, 0, 0x21};
	static const uint8_t provider[RTE_ETHER_ADDR_LEN] = {0x01, 0x80, 0xc2, 0, 0, 0x0d};
	uint8_t frame[MAX_FRAME];
	uint32_t frames = 0;
	size_t done = 0, taken;

	do {
		size_t length = CE_HEADER + mvrp_encode(values + done, count - done, leave_all, frame + CE_HEADER,
							MAX_FRAME - CE_HEADER, &taken);

		if (ce_send_untagged(mvrp->port, mvrp->sent, count != 0 ? values[done].vid : mvrp->sent->last_vid,
				     mvrp->provider_address ? provider : customer, TYPE_MVRP, frame, length) != 0) {
			mrp_unsent(&mvrp->mrp, values + done, count - done, leave_all, control_now_ms());
			break;
		}
		if (frames++ == 0) *first_ns = mvrp->sent->last_ns;
		leave_all = false;
		done += taken;
	} while (done < count);
	port_inject_flush();
	return frames;
}

// ---------------------------------------------------------------- time

static void ask(struct mvrp *mvrp, uint16_t vid, bool blocked, uint64_t now)
{
	if (!blocked) {
		mrp_request(&mvrp->mrp, vid, MRP_REQUEST_NEW, now);
		return;
	}
	mrp_request(&mvrp->mrp, vid, MRP_REQUEST_LV, now);
	// The CE may know the VLAN from before this participant.
	if (mvrp->mrp.vlan[vid].applicant != MRP_LA) mrp_leave_again(&mvrp->mrp, vid, now);
}

// Asks for what is due. Returns when there is more.
static uint64_t run_repeats(struct mvrp *mvrp, uint64_t now)
{
	const struct ce_notification *config = &mvrp->port->config;
	uint64_t next = MRP_NEVER;

	for (uint16_t vid = 1; vid < MRP_VIDS - 1; vid++) {
		struct repeat *repeat = &mvrp->repeat[vid];

		if (!repeat->pending) continue;
		if (repeat->since_ms + config->mvrp_offset_ms[repeat->sent] <= now) {
			ask(mvrp, vid, repeat->blocked, now);
			repeat->pending = ++repeat->sent < config->mvrp_offsets;
		}
		if (repeat->pending) next = RTE_MIN(next, repeat->since_ms + config->mvrp_offset_ms[repeat->sent]);
	}
	return next;
}

// Runs what is due and arms the timer for the next. Returns the frames sent; *first_ns gets the time of the first.
static uint32_t run(struct mvrp *mvrp, uint64_t *first_ns)
{
	static struct mvrp_value values[MRP_VIDS]; // of this thread alone
	uint64_t now = control_now_ms(), next = run_repeats(mvrp, now);
	uint32_t frames = 0;
	size_t count;
	bool leave_all;

	*first_ns = 0;
	if (mvrp->mrp.running && ce_link_up(mvrp->port)) {
		mrp_run(&mvrp->mrp, now);
		if (mrp_transmit(&mvrp->mrp, now, values, &count, &leave_all))
			frames = send_values(mvrp, values, count, leave_all, first_ns);
		next = RTE_MIN(next, mrp_next(&mvrp->mrp));
	}
	timer_disarm(&mvrp->timer);
	if (next != MRP_NEVER) timer_arm(&mvrp->timer, RTE_MAX(next, now + 1));
	return frames;
}

static void run_due(struct timer *timer)
{
	uint64_t first_ns;

	(void)run(of_timer(timer), &first_ns);
}

// ---------------------------------------------------------------- VLANs

// Declares what the port forwards, withdraws the rest.
static void follow(struct mvrp *mvrp, const struct ce_vlans *vlans)
{
	uint64_t now = control_now_ms();

	for (uint16_t vid = 1; vid < MRP_VIDS - 1; vid++) {
		const struct repeat *repeat = &mvrp->repeat[vid];
		bool forwards = ce_vlans_test(vlans->forwards, vid), declares = mrp_declares(&mvrp->mrp, vid);

		mvrp->mrp.vlan[vid].known = ce_vlans_test(vlans->has, vid);
		// Of a change whose time has not come nothing is said before.
		if (repeat->pending && repeat->sent == 0) continue;
		if (forwards && !declares) mrp_request(&mvrp->mrp, vid, MRP_REQUEST_JOIN, now);
		if (!forwards && declares) mrp_request(&mvrp->mrp, vid, MRP_REQUEST_LV, now);
	}
}

static void mvrp_vlans(void *state)
{
	struct mvrp *mvrp = state;
	struct ce_vlans vlans;
	uint64_t first_ns;

	if (!mvrp->mrp.running) return;
	ce_vlans_of(mvrp->port->port, &vlans);
	follow(mvrp, &vlans);
	(void)run(mvrp, &first_ns);
}

static void begin(struct mvrp *mvrp)
{
	const struct ce_notification *config = &mvrp->port->config;

	mvrp->provider_address = config->mvrp_provider_address;
	mvrp->mrp.registration = (enum mrp_registration)config->mvrp_registration;
	mvrp->mrp.periodic = config->mvrp_periodic;
	mrp_start(&mvrp->mrp, control_now_ms(), rte_rand());
	mvrp_vlans(mvrp);
}

static void mvrp_changed(void *state, const struct ce_change *changes, unsigned count)
{
	struct mvrp *mvrp = state;
	struct ce_vlans vlans;
	uint64_t first_ns;
	uint32_t frames;

	ce_vlans_of(mvrp->port->port, &vlans);
	for (unsigned i = 0; i < count; i++)
		// Untagged frames have no VID to declare, and what the port does not have is none of its VLANs.
		if (changes[i].vid != 0 && (changes[i].blocked || ce_vlans_test(vlans.has, changes[i].vid)))
			mvrp->repeat[changes[i].vid] = (struct repeat){
				.since_ms = control_now_ms(),
				.blocked = changes[i].blocked,
				.pending = true,
			};
	follow(mvrp, &vlans);
	frames = run(mvrp, &first_ns);
	if (!ce_link_up(mvrp->port)) mvrp->sent->dropped++;
	for (unsigned i = 0; i < count; i++)
		if (mvrp->repeat[changes[i].vid].pending || mvrp->repeat[changes[i].vid].sent != 0)
			ce_report(&changes[i], ce_mvrp.name, frames != 0 ? 1 : 0, first_ns);
}

// A peer that was away has forgotten what was declared: everything anew.
static void mvrp_link(void *state)
{
	struct mvrp *mvrp = state;

	if (mvrp->mrp.running && ce_link_up(mvrp->port)) begin(mvrp);
}

static void mvrp_received(void *state, const uint8_t *frame, size_t length)
{
	struct mvrp *mvrp = state;
	uint64_t first_ns;

	if (mrp_receive(&mvrp->mrp, frame + CE_HEADER, length - CE_HEADER, control_now_ms()) != 0)
		mvrp->sent->refused++;
	(void)run(mvrp, &first_ns);
}

// ---------------------------------------------------------------- life

static void *mvrp_open(struct ce_port *port, struct ce_sent *sent)
{
	struct mvrp *mvrp = calloc(1, sizeof(*mvrp));

	if (mvrp != NULL) {
		mvrp->port = port;
		mvrp->sent = sent;
		mvrp->timer.run = run_due;
	}
	return mvrp;
}

static void mvrp_close(void *state)
{
	struct mvrp *mvrp = state;

	if (mvrp == NULL) return;
	timer_disarm(&mvrp->timer);
	free(mvrp);
}

static bool mvrp_enabled(const struct ce_notification *config)
{
	return config->mvrp && config->mvrp_offsets != 0;
}

// Withdraws all: a CE would else wait for a LeaveAll until it forgets.
static void end(struct mvrp *mvrp)
{
	static const struct ce_vlans none;
	uint64_t first_ns;

	// The opportunity that this takes is the last one.
	memset(mvrp->mrp.opportunity, 0, sizeof(mvrp->mrp.opportunity));
	follow(mvrp, &none);
	(void)run(mvrp, &first_ns);
	mrp_stop(&mvrp->mrp);
	timer_disarm(&mvrp->timer);
}

static void mvrp_configured(void *state)
{
	struct mvrp *mvrp = state;
	const struct ce_notification *config = &mvrp->port->config;
	bool enabled = mvrp_enabled(config);
	bool same = enabled && mvrp->mrp.running && mvrp->provider_address == config->mvrp_provider_address &&
		    mvrp->mrp.registration == (enum mrp_registration)config->mvrp_registration &&
		    mvrp->mrp.periodic == config->mvrp_periodic;

	// Repeats under way end: their offsets may be others now.
	for (unsigned vid = 0; vid < MRP_VIDS; vid++)
		mvrp->repeat[vid] = (struct repeat){0};
	if (same) return;
	if (mvrp->mrp.running) end(mvrp);
	if (enabled) begin(mvrp);
}

static uint8_t mvrp_takes(const struct ce_notification *config)
{
	if (!mvrp_enabled(config)) return CE_IN_NONE;
	return config->mvrp_provider_address ? CE_IN_MVRP_PROVIDER : CE_IN_MVRP;
}

bool ce_mvrp_next(const void *state, struct ce_mvrp_row *row)
{
	const struct mvrp *mvrp = state;

	while (mvrp != NULL && mvrp->mrp.running && ++row->vid < MRP_VIDS - 1) {
		const struct mrp_vlan *vlan = &mvrp->mrp.vlan[row->vid];

		row->applicant = vlan->applicant;
		row->registrar = (uint8_t)mrp_registered(&mvrp->mrp, row->vid);
		if (vlan->known || row->applicant != MRP_VO || row->registrar != MRP_REGISTRAR_MT) return true;
	}
	return false;
}

const struct ce_method ce_mvrp = {
	.name = "mvrp",
	.open = mvrp_open,
	.close = mvrp_close,
	.enabled = mvrp_enabled,
	.configured = mvrp_configured,
	.changed = mvrp_changed,
	.vlans = mvrp_vlans,
	.takes = mvrp_takes,
	.received = mvrp_received,
	.link = mvrp_link,
};
