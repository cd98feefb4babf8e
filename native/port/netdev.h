// Settings and state of kernel network devices, by ioctl and /proc. Control thread.
#ifndef SLUICE_PORT_NETDEV_H
#define SLUICE_PORT_NETDEV_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>

struct netdev_state {
	unsigned ifindex; // 0: there is no such device
	bool up;          // administratively
	bool running;     // has a carrier as well
	struct rte_ether_addr address;
	uint32_t speed_mbps; // 0: unknown
};

int netdev_start(void); // 0 or -errno
void netdev_stop(void);

void netdev_read(const char *device, struct netdev_state *state);

// Makes the device fit for a port: offloads that merge frames, split them or hide their tags off, no IPv6 of the
// kernel's on it, an MTU that lets frames of l3_mtu with two tags through (exact: and no longer ones, which XDP
// programs cannot take). What a device cannot do it need not.
void netdev_prepare(const char *device, uint16_t l3_mtu, bool exact);
// Takes off an XDP program that a killed engine left: frames would go to its sockets. Other programs stay.
void netdev_clear_xdp(const char *device, unsigned ifindex);
// 0 or -errno.
int netdev_set_up(const char *device, bool up);

#endif
