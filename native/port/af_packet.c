// Ports on AF_PACKET sockets, without DPDK's driver of that name. That driver puts 0x8100 in front of every frame
// whose tag the kernel took off, also where it was an S-tag; it cannot take frames longer than one buffer, nor such
// whose checksum the sending kernel left open; and it sends from a ring whose slots the kernel gives back while a
// receiver on a veth still reads them. It also counts against the 32 ports of Debian's DPDK.
//
// Receives from a TPACKET_V2 ring: a slot is the kernel's or ours by its status word. In a slot, from tp_mac - 10:
//   virtio_net_hdr (10) | frame without its outer tag, which is in tp_vlan_tpid and tp_vlan_tci
#include "device.h"
#include "netdev.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_ip.h>

#define SLOTS        1024u
#define BLOCK_SIZE   65536u
#define SEND_AT_ONCE 64u
#define MAX_SEGMENTS 8u
// 802.1ad and 802.1Q tags and the Ethernet header around the payload.
#define FRAME_OVERHEAD 22u

struct ring {
	int fd;
	uint8_t *memory;
	size_t memory_size;
	uint32_t slots, slot_size, slots_per_block;
	uint32_t next;
	uint64_t kernel_drops;
};

struct af_packet {
	struct device device;
	struct ring rings[MAX_WORKERS];
};

static struct af_packet *af_packet_of(struct device *device)
{
	return (struct af_packet *)device;
}

static struct tpacket2_hdr *slot_at(const struct ring *ring, uint32_t i)
{
	return (struct tpacket2_hdr *)(ring->memory + (size_t)(i / ring->slots_per_block) * BLOCK_SIZE +
				       (size_t)(i % ring->slots_per_block) * ring->slot_size);
}

// ---------------------------------------------------------------- open and close

static void wait_error(struct worker_wait *wait)
{
	int error;
	socklen_t size = sizeof(error);

	// Reading the error (ENETDOWN) takes it off; the control thread learns of the device by netlink.
	getsockopt(wait->fd, SOL_SOCKET, SO_ERROR, &error, &size);
}

static void af_packet_close(struct device *device)
{
	if (device == NULL) return;
	for (unsigned i = 0; i < device->rx_queues; i++) {
		struct ring *ring = &af_packet_of(device)->rings[i];

		if (ring->memory != NULL) munmap(ring->memory, ring->memory_size);
		if (ring->fd >= 0) close(ring->fd);
	}
	free(device);
}

static int set(int fd, int option, int value)
{
	return setsockopt(fd, SOL_PACKET, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

static int ring_open(struct ring *ring, unsigned ifindex, uint16_t mtu)
{
	// Header and address of a slot, then the frame from the next 16 bytes on.
	uint32_t slot =
		RTE_ALIGN_CEIL(TPACKET2_HDRLEN + 16 + sizeof(struct virtio_net_hdr) + mtu + FRAME_OVERHEAD, 128);
	struct tpacket_req request = {.tp_block_size = BLOCK_SIZE, .tp_frame_size = slot};
	struct packet_mreq promiscuous = {.mr_ifindex = (int)ifindex, .mr_type = PACKET_MR_PROMISC};
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET, .sll_protocol = htons(0x0003 /* ETH_P_ALL */), .sll_ifindex = (int)ifindex};
	int send_buffer = 4 << 20, rc;

	ring->slot_size = slot;
	ring->slots_per_block = BLOCK_SIZE / slot;
	request.tp_block_nr = (SLOTS + ring->slots_per_block - 1) / ring->slots_per_block;
	request.tp_frame_nr = request.tp_block_nr * ring->slots_per_block;
	ring->slots = request.tp_frame_nr;
	// Protocol 0 until it is bound: it would receive from every device.
	ring->fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (ring->fd < 0) return -errno;
	if ((rc = set(ring->fd, PACKET_VERSION, TPACKET_V2)) < 0 || (rc = set(ring->fd, PACKET_VNET_HDR, 1)) < 0 ||
	    (rc = set(ring->fd, PACKET_IGNORE_OUTGOING, 1)) < 0 || (rc = set(ring->fd, PACKET_QDISC_BYPASS, 1)) < 0)
		return rc;
	setsockopt(ring->fd, SOL_SOCKET, SO_SNDBUFFORCE, &send_buffer, sizeof(send_buffer));
	if (setsockopt(ring->fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request)) < 0) return -errno;
	ring->memory_size = (size_t)request.tp_block_nr * BLOCK_SIZE;
	ring->memory = mmap(NULL, ring->memory_size, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, 0);
	if (ring->memory == MAP_FAILED) {
		ring->memory = NULL;
		return -errno;
	}
	if (bind(ring->fd, (struct sockaddr *)&address, sizeof(address)) < 0) return -errno;
	// Ends with the socket, also when the engine is killed.
	if (setsockopt(ring->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof(promiscuous)) < 0)
		return -errno;
	return 0;
}

static int af_packet_open(const struct device_spec *spec, struct device **out, struct device_error *error)
{
	struct netdev_state state;
	struct af_packet *it;
	int rc = 0;

	netdev_read(spec->name, &state);
	if (state.ifindex == 0) {
		snprintf(error->text, sizeof(error->text), "there is no device %s", spec->name);
		return -ENODEV;
	}
	it = aligned_alloc(RTE_CACHE_LINE_SIZE, RTE_ALIGN_CEIL(sizeof(*it), RTE_CACHE_LINE_SIZE));
	if (it == NULL) return -ENOMEM;
	memset(it, 0, sizeof(*it));
	for (unsigned i = 0; i < MAX_WORKERS; i++)
		it->rings[i].fd = -1;
	device_init(&it->device, &device_af_packet, worker_count, worker_count);
	it->device.ifindex = state.ifindex;
	// A port may go from AF_XDP to AF_PACKET: until that is committed it is still served by the other.
	if (!af_xdp_has(state.ifindex)) netdev_clear_xdp(spec->name, state.ifindex);
	netdev_prepare(spec->name, spec->mtu, false);
	for (unsigned i = 0; rc == 0 && i < worker_count; i++) {
		rc = ring_open(&it->rings[i], state.ifindex, spec->mtu);
		it->device.queues[i].wait = (struct worker_wait){.fd = it->rings[i].fd, .error = wait_error};
	}
	// The kernel spreads flows over the workers' sockets; fragments stay with their flow.
	for (unsigned i = 0; rc == 0 && worker_count > 1 && i < worker_count; i++)
		rc = set(it->rings[i].fd, PACKET_FANOUT,
			 (int)(((state.ifindex * 31 + (unsigned)getpid()) & 0xffff) | PACKET_FANOUT_HASH << 16));
	if (rc < 0) {
		snprintf(error->text, sizeof(error->text), "%s cannot be opened: %s", spec->name, strerror(-rc));
		af_packet_close(&it->device);
		return rc;
	}
	*out = &it->device;
	return 0;
}

// ---------------------------------------------------------------- receive

// Finishes a checksum that the sending kernel left to a card: RFC 1071 from `start` to the end of the frame.
static void finish_checksum(uint8_t *frame, uint32_t size, const struct virtio_net_hdr *hint)
{
	uint32_t at = (uint32_t)hint->csum_start + hint->csum_offset;
	uint16_t sum;

	if (hint->csum_start >= size || at + sizeof(sum) > size) return;
	sum = (uint16_t)~rte_raw_cksum(frame + hint->csum_start, size - hint->csum_start);
	if (sum == 0) sum = 0xffff;
	memcpy(frame + at, &sum, sizeof(sum));
}

// Copies a frame into a chain of buffers, `before` bytes of it coming from `front`. NULL: no buffer.
static struct rte_mbuf *copy_frame(struct rte_mempool *pool, const uint8_t *front, uint32_t before, const uint8_t *rest,
				   uint32_t size)
{
	struct rte_mbuf *first = rte_pktmbuf_alloc(pool), *last = first;

	if (unlikely(first == NULL)) return NULL;
	memcpy(rte_pktmbuf_append(first, (uint16_t)before), front, before);
	for (;;) {
		uint32_t part = RTE_MIN(size, (uint32_t)rte_pktmbuf_tailroom(last));

		rte_memcpy(rte_pktmbuf_mtod_offset(last, uint8_t *, last->data_len), rest, part);
		last->data_len = (uint16_t)(last->data_len + part);
		if (last != first)
			first->pkt_len += part;
		else
			first->pkt_len = last->data_len;
		size -= part;
		rest += part;
		if (likely(size == 0)) return first;
		last->next = rte_pktmbuf_alloc(pool);
		if (last->next == NULL) {
			rte_pktmbuf_free(first);
			return NULL;
		}
		last = last->next;
		first->nb_segs++;
	}
}

static struct rte_mbuf *take_frame(struct device_queue *queue, const struct tpacket2_hdr *slot, uint32_t status,
				   struct rte_mempool *pool)
{
	uint8_t *frame = (uint8_t *)(uintptr_t)slot + slot->tp_mac;
	uint32_t size = slot->tp_snaplen;
	struct virtio_net_hdr hint;
	struct rte_mbuf *m;
	// Addresses, and the tag that the kernel took out behind them.
	struct {
		uint8_t addresses[2 * RTE_ETHER_ADDR_LEN];
		rte_be16_t tpid, tci;
	} front;
	uint32_t before = sizeof(front.addresses);

	memcpy(&hint, frame - sizeof(hint), sizeof(hint));
	// Longer than the port takes: a frame above the MTU, or one that the sender left to a card to cut up.
	if (unlikely(slot->tp_len > size || size < RTE_ETHER_HDR_LEN)) {
		queue->rx_errors++;
		return NULL;
	}
	if (unlikely(hint.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)) finish_checksum(frame, size, &hint);
	memcpy(front.addresses, frame, sizeof(front.addresses));
	if (status & TP_STATUS_VLAN_VALID) {
		front.tpid =
			rte_cpu_to_be_16(status & TP_STATUS_VLAN_TPID_VALID ? slot->tp_vlan_tpid : RTE_ETHER_TYPE_VLAN);
		front.tci = rte_cpu_to_be_16(slot->tp_vlan_tci);
		before = sizeof(front);
	}
	m = copy_frame(pool, (uint8_t *)&front, before, frame + sizeof(front.addresses),
		       size - (uint32_t)sizeof(front.addresses));
	if (unlikely(m == NULL)) queue->rx_discards++;
	return m;
}

static uint16_t af_packet_receive(struct device *device, unsigned queue, struct worker *worker,
				  struct rte_mbuf **packets, uint16_t n)
{
	struct ring *ring = &af_packet_of(device)->rings[queue];
	uint16_t got = 0;

	for (uint16_t looked = 0; looked < n; looked++) {
		struct tpacket2_hdr *slot = slot_at(ring, ring->next);
		uint32_t status = __atomic_load_n(&slot->tp_status, __ATOMIC_ACQUIRE);

		if ((status & TP_STATUS_USER) == 0) break;
		struct rte_mbuf *m = take_frame(&device->queues[queue], slot, status, worker->packets);
		__atomic_store_n(&slot->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
		if (++ring->next == ring->slots) ring->next = 0;
		if (likely(m != NULL)) packets[got++] = m;
	}
	return got;
}

// ---------------------------------------------------------------- transmit

// Sends at most SEND_AT_ONCE; returns how many packets are done with.
static uint16_t send_some(int fd, struct device_queue *queue, struct rte_mbuf **packets, uint16_t n)
{
	static const struct virtio_net_hdr no_offload;
	struct mmsghdr messages[SEND_AT_ONCE];
	struct iovec parts[SEND_AT_ONCE * (MAX_SEGMENTS + 1)];
	struct iovec *part = parts;
	unsigned built = 0;
	int sent;

	for (; built < RTE_MIN((unsigned)n, SEND_AT_ONCE) && packets[built]->nb_segs <= MAX_SEGMENTS; built++) {
		struct msghdr *message = &messages[built].msg_hdr;

		*message = (struct msghdr){.msg_iov = part};
		*part++ = (struct iovec){(void *)(uintptr_t)&no_offload, sizeof(no_offload)};
		for (struct rte_mbuf *m = packets[built]; m != NULL; m = m->next)
			*part++ = (struct iovec){rte_pktmbuf_mtod(m, void *), m->data_len};
		message->msg_iovlen = (size_t)(part - message->msg_iov);
	}
	sent = built > 0 ? sendmmsg(fd, messages, built, MSG_DONTWAIT) : -1;
	if (sent < 0) {
		// A full queue is the caller's drop; what the device refuses (too long, down) is an error of its own.
		if (built > 0 && (errno == EAGAIN || errno == ENOBUFS || errno == EINTR)) return 0;
		queue->tx_errors++;
		sent = 1;
	}
	rte_pktmbuf_free_bulk(packets, (unsigned)sent);
	return (uint16_t)sent;
}

static uint16_t af_packet_transmit(struct device *device, unsigned queue, struct worker *worker,
				   struct rte_mbuf **packets, uint16_t n)
{
	int fd = af_packet_of(device)->rings[queue].fd;
	uint16_t done = 0;

	while (done < n) {
		uint16_t some = send_some(fd, &device->queues[queue], packets + done, (uint16_t)(n - done));

		if (some == 0) break;
		done = (uint16_t)(done + some);
	}
	return done;
}

static void af_packet_losses(struct device *device, uint64_t *discards, uint64_t *errors)
{
	for (unsigned i = 0; i < device->rx_queues; i++) {
		struct ring *ring = &af_packet_of(device)->rings[i];
		struct tpacket_stats stats;
		socklen_t size = sizeof(stats);

		// Reading clears the kernel's numbers.
		if (getsockopt(ring->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &size) == 0)
			ring->kernel_drops += stats.tp_drops;
		*discards += ring->kernel_drops;
	}
	(void)errors;
}

const struct device_kind device_af_packet = {
	.name = "af-packet",
	.kernel = true,
	.largest_mtu = 9216,
	.open = af_packet_open,
	.close = af_packet_close,
	.receive = af_packet_receive,
	.transmit = af_packet_transmit,
	.losses = af_packet_losses,
};
