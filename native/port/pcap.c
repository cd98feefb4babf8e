// A port on files: receives the frames of one file once, in order, as fast as they go, and writes what it sends to
// another. For tests and for replaying captures.
#include "device.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>

#define SNAPLEN 65535

struct pcap_device {
	struct device device;
	pcap_t *rx;
	pcap_t *tx_type;
	pcap_dumper_t *tx;
};

static struct pcap_device *pcap_of(struct device *device)
{
	return (struct pcap_device *)device;
}

static void pcap_device_close(struct device *device)
{
	if (device == NULL) return;
	struct pcap_device *it = pcap_of(device);

	if (it->tx != NULL) pcap_dump_close(it->tx);
	if (it->tx_type != NULL) pcap_close(it->tx_type);
	if (it->rx != NULL) pcap_close(it->rx);
	free(it);
}

static int pcap_device_open(const struct device_spec *spec, struct device **out, struct device_error *error)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	struct pcap_device *it = aligned_alloc(RTE_CACHE_LINE_SIZE, RTE_ALIGN_CEIL(sizeof(*it), RTE_CACHE_LINE_SIZE));

	if (it == NULL) return -ENOMEM;
	memset(it, 0, sizeof(*it));
	device_init(&it->device, &device_pcap, 1, 1);
	if (spec->rx_file[0] != '\0') {
		it->rx = pcap_open_offline(spec->rx_file, why);
		if (it->rx != NULL && pcap_datalink(it->rx) != DLT_EN10MB)
			snprintf(why, sizeof(why), "%.100s does not hold Ethernet frames", spec->rx_file);
		// Until the file has ended the worker must not wait for a descriptor.
		it->device.polled = true;
	}
	if (why[0] == '\0' && spec->tx_file[0] != '\0') {
		it->tx_type = pcap_open_dead(DLT_EN10MB, SNAPLEN);
		it->tx = it->tx_type != NULL ? pcap_dump_open(it->tx_type, spec->tx_file) : NULL;
		if (it->tx == NULL)
			snprintf(why, sizeof(why), "%.200s",
				 it->tx_type != NULL ? pcap_geterr(it->tx_type) : "no memory");
	}
	if (why[0] != '\0') {
		snprintf(error->text, sizeof(error->text), "%.190s", why);
		pcap_device_close(&it->device);
		return -ENODEV;
	}
	*out = &it->device;
	return 0;
}

static uint16_t pcap_device_receive(struct device *device, unsigned queue, struct worker *worker,
				    struct rte_mbuf **packets, uint16_t n)
{
	struct pcap_device *it = pcap_of(device);
	struct pcap_pkthdr *header;
	const uint8_t *data;
	uint16_t got = 0;

	if (it->rx == NULL) return 0;
	// Not before all of the change that the port came with is in force, static addresses too; and the nap, which
	// ends with the file, is counted only then.
	if (unlikely(!__atomic_load_n(&device->live, __ATOMIC_ACQUIRE))) return 0;
	while (got < n) {
		if (pcap_next_ex(it->rx, &header, &data) != 1) {
			pcap_close(it->rx);
			it->rx = NULL;
			worker_nap_for(worker->index, -1);
			__atomic_store_n(&device->polled, false, __ATOMIC_RELAXED);
			break;
		}
		if (header->caplen < RTE_ETHER_HDR_LEN || header->caplen < header->len) {
			device->queues[queue].rx_errors++;
			continue;
		}
		struct rte_mbuf *first = rte_pktmbuf_alloc(worker->packets), *last = first;
		uint32_t at = 0;
		while (first != NULL) {
			uint32_t part = RTE_MIN(header->caplen - at, (uint32_t)rte_pktmbuf_tailroom(last));

			memcpy(rte_pktmbuf_mtod(last, void *), data + at, part);
			last->data_len = (uint16_t)part;
			first->pkt_len += part;
			at += part;
			if (at == header->caplen) break;
			last->next = rte_pktmbuf_alloc(worker->packets);
			if (last->next == NULL) {
				rte_pktmbuf_free(first);
				first = NULL;
				break;
			}
			last = last->next;
			first->nb_segs++;
		}
		if (first == NULL) {
			device->queues[queue].rx_discards++;
			break;
		}
		packets[got++] = first;
	}
	return got;
}

static uint16_t pcap_device_transmit(struct device *device, unsigned queue, struct worker *worker,
				     struct rte_mbuf **packets, uint16_t n)
{
	struct pcap_device *it = pcap_of(device);
	uint8_t copy[16384];

	for (uint16_t i = 0; it->tx != NULL && i < n; i++) {
		struct pcap_pkthdr header = {.caplen = packets[i]->pkt_len, .len = packets[i]->pkt_len};
		struct timespec now;

		if (packets[i]->pkt_len > sizeof(copy)) {
			device->queues[queue].tx_errors++;
			continue;
		}
		clock_gettime(CLOCK_REALTIME, &now);
		header.ts.tv_sec = now.tv_sec;
		header.ts.tv_usec = now.tv_nsec / 1000;
		pcap_dump((u_char *)it->tx, &header, rte_pktmbuf_read(packets[i], 0, packets[i]->pkt_len, copy));
	}
	if (it->tx != NULL) pcap_dump_flush(it->tx);
	rte_pktmbuf_free_bulk(packets, n);
	return n;
}

const struct device_kind device_pcap = {
	.name = "pcap",
	.largest_mtu = 9216,
	.open = pcap_device_open,
	.close = pcap_device_close,
	.receive = pcap_device_receive,
	.transmit = pcap_device_transmit,
};
