// Method "stp-tc": on release a BPDU that tells of a change of the topology, at the configured offsets. A bridge that
// runs the protocol forgets what it has learned: of all its other ports, and of all VLANs. Only the port that now
// forwards speaks: an RST BPDU from the old one would keep the wrong entries.
//
//   DA 01-80-C2-00-00-00, own MAC, length, LLC 42 42 03
//   TCN   protocol 0000, version 00, type 80                                    IEEE 802.1D-2004, 9.3.2
//   RST   protocol 0000, version 02, type 02, flags, root (8), cost (4), bridge (8), port (2), message age (2),
//         max age (2), hello time (2), forward delay (2), version 1 length 00   IEEE 802.1Q-2018, 14.3
//
// The RST BPDU has the role of a root port and the worst priority vector that there is: who gets it stays what it is.
#include <stdlib.h>

#include "ce_method.h"

#define FLAG_TC        0x01
#define FLAG_ROLE_ROOT 0x08

#define LLC      3
#define TCN_SIZE 4
#define RST_SIZE 36
#define ROOM     64

struct stp_tc {
	struct ce_port *port;
	struct ce_sent *sent;
	struct timer timer;
	uint64_t since_ms;
	uint16_t vid;
	uint8_t done; // offsets
	bool pending;
};

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static size_t put_rst(uint8_t *bpdu, const struct rte_ether_addr *own)
{
	memset(bpdu, 0, RST_SIZE);
	bpdu[2] = 2;
	bpdu[3] = 2;
	bpdu[4] = FLAG_TC | FLAG_ROLE_ROOT;
	put16(bpdu + 5, 0xffff);
	memcpy(bpdu + 7, own, sizeof(*own));
	memset(bpdu + 13, 0xff, 4);
	put16(bpdu + 17, 0xffff);
	memcpy(bpdu + 19, own, sizeof(*own));
	put16(bpdu + 25, 0xf001);
	// Units of 1/256 s: max age 20, hello time 2, forward delay 15.
	put16(bpdu + 29, 20 << 8);
	put16(bpdu + 31, 2 << 8);
	put16(bpdu + 33, 15 << 8);
	return RST_SIZE;
}

static int send_bpdu(struct stp_tc *stp)
{
	static const uint8_t to[RTE_ETHER_ADDR_LEN] = {0x01, 0x80, 0xc2, 0, 0, 0};
	static const uint8_t llc[LLC] = {0x42, 0x42, 0x03}, tcn[TCN_SIZE] = {0, 0, 0, 0x80};
	uint8_t frame[ROOM], *bpdu = frame + CE_HEADER + LLC;
	struct rte_ether_addr own;
	size_t size = TCN_SIZE;

	ce_own_address(stp->port->port, &own);
	memcpy(frame + CE_HEADER, llc, LLC);
	if (stp->port->config.stp_tc_rst)
		size = put_rst(bpdu, &own);
	else
		memcpy(bpdu, tcn, TCN_SIZE);
	return ce_send_untagged(stp->port, stp->sent, stp->vid, to, (uint16_t)(LLC + size), frame,
				CE_HEADER + LLC + size);
}

// Sends what is due, one frame at most: later ones say nothing new. Returns whether one was sent.
static bool run(struct stp_tc *stp)
{
	const struct ce_notification *config = &stp->port->config;
	uint64_t now = control_now_ms();
	bool due = false, sent = false;

	for (; stp->pending && stp->since_ms + config->stp_tc_offset_ms[stp->done] <= now; due = true)
		stp->pending = ++stp->done < config->stp_tc_offsets;
	if (due) {
		sent = send_bpdu(stp) == 0;
		port_inject_flush();
	}
	timer_disarm(&stp->timer);
	if (stp->pending) timer_arm(&stp->timer, stp->since_ms + config->stp_tc_offset_ms[stp->done]);
	return sent;
}

static void repeat(struct timer *timer)
{
	(void)run((struct stp_tc *)(void *)((uint8_t *)timer - offsetof(struct stp_tc, timer)));
}

static void stp_tc_changed(void *state, const struct ce_change *changes, unsigned count)
{
	struct stp_tc *stp = state;
	bool released = false, sent;

	for (unsigned i = 0; i < count && !released; i++) {
		released = !changes[i].blocked;
		if (released) stp->vid = changes[i].vid;
	}
	if (!released) return;
	stp->since_ms = control_now_ms();
	stp->done = 0;
	stp->pending = true;
	sent = run(stp);
	for (unsigned i = 0; i < count; i++)
		if (!changes[i].blocked) ce_report(&changes[i], ce_stp_tc.name, sent, sent ? stp->sent->last_ns : 0);
}

static void *stp_tc_open(struct ce_port *port, struct ce_sent *sent)
{
	struct stp_tc *stp = calloc(1, sizeof(*stp));

	if (stp == NULL) return NULL;
	stp->port = port;
	stp->sent = sent;
	stp->timer.run = repeat;
	return stp;
}

// Repeats under way end: their offsets may be others now.
static void stp_tc_configured(void *state)
{
	struct stp_tc *stp = state;

	stp->pending = false;
	timer_disarm(&stp->timer);
}

static void stp_tc_close(void *state)
{
	if (state == NULL) return;
	stp_tc_configured(state);
	free(state);
}

static bool stp_tc_enabled(const struct ce_notification *config)
{
	return config->stp_tc && config->stp_tc_offsets != 0;
}

const struct ce_method ce_stp_tc = {
	.name = "stp-tc",
	.open = stp_tc_open,
	.close = stp_tc_close,
	.enabled = stp_tc_enabled,
	.configured = stp_tc_configured,
	.changed = stp_tc_changed,
};
