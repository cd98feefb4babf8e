// A way to tell a CE that a VLAN is blocked or released: mac-move, MVRP and so on. A method is a file with one
// `struct ce_method` in the table of ce_notify.c. Everything runs on the control thread.
#ifndef SLUICE_CE_METHOD_H
#define SLUICE_CE_METHOD_H

#include "../../main/stage.h"

#define CE_METHODS 7

struct ce_port;

// What a method has done at a port since its CE notification was set.
struct ce_sent {
	uint64_t frames;
	uint64_t dropped; // port down, queue full, above a limit
	uint64_t last_ns; // CLOCK_REALTIME; 0: never
	uint16_t last_vid;
	uint64_t received;
	uint64_t refused; // of those: malformed
	bool holds_down;  // of lacp and carrier
};

// One VLAN of the port that is blocked or released by the generation just published.
struct ce_change {
	uint16_t vid; // 0: untagged
	bool blocked;
	struct block_change *event; // ce_report() writes into it
};

struct ce_method {
	const char *name;
	// Memory for a port, in Prepare; NULL: out of memory. `sent` is where the method counts.
	void *(*open)(struct ce_port *port, struct ce_sent *sent);
	// Ends all that is pending and frees it.
	void (*close)(void *state);
	bool (*enabled)(const struct ce_notification *config);
	// There is a configuration, or another one (port->config): what it no longer wants ends.
	void (*configured)(void *state);
	// All changes at the port of one generation, ascending VIDs, effective on every worker. Queues the first frames
	// and reports them. Only called while enabled.
	void (*changed)(void *state, const struct ce_change *changes, unsigned count);

	// Those below may be NULL. After changed(), and while enabled or not: the VLANs that the port has, or those
	// that it lets through, are others (ce_vlans.h).
	void (*vlans)(void *state);
	// What the method wants to receive (bits of enum ce_in_kind), and a frame of it while it does. `frame` has
	// `length` bytes, 14 at least.
	uint8_t (*takes)(const struct ce_notification *config);
	void (*received)(void *state, const uint8_t *frame, size_t length);
	// The port's link has changed.
	void (*link)(void *state);
};

struct ce_port {
	uint16_t port;
	struct ce_notification config;
	void *state[CE_METHODS];
	struct ce_sent sent[CE_METHODS];
};

extern const struct ce_method ce_mac_move, ce_mvrp, ce_stp_tc, ce_e_lmi, ce_cfm, ce_lacp, ce_carrier;

// The method's state at a port; NULL: nobody is told there.
void *ce_method_at(uint16_t port, const struct ce_method *method);

// Sends one frame out of a port, whatever blocks it there. As ce_send, which counts.
int ce_inject(uint16_t port, const uint8_t *frame, size_t length);

// Sends one frame to the CE and counts it. 0, -ENOBUFS (no buffer or the queue is full), -ENETDOWN. The caller ends a
// batch with port_inject_flush().
int ce_send(struct ce_port *port, struct ce_sent *sent, uint16_t vid, const uint8_t *frame, size_t length);

// The same for a frame without tags that begins with these addresses' octets: `to` and the port's own; `frame` has room
// for CE_HEADER octets in front of what has been written behind them, and for 60 in all.
#define CE_HEADER 14
int ce_send_untagged(struct ce_port *port, struct ce_sent *sent, uint16_t vid, const uint8_t to[RTE_ETHER_ADDR_LEN],
		     uint16_t type_or_length, uint8_t *frame, size_t length);

// Whether frames can leave: a port whose link is down or gone takes none.
bool ce_link_up(const struct ce_port *port);

// Notes in the event of a change that `frames` frames of a method have been queued, the first one at first_ns.
void ce_report(const struct ce_change *change, const char *method, uint32_t frames, uint64_t first_ns);

// The source address of the router's frames: the device's, or one of its own where it has none.
void ce_own_address(uint16_t port, struct rte_ether_addr *address);

#endif
