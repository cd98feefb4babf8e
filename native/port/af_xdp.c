// Ports by DPDK's AF_XDP driver, in copy mode.
#include "ethdev.h"
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

#include "../main/buffers.h"
#include "../main/log.h"

// What the driver keeps for reception and in transmission (2,048 each), and some on their way through the graph.
#define BUFFERS 6143
#define MAX_FD  4096

struct af_xdp {
	struct ethdev ethdev;
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

	while (it != NULL && it->ethdev.device.ifindex != ifindex)
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
	int fd[MAX_WORKERS], promiscuous_fd = it->promiscuous_fd;
	struct rte_mempool *pool = it->pool;
	unsigned queues = device->rx_queues;

	for (unsigned q = 0; q < queues; q++)
		fd[q] = device->queues[q].wait.fd;
	ethdev_close(device);
	// libxdp 1.3 leaves the socket open, and with it the device's queue taken; nothing was opened since.
	for (unsigned q = 0; q < queues; q++)
		if (is_xdp_socket(fd[q])) close(fd[q]);
	rte_mempool_free(pool);
	if (promiscuous_fd >= 0) close(promiscuous_fd);
}

static int af_xdp_open(const struct device_spec *spec, struct device **out, struct device_error *error)
{
	static unsigned serial;
	uint64_t before[MAX_FD / 64], after[MAX_FD / 64];
	struct netdev_state state;
	struct af_xdp *it;
	char args[192], name[32];
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
	it = (struct af_xdp *)ethdev_new(&device_af_xdp, sizeof(*it));
	if (it == NULL) return -ENOMEM;
	it->promiscuous_fd = -1;
	it->ethdev.one_buffer = true;
	it->ethdev.device.ifindex = state.ifindex;
	netdev_prepare(spec->name, spec->mtu, true);
	netdev_clear_xdp(spec->name, state.ifindex);
	// They print a page on stderr for each port; what matters comes back as an error.
	libbpf_set_print(NULL);
	libxdp_set_print(NULL);
	find_sockets(before);
	snprintf(name, sizeof(name), "net_af_xdp_%u", ++serial);
	it->pool = buffers_pool_for_device(name, BUFFERS);
	if (it->pool == NULL) {
		snprintf(error->text, sizeof(error->text), "no memory for %s: --memory gives more", spec->name);
		af_xdp_close(&it->ethdev.device);
		return -ENOSPC;
	}
	snprintf(args, sizeof(args), "iface=%s,start_queue=0,queue_count=1,busy_budget=0", spec->name);
	rc = ethdev_make(&it->ethdev, name, args);
	// A veth has one queue unless it was made with more; one is what every device has.
	if (rc == 0) rc = ethdev_configure(&it->ethdev, spec->mtu, 1, it->pool, error);
	if (rc == 0) rc = ethdev_start(&it->ethdev);
	if (rc < 0) {
		snprintf(error->text, sizeof(error->text), "%s cannot be opened by AF_XDP: %s", spec->name,
			 strerror(-rc));
		af_xdp_close(&it->ethdev.device);
		return rc;
	}
	it->promiscuous_fd = promiscuous(state.ifindex);
	find_sockets(after);
	for (int fd = 0; fd < MAX_FD && queue < it->ethdev.device.rx_queues; fd++)
		if ((after[fd / 64] & ~before[fd / 64]) >> (fd % 64) & 1)
			it->ethdev.device.queues[queue++].wait = (struct worker_wait){.fd = fd, .error = wait_error};
	it->ethdev.device.polled = queue < it->ethdev.device.rx_queues;
	it->next = open_devices;
	open_devices = it;
	*out = &it->ethdev.device;
	return 0;
}

const struct device_kind device_af_xdp = {
	.name = "af-xdp",
	.kernel = true,
	// One buffer holds a frame and its tags.
	.largest_mtu = 1700,
	.open = af_xdp_open,
	.close = af_xdp_close,
	.receive = ethdev_receive,
	.transmit = ethdev_transmit,
	.losses = ethdev_losses,
};
