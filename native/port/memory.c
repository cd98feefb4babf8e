// A port without a wire, for benchmarks: receives the frames of a capture file from memory, again and again and as fast
// as they are asked for, and frees what it sends. What it costs to make the packets is the source node's ("rx");
// freeing them is the way out's ("tx"), as it would be with a device that has sent them.
#include "device.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>
#include <rte_memcpy.h>

#include "../main/free.h"

// A frame and its length in one cache line.
#define SLOT_BYTES  64
#define FRAME_BYTES (SLOT_BYTES - sizeof(uint16_t))
#define MAX_FRAMES  (4u << 20)

struct slot {
	uint8_t frame[FRAME_BYTES];
	uint16_t length;
};

struct memory_device {
	struct device device;
	struct slot *slots; // NULL: receives nothing
	uint32_t count;
	struct {
		uint32_t at;
	} __rte_cache_aligned next[MAX_WORKERS];
};

static struct memory_device *memory_of(struct device *device)
{
	return (struct memory_device *)device;
}

static int load(struct memory_device *it, const char *file, struct device_error *error)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	pcap_t *pcap = pcap_open_offline(file, why);
	struct pcap_pkthdr *header;
	const uint8_t *data;
	uint32_t room = 0;
	int rc = 0;

	while (pcap != NULL && rc == 0 && pcap_next_ex(pcap, &header, &data) == 1) {
		if (header->caplen < RTE_ETHER_HDR_LEN || header->caplen > FRAME_BYTES || it->count == MAX_FRAMES) {
			snprintf(why, sizeof(why), "frame %u of %.100s: at most %u frames of %u to %zu bytes",
				 it->count + 1, file, MAX_FRAMES, RTE_ETHER_HDR_LEN, FRAME_BYTES);
			rc = -EINVAL;
			break;
		}
		if (it->count == room) {
			struct slot *grown = aligned_alloc(SLOT_BYTES, (room != 0 ? room * 2 : 1024) * sizeof(*grown));

			if (grown == NULL) {
				rc = -ENOMEM;
				break;
			}
			if (it->slots != NULL) memcpy(grown, it->slots, it->count * sizeof(*grown));
			free(it->slots);
			it->slots = grown;
			room = room != 0 ? room * 2 : 1024;
		}
		memcpy(it->slots[it->count].frame, data, header->caplen);
		it->slots[it->count++].length = (uint16_t)header->caplen;
	}
	if (pcap == NULL) rc = -ENODEV;
	if (rc < 0) snprintf(error->text, sizeof(error->text), "%.190s", why);
	if (pcap != NULL) pcap_close(pcap);
	return rc;
}

static void memory_close(struct device *device)
{
	if (device == NULL) return;
	free(memory_of(device)->slots);
	free(device);
}

static int memory_open(const struct device_spec *spec, struct device **out, struct device_error *error)
{
	struct memory_device *it = aligned_alloc(RTE_CACHE_LINE_SIZE, RTE_ALIGN_CEIL(sizeof(*it), RTE_CACHE_LINE_SIZE));
	int rc = 0;

	if (it == NULL) return -ENOMEM;
	memset(it, 0, sizeof(*it));
	device_init(&it->device, &device_memory, MAX_WORKERS, MAX_WORKERS);
	if (spec->rx_file[0] != '\0') rc = load(it, spec->rx_file, error);
	if (rc < 0) {
		memory_close(&it->device);
		return rc;
	}
	it->device.polled = it->count > 0;
	// Workers start at different frames: they do not go through the tables in step.
	for (unsigned i = 0; i < MAX_WORKERS; i++)
		it->next[i].at = (uint32_t)((uint64_t)it->count * i / MAX_WORKERS);
	*out = &it->device;
	return 0;
}

static uint16_t memory_receive(struct device *device, unsigned queue, struct worker *worker, struct rte_mbuf **packets,
			       uint16_t n)
{
	struct memory_device *it = memory_of(device);
	uint32_t at = it->next[queue].at;

	if (it->count == 0) return 0;
	if (unlikely(rte_pktmbuf_alloc_bulk(worker->packets, packets, n) != 0)) {
		device->queues[queue].rx_discards += n;
		return 0;
	}
	for (uint16_t i = 0; i < n; i++) {
		const struct slot *slot = &it->slots[at];
		struct rte_mbuf *m = packets[i];

		memcpy(rte_pktmbuf_mtod(m, void *), slot->frame, FRAME_BYTES);
		m->data_len = slot->length;
		m->pkt_len = slot->length;
		if (++at == it->count) at = 0;
	}
	it->next[queue].at = at;
	return n;
}

static uint16_t memory_transmit(struct device *device, unsigned queue, struct worker *worker, struct rte_mbuf **packets,
				uint16_t n)
{
	packets_free(packets, n);
	return n;
}

const struct device_kind device_memory = {
	.name = "memory",
	.largest_mtu = 9216,
	.open = memory_open,
	.close = memory_close,
	.receive = memory_receive,
	.transmit = memory_transmit,
};
