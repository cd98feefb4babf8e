// A PDU as a frame of the MEP's VLAN, past all blocks, to the wire.
#include <errno.h>
#include <string.h>

#include "../../main/buffers.h"
#include "cfm.h"

#define LEAST_FRAME 60 // without FCS

static int to_tx = -1;

int cfm_send_start(void)
{
	to_tx = inject_edge("tx");
	return to_tx < 0 ? to_tx : 0;
}

void cfm_mac(const struct cfm_mep *mep, uint8_t mac[6])
{
	uint64_t value = atomic_load_explicit(&mep->mac, memory_order_relaxed);

	memcpy(mac, &value, 6);
}

static uint8_t *put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
	return at + 2;
}

int cfm_send(const struct cfm_mep *mep, const uint8_t destination[6], uint8_t priority, const uint8_t *pdu,
	     uint32_t length)
{
	static uint8_t frame[RTE_ETHER_HDR_LEN + 4 + CFM_TEST_LONGEST]; // one taker at a time, as of the pool
	const struct cfm_settings *s = &mep->settings;
	struct rte_mbuf *m;
	uint8_t *at = frame;

	if (!mep->link_up) return -ENETDOWN;
	memcpy(at, destination, 6);
	cfm_mac(mep, at + 6);
	at += 12;
	if (s->tpid != 0) at = put16(put16(at, s->tpid), (uint32_t)priority << 12 | s->vid);
	at = put16(at, CFM_TYPE);
	memcpy(at, pdu, length);
	at += length;
	if (at - frame < LEAST_FRAME) {
		memset(at, 0, (size_t)(LEAST_FRAME - (at - frame)));
		at = frame + LEAST_FRAME;
	}
	m = buffers_packet(buffers_urgent_pool(), frame, (uint32_t)(at - frame));
	if (m == NULL) return -ENOBUFS;
	*packet_meta(m) = (struct packet_meta){.egress_port = s->port, .flags = PACKET_INJECTED};
	return packet_inject_from_thread(m, to_tx, s->port);
}
