#include "device.h"

#include <rte_mbuf.h>

const struct device_kind *device_kind(enum device_type type)
{
	switch (type) {
	case DEVICE_AF_PACKET:
		return &device_af_packet;
	case DEVICE_AF_XDP:
		return &device_af_xdp;
	case DEVICE_RING:
		return &device_ring;
	case DEVICE_PCAP:
		return &device_pcap;
	case DEVICE_MEMORY:
		return &device_memory;
	case DEVICE_MEMIF:
		return &device_memif;
	case DEVICE_VHOST_USER:
		return &device_vhost_user;
	case DEVICE_VIRTIO_USER:
		return &device_virtio_user;
	case DEVICE_PCI:
		return &device_pci;
	case DEVICE_BUNDLE:
		return &device_bundle;
	}
	return NULL;
}

void device_init(struct device *device, const struct device_kind *kind, unsigned rx_queues, unsigned tx_queues)
{
	static unsigned next_worker;

	device->kind = kind;
	device->rx_queues = rx_queues;
	device->tx_queues = tx_queues;
	device->first_worker = rx_queues < worker_count ? next_worker++ % worker_count : 0;
	for (unsigned i = 0; i < MAX_WORKERS; i++) {
		device->queues[i] = (struct device_queue){.wait = {.fd = -1}};
		rte_spinlock_init(&device->queues[i].transmit_lock);
	}
}

struct rte_mbuf *device_own_copy(const struct worker *worker, struct rte_mbuf *m)
{
	bool foreign = false;

	for (const struct rte_mbuf *part = m; part != NULL; part = part->next)
		foreign = foreign || RTE_MBUF_CLONED(part) ||
			  (part->pool != worker->packets && part->pool != worker->headers);
	if (likely(!foreign)) return m;
	struct rte_mbuf *copy = rte_pktmbuf_copy(m, worker->packets, 0, UINT32_MAX);
	if (copy != NULL) *packet_meta(copy) = *packet_meta(m);
	rte_pktmbuf_free(m);
	return copy;
}
