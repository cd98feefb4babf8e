// Ports by DPDK's AF_XDP driver, in copy mode: the one kind that is an ethdev so far.
#include "device.h"
#include "netdev.h"

#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xdp/libxdp.h>

#include <rte_bus_vdev.h>
#include <rte_ethdev.h>

#include "../main/buffers.h"
#include "../main/log.h"

#define DESCRIPTORS 1024
// What the driver keeps for reception and in transmission (2,048 each), and some on their way through the graph.
#define BUFFERS 6143
#define MAX_FD  4096

struct af_xdp {
	struct device device;
	uint16_t ethdev;
	char vdev[32];
	int promiscuous_fd;
	// Its own: the driver does not give back what waits in the fill ring when it closes, so that a shared pool
	// would run dry with each device that comes and goes.
	struct rte_mempool *pool;
	struct af_xdp *next;
};

// Those that are open: a second one on the same device would take the first one's program away.
static struct af_xdp *open_devices;

static struct af_xdp *af_xdp_of(struct device *device)
{
	return (struct af_xdp *)device;
}

static bool is_xdp_socket(int fd)
{
	int domain;
	socklen_t size = sizeof(domain);

	return fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_XDP;
}

// The AF_XDP sockets that this process has, as a bitmap over descriptors: the driver does not tell its own.
static void find_sockets(uint64_t set[MAX_FD / 64])
{
	DIR *folder = opendir("/proc/self/fd");
	struct dirent *entry;

	memset(set, 0, MAX_FD / 8);
	if (folder == NULL) return;
	while ((entry = readdir(folder)) != NULL) {
		int fd = atoi(entry->d_name);

		if (fd < MAX_FD && is_xdp_socket(fd)) set[fd / 64] |= UINT64_C(1) << (fd % 64);
	}
	closedir(folder);
}

bool af_xdp_has(unsigned ifindex)
{
	const struct af_xdp *it = open_devices;

	while (it != NULL && it->device.ifindex != ifindex)
		it = it->next;
	return it != NULL;
}

static void wait_error(struct worker_wait *wait)
{
	int error;
	socklen_t size = sizeof(error);

	getsockopt(wait->fd, SOL_SOCKET, SO_ERROR, &error, &size);
}

// The driver sets IFF_PROMISC on the device, which outlives a killed engine; a membership ends with its socket.
static int promiscuous(unsigned ifindex)
{
	struct packet_mreq request = {.mr_ifindex = (int)ifindex, .mr_type = PACKET_MR_PROMISC};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd >= 0) setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof(request));
	return fd;
}

static void af_xdp_close(struct device *device)
{
	if (device == NULL) return;
	struct af_xdp *it = af_xdp_of(device), **at = &open_devices;

	while (*at != NULL && *at != it)
		at = &(*at)->next;
	if (*at == it) *at = it->next;
	if (it->ethdev != RTE_MAX_ETHPORTS) {
		rte_eth_dev_stop(it->ethdev);
		rte_eth_dev_close(it->ethdev);
	}
	if (it->vdev[0] != '\0') rte_vdev_uninit(it->vdev);
	// libxdp 1.3 leaves the socket open, and with it the device's queue taken; nothing was opened since.
	for (unsigned q = 0; q < device->rx_queues; q++)
		if (is_xdp_socket(device->queues[q].wait.fd)) close(device->queues[q].wait.fd);
	rte_mempool_free(it->pool);
	if (it->promiscuous_fd >= 0) close(it->promiscuous_fd);
	free(it);
}

static int start_ethdev(struct af_xdp *it)
{
	struct rte_eth_conf conf = {0};
	unsigned queues = it->device.rx_queues;
	int rc = rte_eth_dev_configure(it->ethdev, (uint16_t)queues, (uint16_t)queues, &conf);

	for (uint16_t q = 0; rc == 0 && q < queues; q++)
		rc = rte_eth_rx_queue_setup(it->ethdev, q, DESCRIPTORS, SOCKET_ID_ANY, NULL, it->pool);
	for (uint16_t q = 0; rc == 0 && q < queues; q++)
		rc = rte_eth_tx_queue_setup(it->ethdev, q, DESCRIPTORS, SOCKET_ID_ANY, NULL);
	return rc != 0 ? rc : rte_eth_dev_start(it->ethdev);
}

static int af_xdp_open(const struct device_spec *spec, struct device **out, struct device_error *error)
{
	static unsigned serial;
	uint64_t before[MAX_FD / 64], after[MAX_FD / 64];
	struct netdev_state state;
	struct af_xdp *it;
	char args[128];
	unsigned queue = 0;
	int rc;

	netdev_read(spec->name, &state);
	if (state.ifindex == 0) {
		snprintf(error->text, sizeof(error->text), "there is no device %s", spec->name);
		return -ENODEV;
	}
	if (af_xdp_has(state.ifindex)) {
		snprintf(error->text, sizeof(error->text),
			 "%s is in use by AF_XDP until this change is made; make it in two", spec->name);
		return -EEXIST;
	}
	it = aligned_alloc(RTE_CACHE_LINE_SIZE, RTE_ALIGN_CEIL(sizeof(*it), RTE_CACHE_LINE_SIZE));
	if (it == NULL) return -ENOMEM;
	memset(it, 0, sizeof(*it));
	it->ethdev = RTE_MAX_ETHPORTS;
	it->promiscuous_fd = -1;
	// A veth has one queue unless it was made with more; one is what every device has.
	device_init(&it->device, &device_af_xdp, 1, 1);
	it->device.ifindex = state.ifindex;
	netdev_prepare(spec->name, spec->mtu, true);
	netdev_clear_xdp(spec->name, state.ifindex);
	// They print a page on stderr for each port; what matters comes back as an error.
	libbpf_set_print(NULL);
	libxdp_set_print(NULL);
	find_sockets(before);
	snprintf(it->vdev, sizeof(it->vdev), "net_af_xdp_%u", ++serial);
	it->pool = buffers_pool_for_device(it->vdev, BUFFERS);
	if (it->pool == NULL) {
		it->vdev[0] = '\0';
		snprintf(error->text, sizeof(error->text), "no memory for %s: --memory gives more", spec->name);
		af_xdp_close(&it->device);
		return -ENOSPC;
	}
	snprintf(args, sizeof(args), "iface=%s,start_queue=0,queue_count=1,busy_budget=0", spec->name);
	rc = rte_vdev_init(it->vdev, args);
	if (rc < 0)
		it->vdev[0] = '\0';
	else
		rc = rte_eth_dev_get_port_by_name(it->vdev, &it->ethdev);
	if (rc == 0) rc = start_ethdev(it);
	if (rc < 0) {
		snprintf(error->text, sizeof(error->text), "%s cannot be opened by AF_XDP: %s", spec->name,
			 strerror(-rc));
		af_xdp_close(&it->device);
		return rc;
	}
	it->promiscuous_fd = promiscuous(state.ifindex);
	find_sockets(after);
	for (int fd = 0; fd < MAX_FD && queue < it->device.rx_queues; fd++)
		if ((after[fd / 64] & ~before[fd / 64]) >> (fd % 64) & 1)
			it->device.queues[queue++].wait = (struct worker_wait){.fd = fd, .error = wait_error};
	it->device.polled = queue < it->device.rx_queues;
	it->next = open_devices;
	open_devices = it;
	*out = &it->device;
	return 0;
}

static uint16_t af_xdp_receive(struct device *device, unsigned queue, struct worker *worker, struct rte_mbuf **packets,
			       uint16_t n)
{
	return rte_eth_rx_burst(af_xdp_of(device)->ethdev, (uint16_t)queue, packets, n);
}

static uint16_t af_xdp_transmit(struct device *device, unsigned queue, struct worker *worker, struct rte_mbuf **packets,
				uint16_t n)
{
	struct rte_mbuf *ready[MAX_BURST];
	uint16_t count = 0, sent;

	// The driver takes whole frames in one buffer.
	for (uint16_t i = 0; i < n && i < MAX_BURST; i++) {
		struct rte_mbuf *m = packets[i];

		if (unlikely(m->nb_segs > 1)) {
			struct rte_mbuf *whole = rte_pktmbuf_alloc(worker->packets);

			if (whole == NULL || m->pkt_len > rte_pktmbuf_tailroom(whole)) {
				rte_pktmbuf_free(whole);
				break;
			}
			const void *data =
				rte_pktmbuf_read(m, 0, m->pkt_len, rte_pktmbuf_append(whole, (uint16_t)m->pkt_len));
			RTE_SET_USED(data);
			packets[i] = whole;
			*packet_meta(whole) = *packet_meta(m);
			rte_pktmbuf_free(m);
		}
		ready[count++] = packets[i];
	}
	if (unlikely(count == 0)) {
		// Too long for one buffer, or no buffer: lost here, so that what waits behind it goes on.
		rte_pktmbuf_free(packets[0]);
		device->queues[queue].tx_errors++;
		return 1;
	}
	sent = rte_eth_tx_burst(af_xdp_of(device)->ethdev, (uint16_t)queue, ready, count);
	return sent;
}

static void af_xdp_losses(struct device *device, uint64_t *discards, uint64_t *errors)
{
	struct rte_eth_stats stats;

	if (rte_eth_stats_get(af_xdp_of(device)->ethdev, &stats) != 0) return;
	*discards += stats.imissed + stats.rx_nombuf;
	*errors += stats.ierrors;
}

const struct device_kind device_af_xdp = {
	.name = "af-xdp",
	.kernel = true,
	// One buffer holds a frame and its tags.
	.largest_mtu = 1700,
	.open = af_xdp_open,
	.close = af_xdp_close,
	.receive = af_xdp_receive,
	.transmit = af_xdp_transmit,
	.losses = af_xdp_losses,
};
