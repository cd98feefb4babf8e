// Makes bridges forget addresses.
#ifndef CE_AGENT_FLUSH_H
#define CE_AGENT_FLUSH_H

#include <stdint.h>

#include "pdu.h"

// Of one request, with all its attributes.
#define FLUSH_MESSAGE 64

// Writes the netlink message that removes what a bridge has learned at a port: RTM_DELNEIGH with NLM_F_BULK. vid 0: in
// all VLANs. Static and permanent entries stay. Returns its length.
size_t flush_message(uint8_t message[FLUSH_MESSAGE], int port, uint16_t vid, uint32_t sequence);
// The same for one entry.
size_t flush_entry_message(uint8_t message[FLUSH_MESSAGE], int port, uint16_t vid, const uint8_t mac[6],
			   uint32_t sequence);

// A rtnetlink socket, or -errno.
int flush_open(void);
// Forgets the VLANs at a bridge port, in its bridge, and says in *removed how many entries went where it removed them
// one by one
// (-1: at once). Of a bridge that does not tell VLANs apart, everything at the port goes. 0 or -errno: -EINVAL the port
// is in no bridge.
int flush_port(int netlink, int port, const struct vlan_set *vlans, int *removed);

#define FLUSH_PORTS 16

// The same at `count` ports (FLUSH_PORTS at most) of an Open vSwitch bridge; `target` is the switch's
// name or control socket, as ovs-appctl takes it. What was learned at other ports stays: the CE's own stations are
// there. 0 or -errno.
int flush_ovs(const char *target, const char *bridge, const char *const *ports, unsigned count,
	      const struct vlan_set *vlans, int *removed);

#endif
