#include "send.h"

#include <string.h>

static int out = -1;

int send_start(void)
{
	out = inject_edge("l3-out");
	return out < 0 ? out : 0;
}

struct rte_mbuf *frame_new(const struct l3_interface *interface, const struct rte_ether_addr *destination,
			   const struct rte_ether_addr *source, uint16_t type, uint32_t size, uint8_t **payload)
{
	const struct logical_port *lp = dataplane_logical_port(dataplane_current(), interface->logical_port);
	unsigned tags = lp != NULL ? lp->matches : 0;
	uint32_t header = RTE_ETHER_HDR_LEN + 4 * tags;
	struct rte_mbuf *m = packet_alloc();
	uint8_t *at = m != NULL ? (uint8_t *)rte_pktmbuf_append(m, (uint16_t)(header + size)) : NULL;

	if (at == NULL) {
		rte_pktmbuf_free(m);
		return NULL;
	}
	*packet_meta(m) = (struct packet_meta){
		.flags = PACKET_ROUTER,
		.egress_interface = (uint16_t)interface->id,
		.egress_port = lp != NULL ? lp->port : 0,
		.egress = lp != NULL ? lp->id : 0,
		.egress_vid = tags != 0 ? lp->match[0].vid : 0,
		.l3_offset = (uint8_t)header,
	};
	memcpy(at, destination, RTE_ETHER_ADDR_LEN);
	memcpy(at + RTE_ETHER_ADDR_LEN, source, RTE_ETHER_ADDR_LEN);
	at += 2 * RTE_ETHER_ADDR_LEN;
	for (unsigned i = 0; i < tags; i++, at += 4) {
		at[0] = (uint8_t)(lp->match[i].tpid >> 8);
		at[1] = (uint8_t)lp->match[i].tpid;
		at[2] = (uint8_t)(lp->match[i].vid >> 8);
		at[3] = (uint8_t)lp->match[i].vid;
	}
	at[0] = (uint8_t)(type >> 8);
	at[1] = (uint8_t)type;
	*payload = at + 2;
	return m;
}

void frame_send(struct rte_mbuf *m)
{
	packet_inject(m, out, packet_meta(m)->egress_interface);
}

void send_arp(const struct l3_interface *interface, const struct arp *arp, const struct rte_ether_addr *destination)
{
	uint8_t *payload;
	struct rte_mbuf *m =
		frame_new(interface, destination, &arp->sender_mac, RTE_ETHER_TYPE_ARP, ARP_SIZE, &payload);

	if (m == NULL) return;
	arp_write(arp, payload);
	frame_send(m);
}

void send_nd(const struct l3_interface *interface, const struct nd *nd, const struct rte_ether_addr *destination,
	     const struct rte_ether_addr *source)
{
	uint8_t packet[ND_SIZE], *payload;
	uint32_t length = nd_write(nd, packet);
	struct rte_mbuf *m = frame_new(interface, destination, source, RTE_ETHER_TYPE_IPV6, length, &payload);

	if (m == NULL) return;
	memcpy(payload, packet, length);
	frame_send(m);
}
