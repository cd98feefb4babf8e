// The state machines of link aggregation (IEEE 802.1AX-2014, clause 6.4): Receive, Periodic, Selection, Mux. Pure: what
// comes in are a PDU, the link and the time; what comes out is who collects and distributes and what is to be sent.
//
// One aggregator a bundle: the ports whose partner is the same system with the same key, as many as the bundle takes,
// by the priorities of the system with the lower identifier. Ports with another partner, or with none, stay out.
#ifndef SLUICE_LACP_H
#define SLUICE_LACP_H

#include "lacp_pdu.h"

// 6.4.4, milliseconds.
#define LACP_FAST_PERIODIC_MS  1000
#define LACP_SLOW_PERIODIC_MS  30000
#define LACP_SHORT_TIMEOUT_MS  3000
#define LACP_LONG_TIMEOUT_MS   90000
#define LACP_AGGREGATE_WAIT_MS 2000
// Most LACPDUs of a port in a second (6.4.16).
#define LACP_MOST_A_SECOND 3

#define LACP_NEVER UINT64_MAX

enum lacp_mode { LACP_MODE_STATIC, LACP_MODE_ACTIVE, LACP_MODE_PASSIVE };

enum lacp_receive_state { LACP_PORT_DISABLED, LACP_EXPIRED_STATE, LACP_DEFAULTED_STATE, LACP_CURRENT };
enum lacp_selected { LACP_UNSELECTED, LACP_SELECTED, LACP_STANDBY };
enum lacp_mux_state { LACP_DETACHED, LACP_WAITING, LACP_ATTACHED, LACP_MUX_COLLECTING, LACP_MUX_DISTRIBUTING };

// Memory is the owner's; it sets what is marked so and calls lacp_port_start().
struct lacp_port {
	struct lacp_info actor;   // owner: all but the state
	struct lacp_info partner; // as the partner says, or zero
	enum lacp_receive_state receive;
	enum lacp_selected selected;
	enum lacp_mux_state mux;
	bool enabled; // lacp_port_enable()
	bool need_to_transmit;
	uint64_t current_until; // LACP_NEVER: not running, as the others
	uint64_t periodic_at;
	uint64_t wait_until;
	uint64_t second_began; // of the PDUs that are counted
	unsigned sent_in_second;
	struct lacp_port *next; // owner: in the bundle
};

struct lacp_bundle {
	enum lacp_mode mode;
	bool fast;          // asks the partner for a PDU a second
	unsigned max_links; // at least 1
	// By LACP: its links stay out of synchronization.
	bool held;
	struct lacp_port *ports;
};

// Begins anew: nothing is known of the partner, the link is down.
void lacp_port_start(const struct lacp_bundle *bundle, struct lacp_port *port);
// The link is usable (and full duplex), or not.
void lacp_port_enable(struct lacp_port *port, bool enabled, uint64_t now_ms);
void lacp_port_receive(const struct lacp_bundle *bundle, struct lacp_port *port, const struct lacp_pdu *pdu,
		       uint64_t now_ms);

// Runs timers and machines until nothing changes.
void lacp_bundle_run(struct lacp_bundle *bundle, uint64_t now_ms);
// When it is to be run again at the latest, once everything has been sent (LACP_NEVER).
uint64_t lacp_bundle_next(const struct lacp_bundle *bundle, uint64_t now_ms);

// After lacp_bundle_run(): whether a PDU is to be sent now, and which; it counts as sent then.
bool lacp_port_transmit(const struct lacp_bundle *bundle, struct lacp_port *port, uint64_t now_ms,
			struct lacp_pdu *pdu);

static inline bool lacp_port_collects(const struct lacp_port *port)
{
	return port->mux >= LACP_MUX_COLLECTING;
}

static inline bool lacp_port_distributes(const struct lacp_port *port)
{
	return port->mux == LACP_MUX_DISTRIBUTING;
}

#endif
