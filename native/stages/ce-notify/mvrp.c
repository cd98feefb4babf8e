// Method "mvrp": New for each released VLAN and Lv for each blocked one, repeated at the configured offsets.
//
// VLANs that are due at the same time share PDUs. A later change of a VLAN takes the place of its pending repeats.
#include <errno.h>
#include <stdlib.h>

#include "ce_method.h"
#include "mvrp_pdu.h"

#define VIDS      4096
#define TYPE_MVRP 0x88f5
#define HEADER    RTE_ETHER_HDR_LEN
// Fits any port: the PDU is at most 1,500 bytes.
#define MAX_FRAME (HEADER + 1500)
#define MIN_FRAME 60

struct vlan {
	uint64_t since_ms; // of the change
	uint8_t event;
	uint8_t sent; // offsets done
	bool pending;
};

struct mvrp {
	struct ce_port *port;
	struct ce_sent *sent;
	struct timer timer; // the next repeat
	struct vlan vlan[VIDS];
};

static struct mvrp *of_timer(struct timer *timer)
{
	return (struct mvrp *)(void *)((uint8_t *)timer - offsetof(struct mvrp, timer));
}

static size_t put_header(const struct ce_port *port, uint8_t *frame)
{
	static const uint8_t customer[RTE_ETHER_ADDR_LEN] = {0x01, 0x80, 0xc2, 0, 0, 0x21};
	static const uint8_t provider[RTE_ETHER_ADDR_LEN] = {0x01, 0x80, 0xc2, 0, 0, 0x0d};
	struct rte_ether_addr own;

	ce_own_address(port->port, &own);
	memcpy(frame, port->config.mvrp_provider_address ? provider : customer, RTE_ETHER_ADDR_LEN);
	memcpy(frame + RTE_ETHER_ADDR_LEN, &own, RTE_ETHER_ADDR_LEN);
	frame[12] = TYPE_MVRP >> 8;
	frame[13] = TYPE_MVRP & 0xff;
	return HEADER;
}

// Sends the values in as few frames as they need. Returns the frames; *first_ns gets the time of the first.
static uint32_t send_values(struct mvrp *mvrp, const struct mvrp_value *values, size_t count, uint64_t *first_ns)
{
	struct ce_sent *sent = mvrp->sent;
	uint8_t frame[MAX_FRAME];
	uint32_t frames = 0;

	*first_ns = 0;
	for (size_t done = 0, taken; done < count; done += taken) {
		size_t header = put_header(mvrp->port, frame);
		size_t length =
			header + mvrp_encode(values + done, count - done, frame + header, MAX_FRAME - header, &taken);

		if (length < MIN_FRAME) {
			memset(frame + length, 0, MIN_FRAME - length);
			length = MIN_FRAME;
		}
		if (ce_send(mvrp->port, sent, values[done].vid, frame, length) != 0) {
			sent->dropped++;
			continue;
		}
		if (frames++ == 0) *first_ns = sent->last_ns;
	}
	port_inject_flush();
	return frames;
}

// Sends all that is due and arms the timer for the next. Returns the frames; *first_ns as above.
static uint32_t send_due(struct mvrp *mvrp, uint64_t *first_ns)
{
	const struct ce_notification *config = &mvrp->port->config;
	struct mvrp_value values[VIDS];
	uint64_t now = control_now_ms(), next = UINT64_MAX;
	size_t count = 0;
	uint32_t frames;

	for (uint16_t vid = 1; vid < VIDS; vid++) {
		struct vlan *vlan = &mvrp->vlan[vid];

		if (!vlan->pending) continue;
		if (vlan->since_ms + config->mvrp_offset_ms[vlan->sent] <= now) {
			values[count++] = (struct mvrp_value){vid, vlan->event};
			vlan->pending = ++vlan->sent < config->mvrp_offsets;
		}
		if (vlan->pending) next = RTE_MIN(next, vlan->since_ms + config->mvrp_offset_ms[vlan->sent]);
	}
	frames = send_values(mvrp, values, count, first_ns);
	timer_disarm(&mvrp->timer);
	if (next != UINT64_MAX) timer_arm(&mvrp->timer, RTE_MAX(next, now + 1));
	return frames;
}

static void repeat(struct timer *timer)
{
	uint64_t first_ns;

	send_due(of_timer(timer), &first_ns);
}

static void *mvrp_open(struct ce_port *port, struct ce_sent *sent)
{
	struct mvrp *mvrp = calloc(1, sizeof(*mvrp));

	if (mvrp != NULL) {
		mvrp->port = port;
		mvrp->sent = sent;
		mvrp->timer.run = repeat;
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

// Repeats under way end: their offsets may be others now.
static void mvrp_configured(void *state)
{
	struct mvrp *mvrp = state;

	timer_disarm(&mvrp->timer);
	for (unsigned vid = 0; vid < VIDS; vid++)
		mvrp->vlan[vid].pending = false;
}

static void mvrp_changed(void *state, const struct ce_change *changes, unsigned count)
{
	struct mvrp *mvrp = state;
	uint64_t first_ns;
	uint32_t frames;

	for (unsigned i = 0; i < count; i++)
		// Untagged frames have no VID to declare.
		if (changes[i].vid != 0)
			mvrp->vlan[changes[i].vid] = (struct vlan){
				.since_ms = control_now_ms(),
				.event = changes[i].blocked ? MRP_LV : MRP_NEW,
				.pending = true,
			};
	frames = send_due(mvrp, &first_ns);
	for (unsigned i = 0; i < count; i++)
		if (changes[i].vid != 0) ce_report(&changes[i], ce_mvrp.name, frames != 0 ? 1 : 0, first_ns);
}

const struct ce_method ce_mvrp = {
	.name = "mvrp",
	.open = mvrp_open,
	.close = mvrp_close,
	.enabled = mvrp_enabled,
	.configured = mvrp_configured,
	.changed = mvrp_changed,
};
