// The device behind a port, from its opening to its closing, with what is known of its link. Control thread, but for
// the pointer that workers read.
#ifndef SLUICE_PORT_PORT_IO_H
#define SLUICE_PORT_PORT_IO_H

#include "device.h"

struct port_io {
	struct device *device; // swung under RCU; NULL while the device is away
	struct device_spec spec;
	char port[NAME_SIZE];
	uint16_t port_id;
	bool enabled;
	bool held_down;        // port_hold_down()
	bool held, letting_go; // port_held()
	struct timer let_go;
	bool active;     // belongs to a published port
	bool collecting; // of a link of a bundle: written by stages/lacp, read by workers
	enum port_link link;
	struct rte_ether_addr address;
	uint32_t speed_mbps;
	uint64_t last_change_ns;
	// Losses of devices that were closed.
	uint64_t past_discards, past_in_errors, past_out_errors;
	struct timer retry;
	uint32_t retry_ms;
	struct port_io *next;
};

// The netlink socket, and the list. 0 or -errno.
int ports_start(void);
void ports_stop(void);
// Control thread, after control_wake(): looks at the devices whose state has changed.
void ports_poll(void);

// Opens the device; workers do not see it yet. 0 or -errno with the reason.
int port_io_open(const char *port, const struct device_spec *spec, struct port_io **out, struct device_error *error);
// Published: workers poll it and wake for it.
// Called again it takes over what has changed.
void port_io_activate(struct port_io *io, uint16_t port_id, bool enabled, uint16_t mtu);
// No root refers to it any more (or none ever did). NULL is fine.
void port_io_close(struct port_io *io);

// Whether a device opened for one serves the other.
bool device_spec_same(const struct device_spec *a, const struct device_spec *b);

// What was lost at the device itself.
void port_io_losses(struct port_io *io, uint64_t *in_discards, uint64_t *in_errors, uint64_t *out_errors);
// Of port_held(): before its first use; and without waiting for the link any more.
void hold_init(struct port_io *io);
void hold_ended(struct port_io *io);
// Tells subscribers of the contract of its link and whether it is held.
void port_io_tell_link(const struct port_io *io);
bool port_io_can_sleep(const struct port_io *io);

#endif
