// What workers send: the worker's queue of the device, or a shared one under its lock.
#include "mirror.h"
#include "port_io.h"

uint16_t port_transmit(struct worker *worker, const struct port *port, struct rte_mbuf **packets, uint16_t n)
{
	struct device *device = __atomic_load_n(&port->io->device, __ATOMIC_ACQUIRE);
	unsigned queue;
	uint16_t sent;

	if (unlikely(device == NULL)) return 0;
	if (unlikely(port->mirrors != NULL)) mirror_sent(worker, port, packets, n);
	worker->busy = true;
	if (likely(device->tx_queues >= worker_count))
		return device->kind->transmit(device, worker->index, worker, packets, n);
	queue = worker->index % device->tx_queues;
	rte_spinlock_lock(&device->queues[queue].transmit_lock);
	sent = device->kind->transmit(device, queue, worker, packets, n);
	rte_spinlock_unlock(&device->queues[queue].transmit_lock);
	return sent;
}

bool port_can_transmit(const struct port *port)
{
	enum port_link link = __atomic_load_n(&port->io->link, __ATOMIC_RELAXED);

	return __atomic_load_n(&port->io->device, __ATOMIC_RELAXED) != NULL &&
	       (link == PORT_LINK_UP || link == PORT_LINK_UNKNOWN);
}
