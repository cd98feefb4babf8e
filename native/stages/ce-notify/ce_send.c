// Sending to a CE, and what is remembered of it.
#include <errno.h>

#include "../../main/clock.h"
#include "ce_method.h"

#define MIN_FRAME 60

int ce_inject(uint16_t port, const uint8_t *frame, size_t length)
{
	struct rte_mbuf *m = packet_alloc();
	char *room = m != NULL ? rte_pktmbuf_append(m, (uint16_t)length) : NULL;

	if (room == NULL) {
		rte_pktmbuf_free(m);
		return -ENOBUFS;
	}
	memcpy(room, frame, length);
	return port_inject(port, m);
}

int ce_send(struct ce_port *port, struct ce_sent *sent, uint16_t vid, const uint8_t *frame, size_t length)
{
	int result = ce_inject(port->port, frame, length);

	if (result == 0) {
		sent->frames++;
		sent->last_ns = clock_realtime_ns();
		sent->last_vid = vid;
	}
	return result;
}

int ce_send_untagged(struct ce_port *port, struct ce_sent *sent, uint16_t vid, const uint8_t to[RTE_ETHER_ADDR_LEN],
		     uint16_t type_or_length, uint8_t *frame, size_t length)
{
	struct rte_ether_addr own;
	int result;

	ce_own_address(port->port, &own);
	memcpy(frame, to, RTE_ETHER_ADDR_LEN);
	memcpy(frame + RTE_ETHER_ADDR_LEN, &own, RTE_ETHER_ADDR_LEN);
	frame[12] = (uint8_t)(type_or_length >> 8);
	frame[13] = (uint8_t)type_or_length;
	if (length < MIN_FRAME) {
		memset(frame + length, 0, MIN_FRAME - length);
		length = MIN_FRAME;
	}
	result = ce_send(port, sent, vid, frame, length);
	if (result != 0) sent->dropped++;
	return result;
}

bool ce_link_up(const struct ce_port *port)
{
	enum port_link link = port_link(port->port);

	return link != PORT_LINK_DOWN && link != PORT_LINK_NOT_PRESENT;
}

void ce_report(const struct ce_change *change, const char *method, uint32_t frames, uint64_t first_ns)
{
	struct block_change *event = change->event;

	if (event->method_count == BLOCK_CHANGE_METHODS) return;
	event->methods[event->method_count].method = method;
	event->methods[event->method_count].frames = frames;
	event->methods[event->method_count].first_sent_ns = first_ns;
	event->method_count++;
}

void ce_own_address(uint16_t port, struct rte_ether_addr *address)
{
	static struct rte_ether_addr made;

	port_address(port, address);
	if (!rte_is_zero_ether_addr(address)) return;
	// Rings and files have none: a local one, the same for the life of the engine, different for each port.
	if (rte_is_zero_ether_addr(&made)) rte_eth_random_addr(made.addr_bytes);
	*address = made;
	address->addr_bytes[5] ^= (uint8_t)port;
}
