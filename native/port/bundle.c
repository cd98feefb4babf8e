#include "bundle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../stages/count.h"
#include "flow_hash.h"

struct bundle_table {
	uint16_t place[BUNDLE_PLACES]; // port id; 0: none
};

struct bundle_device {
	struct device device;
	struct bundle_table *table; // swung under RCU, never NULL
	bool up;
	uint32_t speed_mbps;
};

static struct bundle_device *bundle_of(struct device *device)
{
	return (struct bundle_device *)device;
}

static int bundle_open(const struct device_spec *spec, struct device **out, struct device_error *error)
{
	struct bundle_device *it = aligned_alloc(RTE_CACHE_LINE_SIZE, RTE_ALIGN_CEIL(sizeof(*it), RTE_CACHE_LINE_SIZE));

	if (it == NULL) return -ENOMEM;
	memset(it, 0, sizeof(*it));
	it->table = calloc(1, sizeof(*it->table));
	if (it->table == NULL) {
		free(it);
		return -ENOMEM;
	}
	device_init(&it->device, &device_bundle, 0, MAX_WORKERS);
	*out = &it->device;
	return 0;
}

static void bundle_close(struct device *device)
{
	if (device == NULL) return;
	free(bundle_of(device)->table);
	free(device);
}

void bundle_set_links(struct port_io *io, const uint16_t *ports, unsigned count, bool up, uint32_t speed_mbps)
{
	struct bundle_device *it = bundle_of(io->device);
	struct bundle_table *old = it->table, *table = malloc(sizeof(*table));
	bool told = it->up == up && it->speed_mbps == speed_mbps;

	it->up = up;
	it->speed_mbps = speed_mbps;
	if (!told) device_changed();
	// Without memory it stays as it is: frames to a link that is gone are lost at that link.
	if (table == NULL) return;
	*table = *old;
	bundle_spread(table->place, ports, up ? count : 0);
	if (memcmp(table, old, sizeof(*table)) == 0) {
		free(table);
		return;
	}
	__atomic_store_n(&it->table, table, __ATOMIC_RELEASE);
	workers_synchronize();
	free(old);
}

static uint16_t bundle_receive(struct device *device, unsigned queue, struct worker *worker, struct rte_mbuf **packets,
			       uint16_t n)
{
	return 0;
}

// Sends a burst through one link; what the link does not take is put behind `left`. Returns how many are left then.
static uint16_t send_by(struct worker *worker, uint16_t id, struct rte_mbuf **burst, uint16_t count,
			struct rte_mbuf **unsent, uint16_t left)
{
	const struct port *port = dataplane_port(worker->dataplane, id);
	uint16_t sent = 0;

	if (likely(port != NULL)) {
		struct counters *counters = &port->counters[worker->index];

		for (uint16_t i = 0; i < count; i++)
			count_out(counters, rte_pktmbuf_mtod(burst[i], const uint8_t *), burst[i]->pkt_len, 1);
		sent = port_transmit(worker, port, burst, count);
		for (uint16_t i = sent; i < count; i++)
			count_out(counters, rte_pktmbuf_mtod(burst[i], const uint8_t *), burst[i]->pkt_len, -1);
	}
	for (uint16_t i = sent; i < count; i++)
		unsent[left++] = burst[i];
	return left;
}

static uint16_t bundle_transmit(struct device *device, unsigned queue, struct worker *worker, struct rte_mbuf **packets,
				uint16_t n)
{
	const struct bundle_table *table = __atomic_load_n(&bundle_of(device)->table, __ATOMIC_ACQUIRE);
	struct rte_mbuf *burst[MAX_BURST], *unsent[MAX_BURST];
	uint16_t link[MAX_BURST], rest = RTE_MIN(n, MAX_BURST), all = rest, left = 0;

	for (uint16_t i = 0; i < rest; i++)
		link[i] = table->place[flow_hash(packets[i]) % BUNDLE_PLACES];
	while (rest != 0) {
		uint16_t id = link[0], count = 0, others = 0;

		for (uint16_t i = 0; i < rest; i++) {
			if (link[i] == id) {
				burst[count++] = packets[i];
				continue;
			}
			link[others] = link[i];
			packets[others++] = packets[i];
		}
		rest = others;
		left = send_by(worker, id, burst, count, unsent, left);
	}
	// Those that are done with come first in the caller's array.
	memcpy(packets + (all - left), unsent, left * sizeof(*packets));
	return (uint16_t)(all - left);
}

static int bundle_look(struct device *device, struct device_link *link)
{
	link->up = bundle_of(device)->up;
	link->speed_mbps = bundle_of(device)->speed_mbps;
	return 0;
}

const struct device_kind device_bundle = {
	.name = "bundle",
	.largest_mtu = 9216,
	.open = bundle_open,
	.close = bundle_close,
	.receive = bundle_receive,
	.transmit = bundle_transmit,
	.look = bundle_look,
};
