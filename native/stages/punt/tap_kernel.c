#include "tap_kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../main/log.h"

// ---------------------------------------------------------------- namespaces

// Goes into a namespace; *from is the one that it came from (-1: "" is where the thread is already), *inode that of
// the namespace's file.
static int namespace_enter(const char *name, int *from, uint64_t *inode)
{
	struct stat file;
	char path[300];
	int to, rc;

	*from = -1;
	*inode = 0;
	if (name[0] == '\0') return 0;
	snprintf(path, sizeof(path), "/run/netns/%s", name);
	to = open(path, O_RDONLY | O_CLOEXEC);
	if (to < 0) return -errno;
	*from = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	rc = *from < 0 || fstat(to, &file) < 0 || setns(to, CLONE_NEWNET) < 0 ? -errno : 0;
	if (rc == 0) *inode = file.st_ino;
	close(to);
	if (rc < 0 && *from >= 0) close(*from);
	// A file that is no namespace (yet).
	return rc == -EINVAL ? -ENOENT : rc;
}

static void namespace_leave(int from)
{
	if (from < 0) return;
	if (setns(from, CLONE_NEWNET) < 0) {
		// Everything that the thread made from now on would be in the wrong place.
		log_error("namespace-lost", "errno=%d", errno);
		abort();
	}
	close(from);
}

// ---------------------------------------------------------------- netlink

struct request {
	struct nlmsghdr header;
	uint8_t bytes[256];
};

static void *request_start(struct request *request, uint16_t type, uint16_t flags, size_t size)
{
	memset(request, 0, sizeof(*request));
	request->header.nlmsg_len = (uint32_t)NLMSG_LENGTH(size);
	request->header.nlmsg_type = type;
	request->header.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
	return NLMSG_DATA(&request->header);
}

static struct rtattr *request_add(struct request *request, uint16_t type, const void *data, size_t size)
{
	struct rtattr *attribute = (struct rtattr *)((uint8_t *)request + NLMSG_ALIGN(request->header.nlmsg_len));

	attribute->rta_type = type;
	attribute->rta_len = (uint16_t)RTA_LENGTH(size);
	if (size != 0) memcpy(RTA_DATA(attribute), data, size);
	request->header.nlmsg_len = NLMSG_ALIGN(request->header.nlmsg_len) + (uint32_t)RTA_ALIGN(attribute->rta_len);
	return attribute;
}

// The kernel answers such requests before send() returns.
static int request_send(int fd, const struct request *request)
{
	uint8_t answer[1024] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct nlmsghdr *header = (const struct nlmsghdr *)answer;
	ssize_t got;

	if (send(fd, request, request->header.nlmsg_len, 0) < 0) return -errno;
	do
		got = recv(fd, answer, sizeof(answer), MSG_DONTWAIT);
	while (got < 0 && errno == EINTR);
	if (got < (ssize_t)NLMSG_LENGTH(sizeof(struct nlmsgerr)) || header->nlmsg_type != NLMSG_ERROR) return -EPROTO;
	return ((const struct nlmsgerr *)NLMSG_DATA(header))->error;
}

static int netlink_open(void)
{
	return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
}

// ---------------------------------------------------------------- the device

static void sysctl_write(const char *version, const char *device, const char *name, const char *value)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/%s", version, device, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	// A kernel without IPv6.
	if (fd < 0) return;
	if (write(fd, value, strlen(value)) < 0) log_error("sysctl-not-set", "path=%s errno=%d", path, errno);
	close(fd);
}

static int device_make(struct tap_kernel *tap, const char *device)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_TUN_EXCL};

	tap->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (tap->fd < 0) return -errno;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device);
	if (ioctl(tap->fd, TUNSETIFF, &request) < 0) return -errno;
	tap->netlink = netlink_open();
	if (tap->netlink < 0) return -errno;
	memset(&request.ifr_ifru, 0, sizeof(request.ifr_ifru));
	if (ioctl(tap->netlink, SIOCGIFINDEX, &request) < 0) return -errno;
	tap->ifindex = (unsigned)request.ifr_ifindex;
	return 0;
}

// Addresses are the engine's alone.
static void device_tame(const char *device)
{
	sysctl_write("ipv6", device, "addr_gen_mode", "1");
	sysctl_write("ipv6", device, "accept_ra", "0");
	sysctl_write("ipv6", device, "autoconf", "0");
	sysctl_write("ipv6", device, "dad_transmits", "0");
}

static int set_flags(const struct tap_kernel *tap, unsigned flags, unsigned change)
{
	struct request request;
	struct ifinfomsg *link = request_start(&request, RTM_NEWLINK, 0, sizeof(*link));

	link->ifi_index = (int)tap->ifindex;
	link->ifi_flags = flags;
	link->ifi_change = change;
	return request_send(tap->netlink, &request);
}

int tap_kernel_open(struct tap_kernel *tap, const char *network_namespace, const char *device, bool one_way)
{
	uint64_t inode;
	int from, rc = namespace_enter(network_namespace, &from, &inode);

	*tap = (struct tap_kernel){.fd = -1, .netlink = -1, .namespace_inode = inode};
	if (rc < 0) return rc;
	rc = device_make(tap, device);
	if (rc == 0) device_tame(device);
	if (rc == 0 && one_way) {
		sysctl_write("ipv6", device, "disable_ipv6", "1");
		rc = set_flags(tap, IFF_NOARP, IFF_NOARP);
	}
	namespace_leave(from);
	if (rc < 0) tap_kernel_close(tap);
	return rc;
}

void tap_kernel_close(struct tap_kernel *tap)
{
	if (tap->fd >= 0) close(tap->fd);
	if (tap->netlink >= 0) close(tap->netlink);
	*tap = (struct tap_kernel){.fd = -1, .netlink = -1};
}

int tap_kernel_set_link(const struct tap_kernel *tap, const struct rte_ether_addr *mac, uint16_t mtu, bool up)
{
	struct request request;
	struct ifinfomsg *link = request_start(&request, RTM_NEWLINK, 0, sizeof(*link));
	uint32_t bytes = mtu;
	int rc;

	link->ifi_index = (int)tap->ifindex;
	request_add(&request, IFLA_MTU, &bytes, sizeof(bytes));
	if (mac != NULL) request_add(&request, IFLA_ADDRESS, mac, sizeof(*mac));
	rc = request_send(tap->netlink, &request);
	return rc < 0 ? rc : set_flags(tap, up ? IFF_UP : 0, IFF_UP);
}

int tap_kernel_set_carrier(const struct tap_kernel *tap, bool carrier)
{
	uint32_t value = carrier;

	return ioctl(tap->fd, TUNSETCARRIER, &value) < 0 ? -errno : 0;
}

// ---------------------------------------------------------------- addresses and neighbours

static uint8_t family_of(enum ip_version version)
{
	return version == IP_V4 ? AF_INET : AF_INET6;
}

static size_t size_of(enum ip_version version)
{
	return version == IP_V4 ? 4 : 16;
}

int tap_kernel_set_address(const struct tap_kernel *tap, enum ip_version version, const struct ip_address *address,
			   uint8_t prefix_length, bool present)
{
	struct request request;
	struct ifaddrmsg *message = request_start(&request, present ? RTM_NEWADDR : RTM_DELADDR,
						  present ? NLM_F_CREATE | NLM_F_REPLACE : 0, sizeof(*message));
	uint32_t flags = IFA_F_NODAD;
	int rc;

	message->ifa_family = family_of(version);
	message->ifa_prefixlen = prefix_length;
	message->ifa_scope = version == IP_V6 && address->bytes[0] == 0xfe ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
	message->ifa_index = tap->ifindex;
	request_add(&request, IFA_LOCAL, address->bytes, size_of(version));
	request_add(&request, IFA_ADDRESS, address->bytes, size_of(version));
	if (present && version == IP_V6) request_add(&request, IFA_FLAGS, &flags, sizeof(flags));
	rc = request_send(tap->netlink, &request);
	return rc == -EEXIST || (!present && rc == -EADDRNOTAVAIL) ? 0 : rc;
}

int tap_kernel_set_neighbour(const struct tap_kernel *tap, enum ip_version version, const struct ip_address *address,
			     const struct rte_ether_addr *mac)
{
	struct request request;
	struct ndmsg *message = request_start(&request, mac != NULL ? RTM_NEWNEIGH : RTM_DELNEIGH,
					      mac != NULL ? NLM_F_CREATE | NLM_F_REPLACE : 0, sizeof(*message));
	int rc;

	message->ndm_family = family_of(version);
	message->ndm_ifindex = (int)tap->ifindex;
	message->ndm_state = NUD_PERMANENT;
	message->ndm_flags = NTF_EXT_LEARNED;
	request_add(&request, NDA_DST, address->bytes, size_of(version));
	if (mac != NULL) request_add(&request, NDA_LLADDR, mac, sizeof(*mac));
	rc = request_send(tap->netlink, &request);
	return mac == NULL && rc == -ENOENT ? 0 : rc;
}
