#include "mirror.h"

#include <errno.h>

#include "../main/buffers.h"
#include "../stages/classify/tag_map.h"
#include "../stages/count.h"
#include "../stages/punt/observer.h"

// Copies that are on their way at once; a chain takes several.
#define COPIES 4095

static struct rte_mempool *pool;

int mirror_start(void)
{
	if (pool == NULL) pool = buffers_pool_for_device("mirror", COPIES);
	return pool != NULL ? 0 : -ENOMEM;
}

static void send_copies(struct worker *worker, const struct mirror_entry *entry, struct rte_mbuf **copies, uint16_t n)
{
	const struct port *to = dataplane_port(worker->dataplane, entry->destination);
	struct mirror_counters *counters = &entry->counters[worker->index];
	uint16_t sent = 0;

	if (to != NULL && to->enabled && port_can_transmit(to)) {
		struct counters *out = &to->counters[worker->index];

		for (uint16_t i = 0; i < n; i++)
			count_out(out, rte_pktmbuf_mtod(copies[i], const uint8_t *), copies[i]->pkt_len, 1);
		sent = port_transmit(worker, to, copies, n);
		for (uint16_t i = sent; i < n; i++)
			count_out(out, rte_pktmbuf_mtod(copies[i], const uint8_t *), copies[i]->pkt_len, -1);
	}
	counters->copied += sent;
	counters->dropped += n - sent;
	if (sent < n) rte_pktmbuf_free_bulk(copies + sent, n - sent);
}

static bool received_by(const struct port *port, const struct rte_mbuf *m, uint32_t logical_port)
{
	struct frame_tags tags;

	return frame_tags_parse(rte_pktmbuf_mtod(m, const uint8_t *), m->data_len, &tags) == 0 &&
	       tag_map_lookup(port->tags, &tags) == logical_port;
}

static void copy(struct worker *worker, const struct port *port, const struct mirror_entry *entry, bool egress,
		 struct rte_mbuf **packets, uint16_t n)
{
	struct rte_mbuf *copies[MAX_BURST];
	uint16_t count = 0;

	for (uint16_t i = 0; i < n && i < MAX_BURST; i++) {
		struct rte_mbuf *m = packets[i];

		if (entry->logical_port != 0 && (egress ? packet_meta(m)->egress != entry->logical_port
							: !received_by(port, m, entry->logical_port)))
			continue;
		if (entry->observer != NULL) {
			observer_see(worker, entry->observer, m);
			continue;
		}
		copies[count] = rte_pktmbuf_copy(m, pool, 0, UINT32_MAX);
		if (unlikely(copies[count] == NULL)) {
			entry->counters[worker->index].dropped++;
			continue;
		}
		*packet_meta(copies[count]) = (struct packet_meta){.egress_port = entry->destination};
		count++;
	}
	if (count != 0) send_copies(worker, entry, copies, count);
}

void mirror_received(struct worker *worker, const struct port *port, struct rte_mbuf **packets, uint16_t n)
{
	for (unsigned i = 0; i < port->mirrors->count; i++)
		if (port->mirrors->entry[i].ingress) copy(worker, port, &port->mirrors->entry[i], false, packets, n);
}

void mirror_sent(struct worker *worker, const struct port *port, struct rte_mbuf **packets, uint16_t n)
{
	for (unsigned i = 0; i < port->mirrors->count; i++)
		if (port->mirrors->entry[i].egress) copy(worker, port, &port->mirrors->entry[i], true, packets, n);
}
