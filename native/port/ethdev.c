#include "ethdev.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_bus_vdev.h>

#include "../main/log.h"

#define DESCRIPTORS 1024
// Two VLAN tags on top of the Ethernet header, which a driver's MTU leaves out.
#define TAGS 8u

static struct ethdev *open_devices;

struct ethdev *ethdev_new(const struct device_kind *kind, size_t size)
{
	struct ethdev *it = aligned_alloc(RTE_CACHE_LINE_SIZE, RTE_ALIGN_CEIL(size, RTE_CACHE_LINE_SIZE));

	if (it == NULL) return NULL;
	memset(it, 0, size);
	it->id = RTE_MAX_ETHPORTS;
	device_init(&it->device, kind, 1, 1);
	it->next = open_devices;
	open_devices = it;
	return it;
}

int ethdev_make(struct ethdev *it, const char *name, const char *args)
{
	int rc = rte_vdev_init(name, args);

	if (rc == 0) snprintf(it->name, sizeof(it->name), "%s", name);
	return rc;
}

// Link changes that a driver tells of come from a thread of DPDK's.
static int link_told(uint16_t port, enum rte_eth_event_type type, void *arg, void *result)
{
	device_changed();
	return 0;
}

static uint16_t driver_mtu(const struct rte_eth_dev_info *info, uint16_t mtu)
{
	uint32_t overhead = RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN, most = info->max_mtu;

	if (info->max_rx_pktlen > overhead) most = RTE_MIN(most, info->max_rx_pktlen - overhead);
	return (uint16_t)RTE_MIN(most, (uint32_t)mtu + TAGS);
}

static int queues_set_up(struct ethdev *it, const struct rte_eth_dev_info *info, struct rte_mempool *pool)
{
	uint16_t received = DESCRIPTORS, sent = DESCRIPTORS;
	int rc = rte_eth_dev_adjust_nb_rx_tx_desc(it->id, &received, &sent);

	for (uint16_t q = 0; rc == 0 && q < it->device.rx_queues; q++)
		rc = rte_eth_rx_queue_setup(it->id, q, received, SOCKET_ID_ANY, NULL, pool);
	for (uint16_t q = 0; rc == 0 && q < it->device.tx_queues; q++)
		rc = rte_eth_tx_queue_setup(it->id, q, sent, SOCKET_ID_ANY, NULL);
	return rc;
}

int ethdev_configure(struct ethdev *it, uint16_t mtu, unsigned most, struct rte_mempool *pool,
		     struct device_error *error)
{
	struct rte_eth_conf conf = {0};
	struct rte_eth_dev_info info;
	int rc = rte_eth_dev_get_port_by_name(it->name, &it->id);

	if (rc == 0) rc = rte_eth_dev_info_get(it->id, &info);
	if (rc < 0) {
		it->id = RTE_MAX_ETHPORTS;
		snprintf(error->text, sizeof(error->text), "%s has no driver in the engine", it->name);
		return -ENODEV;
	}
	most = RTE_MIN(worker_count, most);
	it->device.rx_queues = RTE_MIN(most, (unsigned)info.max_rx_queues);
	it->device.tx_queues = RTE_MIN(most, (unsigned)info.max_tx_queues);
	if (it->device.rx_queues == worker_count) it->device.first_worker = 0;
	if (mtu != 0) conf.rxmode.mtu = driver_mtu(&info, mtu);
	if (mtu != 0 && conf.rxmode.mtu < mtu) {
		snprintf(error->text, sizeof(error->text), "the mtu of %s is at most %u", it->name, conf.rxmode.mtu);
		return -EINVAL;
	}
	conf.rxmode.offloads = info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER;
	conf.txmode.offloads = info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	if (it->device.rx_queues > 1) {
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf.rx_adv_conf.rss_conf.rss_hf =
			info.flow_type_rss_offloads & (RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP);
	}
	rc = rte_eth_dev_configure(it->id, (uint16_t)it->device.rx_queues, (uint16_t)it->device.tx_queues, &conf);
	if (rc == 0) rc = queues_set_up(it, &info, pool);
	if (rc == 0) rte_eth_dev_callback_register(it->id, RTE_ETH_EVENT_INTR_LSC, link_told, NULL);
	if (rc < 0) snprintf(error->text, sizeof(error->text), "%s cannot be set up: %s", it->name, strerror(-rc));
	return rc;
}

int ethdev_start(struct ethdev *it)
{
	int rc = it->started ? 0 : rte_eth_dev_start(it->id);

	if (rc < 0) return rc;
	if (!it->started) rte_eth_promiscuous_enable(it->id);
	it->started = true;
	__atomic_store_n(&it->ready, true, __ATOMIC_RELEASE);
	return 0;
}

void ethdev_stop(struct ethdev *it)
{
	__atomic_store_n(&it->ready, false, __ATOMIC_RELEASE);
	workers_synchronize();
	if (it->started) rte_eth_dev_stop(it->id);
	it->started = false;
}

void ethdev_park(const struct device_kind *kind)
{
	for (struct ethdev *it = open_devices; it != NULL; it = it->next)
		if (it->device.kind == kind) __atomic_store_n(&it->ready, false, __ATOMIC_RELEASE);
	workers_synchronize();
}

void ethdev_unpark(const struct device_kind *kind)
{
	for (struct ethdev *it = open_devices; it != NULL; it = it->next)
		if (it->device.kind == kind) __atomic_store_n(&it->ready, it->started, __ATOMIC_RELEASE);
}

void ethdev_close(struct device *device)
{
	if (device == NULL) return;
	struct ethdev *it = ethdev_of(device), **at = &open_devices;

	while (*at != NULL && *at != it)
		at = &(*at)->next;
	if (*at == it) *at = it->next;
	if (it->id != RTE_MAX_ETHPORTS) {
		struct rte_device *bus_device = NULL;
		struct rte_eth_dev_info info;

		rte_eth_dev_callback_unregister(it->id, RTE_ETH_EVENT_INTR_LSC, link_told, NULL);
		if (rte_eth_dev_info_get(it->id, &info) == 0) bus_device = info.device;
		ethdev_stop(it);
		rte_eth_dev_close(it->id);
		if (bus_device != NULL && it->name[0] != '\0') rte_dev_remove(bus_device);
	} else if (it->name[0] != '\0') {
		rte_vdev_uninit(it->name);
	}
	free(it);
}

// ---------------------------------------------------------------- workers

uint16_t ethdev_receive(struct device *device, unsigned queue, struct worker *worker, struct rte_mbuf **packets,
			uint16_t n)
{
	if (unlikely(!__atomic_load_n(&ethdev_of(device)->ready, __ATOMIC_ACQUIRE))) return 0;
	return rte_eth_rx_burst(ethdev_of(device)->id, (uint16_t)queue, packets, n);
}

// A copy of a chain in one buffer, in place of the chain. False: too long, or no buffer.
static bool join(struct worker *worker, struct rte_mbuf **packet)
{
	struct rte_mbuf *m = *packet, *whole = rte_pktmbuf_alloc(worker->packets);

	if (whole == NULL || m->pkt_len > rte_pktmbuf_tailroom(whole)) {
		rte_pktmbuf_free(whole);
		return false;
	}
	uint8_t *to = (uint8_t *)rte_pktmbuf_append(whole, (uint16_t)m->pkt_len);
	for (const struct rte_mbuf *part = m; part != NULL; part = part->next) {
		memcpy(to, rte_pktmbuf_mtod(part, void *), part->data_len);
		to += part->data_len;
	}
	*packet_meta(whole) = *packet_meta(m);
	rte_pktmbuf_free(m);
	*packet = whole;
	return true;
}

static uint16_t transmit_kept(struct ethdev *it, unsigned queue, struct worker *worker, struct rte_mbuf **packets,
			      uint16_t n)
{
	uint16_t count = 0, lost = 0;

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = device_own_copy(worker, packets[i]);

		if (likely(m != NULL))
			packets[count++] = m;
		else
			lost++;
	}
	it->device.queues[queue].tx_errors += lost;
	uint16_t sent = rte_eth_tx_burst(it->id, (uint16_t)queue, packets, count);
	// The caller's array is what it was: those that are done with first, the others behind.
	if (unlikely(lost != 0 && sent < count))
		memmove(packets + sent + lost, packets + sent, (count - sent) * sizeof(*packets));
	return (uint16_t)(sent + lost);
}

uint16_t ethdev_transmit(struct device *device, unsigned queue, struct worker *worker, struct rte_mbuf **packets,
			 uint16_t n)
{
	struct ethdev *it = ethdev_of(device);
	uint16_t count = 0;

	if (unlikely(!__atomic_load_n(&it->ready, __ATOMIC_ACQUIRE))) return 0;
	if (it->keeps) return transmit_kept(it, queue, worker, packets, n);
	if (!it->one_buffer) return rte_eth_tx_burst(it->id, (uint16_t)queue, packets, n);
	while (count < n && (likely(packets[count]->nb_segs == 1) || join(worker, &packets[count])))
		count++;
	if (unlikely(count == 0 && n > 0)) {
		// Lost here, so that what waits behind it goes on.
		rte_pktmbuf_free(packets[0]);
		device->queues[queue].tx_errors++;
		return 1;
	}
	return rte_eth_tx_burst(it->id, (uint16_t)queue, packets, count);
}

// ---------------------------------------------------------------- state

void ethdev_losses(struct device *device, uint64_t *discards, uint64_t *errors)
{
	struct rte_eth_stats stats;

	if (rte_eth_stats_get(ethdev_of(device)->id, &stats) != 0) return;
	*discards += stats.imissed + stats.rx_nombuf;
	*errors += stats.ierrors;
}

int ethdev_look(struct device *device, struct device_link *link)
{
	struct rte_eth_link now;

	if (rte_eth_link_get_nowait(ethdev_of(device)->id, &now) < 0) return -ENODEV;
	link->up = now.link_status == RTE_ETH_LINK_UP && ethdev_of(device)->started;
	link->speed_mbps = now.link_speed != RTE_ETH_SPEED_NUM_UNKNOWN ? now.link_speed : 0;
	return 0;
}
