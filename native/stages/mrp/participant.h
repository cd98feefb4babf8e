// A full MRP participant of MVRP at one port (IEEE 802.1Q-2018, clauses 10 and 11.2): applicants and registrars of all
// VLANs, LeaveAll, periodic transmission, opportunities to transmit. Pure: requests, PDUs and the time come in, values
// to send come out. The link is a point-to-point one.
#ifndef SLUICE_MRP_PARTICIPANT_H
#define SLUICE_MRP_PARTICIPANT_H

#include "mvrp_pdu.h"
#include "tables.h"

// Table 10-7, milliseconds. LeaveTime is the longest that may be: a peer on a slow control plane is not withdrawn.
#define MRP_JOIN_MS      200
#define MRP_LEAVE_MS     1000
#define MRP_LEAVE_ALL_MS 10000 // and up to a half more, random
#define MRP_PERIODIC_MS  1000
// 10.7.4.1: of a point-to-point port, opportunities in any 1.5 × JoinTime.
#define MRP_OPPORTUNITIES 3

#define MRP_NEVER UINT64_MAX
#define MRP_VIDS  4096

// Registrar administrative control (10.7.2).
enum mrp_registration {
	// The port's VLANs are registered and no other one, whatever the peer declares.
	MRP_FIXED,
	// None is.
	MRP_FORBIDDEN,
	// Those that the peer declares.
	MRP_NORMAL,
};

struct mrp_vlan {
	uint8_t applicant; // enum mrp_applicant
	uint8_t registrar; // enum mrp_registrar, as the machine has it: mrp_registered() heeds the control
	uint8_t before;    // applicant at the last transmission
	bool known;        // one of the port's VLANs
	bool leave_again;  // a Leave goes with the next transmission although the applicant has left
	uint64_t leave_at; // leavetimer
};

struct mrp_participant {
	enum mrp_registration registration; // owner
	bool periodic;                      // owner: periodic transmission
	bool running;
	bool leave_all; // the LeaveAll machine is active
	uint64_t tx_at; // the next opportunity; MRP_NEVER: none is asked for
	uint64_t leave_all_at, periodic_at;
	uint64_t leave_next;                     // no leavetimer ends before
	uint64_t opportunity[MRP_OPPORTUNITIES]; // the last ones, latest first
	uint64_t random;
	struct mrp_vlan vlan[MRP_VIDS]; // 1 to 4094 are used
};

// Begin!: nothing is declared and nothing registered. `seed` spreads the LeaveAll times of ports.
void mrp_start(struct mrp_participant *mrp, uint64_t now_ms, uint64_t seed);
void mrp_stop(struct mrp_participant *mrp);

// MRP_REQUEST_NEW, _JOIN or _LV for a VLAN. New and Lv of a change are sent at the next opportunity that there may be.
void mrp_request(struct mrp_participant *mrp, uint16_t vid, enum mrp_input request, uint64_t now_ms);
// A Leave goes once more: a lost one is else made good for only by the next LeaveAll.
void mrp_leave_again(struct mrp_participant *mrp, uint16_t vid, uint64_t now_ms);
// Whether the VLAN is declared, or about to be.
bool mrp_declares(const struct mrp_participant *mrp, uint16_t vid);

// A received PDU. 0, or -EBADMSG: what was before the error counts, the rest is ignored.
int mrp_receive(struct mrp_participant *mrp, const uint8_t *pdu, size_t length, uint64_t now_ms);

// Runs the timers that are due.
void mrp_run(struct mrp_participant *mrp, uint64_t now_ms);
// Where there is an opportunity to transmit: writes what is to be sent (ascending VIDs, at most MRP_VIDS) and whether a
// LeaveAll goes with it; the machines have then sent it. False: there is none, or nothing to send.
bool mrp_transmit(struct mrp_participant *mrp, uint64_t now_ms, struct mvrp_value *values, size_t *count,
		  bool *leave_all);
// Of what the last mrp_transmit() gave, these could not be sent: they will be again.
void mrp_unsent(struct mrp_participant *mrp, const struct mvrp_value *values, size_t count, bool leave_all,
		uint64_t now_ms);
// When to call mrp_run() and mrp_transmit() again.
uint64_t mrp_next(const struct mrp_participant *mrp);

// The registrar's state, under its control.
enum mrp_registrar mrp_registered(const struct mrp_participant *mrp, uint16_t vid);

#endif
