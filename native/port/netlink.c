#include "netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../main/loop.h"

static void (*tell)(const char *device);
static struct watch watch = {.fd = -1};

static void one_message(struct nlmsghdr *message)
{
	struct rtattr *attribute;
	int size;

	if (message->nlmsg_type != RTM_NEWLINK && message->nlmsg_type != RTM_DELLINK) return;
	if (message->nlmsg_len < NLMSG_LENGTH(sizeof(struct ifinfomsg))) return;
	attribute = IFLA_RTA((struct ifinfomsg *)NLMSG_DATA(message));
	size = (int)IFLA_PAYLOAD(message);
	for (; RTA_OK(attribute, size); attribute = RTA_NEXT(attribute, size))
		if (attribute->rta_type == IFLA_IFNAME) tell(RTA_DATA(attribute));
}

static void ready(struct watch *it, uint32_t events)
{
	static char buffer[32768] __attribute__((aligned(NLMSG_ALIGNTO)));

	for (;;) {
		ssize_t got = recv(it->fd, buffer, sizeof(buffer), MSG_DONTWAIT);

		if (got < 0 && errno == ENOBUFS) {
			tell(NULL);
			continue;
		}
		if (got <= 0) return;
		unsigned left = (unsigned)got;
		for (struct nlmsghdr *m = (struct nlmsghdr *)buffer; NLMSG_OK(m, left); m = NLMSG_NEXT(m, left))
			one_message(m);
	}
}

int netlink_start(void (*changed)(const char *device))
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
	int size = 1 << 20;

	tell = changed;
	watch.ready = ready;
	watch.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (watch.fd < 0) return -errno;
	setsockopt(watch.fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (bind(watch.fd, (struct sockaddr *)&address, sizeof(address)) < 0) return -errno;
	return loop_add(&watch, EPOLLIN);
}

void netlink_stop(void)
{
	if (watch.fd < 0) return;
	loop_remove(&watch);
	close(watch.fd);
	watch.fd = -1;
}
