// Hears from the kernel when a network device changes, comes or goes.
#ifndef SLUICE_PORT_NETLINK_H
#define SLUICE_PORT_NETLINK_H

// changed(device) for each change; NULL: changes were missed, look at all. 0 or -errno.
int netlink_start(void (*changed)(const char *device));
void netlink_stop(void);

#endif
