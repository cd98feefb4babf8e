#include "netdev.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../main/log.h"

static int fd = -1;

int netdev_start(void)
{
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0) fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return fd < 0 ? -errno : 0;
}

void netdev_stop(void)
{
	if (fd >= 0) close(fd);
	fd = -1;
}

static int request(const char *device, unsigned long code, struct ifreq *ifr)
{
	snprintf(ifr->ifr_name, sizeof(ifr->ifr_name), "%s", device);
	return ioctl(fd, code, ifr) < 0 ? -errno : 0;
}

static int ethtool(const char *device, void *command)
{
	struct ifreq ifr = {.ifr_data = command};

	return request(device, SIOCETHTOOL, &ifr);
}

void netdev_read(const char *device, struct netdev_state *state)
{
	struct ifreq ifr = {0};
	struct ethtool_cmd link = {.cmd = ETHTOOL_GSET};

	memset(state, 0, sizeof(*state));
	if (request(device, SIOCGIFINDEX, &ifr) < 0) return;
	state->ifindex = (unsigned)ifr.ifr_ifindex;
	if (request(device, SIOCGIFFLAGS, &ifr) == 0) {
		state->up = ifr.ifr_flags & IFF_UP;
		state->running = state->up && (ifr.ifr_flags & IFF_RUNNING);
	}
	if (request(device, SIOCGIFHWADDR, &ifr) == 0)
		memcpy(&state->address, ifr.ifr_hwaddr.sa_data, sizeof(state->address));
	if (ethtool(device, &link) == 0 && ethtool_cmd_speed(&link) != (uint32_t)SPEED_UNKNOWN)
		state->speed_mbps = ethtool_cmd_speed(&link);
}

static void set_value(const char *device, uint32_t code, uint32_t value)
{
	struct ethtool_value command = {.cmd = code, .data = value};

	ethtool(device, &command);
}

static void no_ipv6(const char *device)
{
	char path[96];
	int file;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/disable_ipv6", device);
	file = open(path, O_WRONLY | O_CLOEXEC);
	if (file < 0) return;
	ssize_t written = write(file, "1", 1);
	(void)written;
	close(file);
}

void netdev_prepare(const char *device, uint16_t l3_mtu, bool exact)
{
	struct ethtool_value flags = {.cmd = ETHTOOL_GFLAGS};
	struct ifreq ifr = {0};

	// A device's MTU leaves room for one tag; the second needs 4 bytes more.
	if (request(device, SIOCGIFMTU, &ifr) == 0 && (exact ? ifr.ifr_mtu != l3_mtu + 4 : ifr.ifr_mtu < l3_mtu + 4)) {
		ifr.ifr_mtu = l3_mtu + 4;
		request(device, SIOCSIFMTU, &ifr);
	}
	set_value(device, ETHTOOL_SGRO, 0);
	set_value(device, ETHTOOL_STSO, 0);
	set_value(device, ETHTOOL_SGSO, 0);
	if (ethtool(device, &flags) == 0) {
		flags.cmd = ETHTOOL_SFLAGS;
		flags.data &= ~(uint32_t)(ETH_FLAG_LRO | ETH_FLAG_RXVLAN | ETH_FLAG_TXVLAN);
		ethtool(device, &flags);
	}
	no_ipv6(device);
}

int netdev_set_up(const char *device, bool up)
{
	struct ifreq ifr = {0};
	int rc = request(device, SIOCGIFFLAGS, &ifr);

	if (rc < 0 || up == !!(ifr.ifr_flags & IFF_UP)) return rc;
	ifr.ifr_flags = (short)(up ? ifr.ifr_flags | IFF_UP : ifr.ifr_flags & ~IFF_UP);
	return request(device, SIOCSIFFLAGS, &ifr);
}

void netdev_clear_xdp(const char *device, unsigned ifindex)
{
	struct bpf_prog_info info = {0};
	uint32_t program = 0, size = sizeof(info);
	int program_fd;

	if (bpf_xdp_query_id((int)ifindex, 0, &program) < 0 || program == 0) return;
	program_fd = bpf_prog_get_fd_by_id(program);
	if (program_fd < 0) return;
	// The name of libxdp's program for AF_XDP sockets.
	if (bpf_obj_get_info_by_fd(program_fd, &info, &size) == 0 && strncmp(info.name, "xsk_def_prog", 12) == 0) {
		log_warning("xdp-program-removed", "device=%s program=%u", device, program);
		bpf_xdp_detach((int)ifindex, 0, NULL);
	}
	close(program_fd);
}
