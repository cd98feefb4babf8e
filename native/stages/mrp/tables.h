// The state machines of MRP as data (IEEE 802.1Q-2018, tables 10-3 and 10-4): one step is a look-up.
#ifndef SLUICE_MRP_TABLES_H
#define SLUICE_MRP_TABLES_H

#include <stdbool.h>
#include <stdint.h>

// Very anxious, anxious, quiet, leaving; observer, passive, active, new (10.7.6.1 to 10.7.6.12).
enum mrp_applicant {
	MRP_VO,
	MRP_VP,
	MRP_VN,
	MRP_AN,
	MRP_AA,
	MRP_QA,
	MRP_LA,
	MRP_AO,
	MRP_QO,
	MRP_AP,
	MRP_QP,
	MRP_LO,
	MRP_APPLICANTS,
};

enum mrp_registrar { MRP_REGISTRAR_MT, MRP_REGISTRAR_LV, MRP_REGISTRAR_IN, MRP_REGISTRARS };

// What happens to an attribute (10.7.5). A received event is MRP_R_NEW + enum mrp_event.
enum mrp_input {
	MRP_BEGIN,
	MRP_REQUEST_NEW,
	MRP_REQUEST_JOIN,
	MRP_REQUEST_LV,
	MRP_R_NEW,
	MRP_R_JOIN_IN,
	MRP_R_IN,
	MRP_R_JOIN_MT,
	MRP_R_MT,
	MRP_R_LV,
	MRP_R_LA,
	MRP_REDECLARE,
	MRP_PERIODIC,
	MRP_TX,
	MRP_TX_LA,
	MRP_TX_LAF,
	MRP_FLUSH,
	MRP_LEAVE_TIMER,
	MRP_INPUTS,
};

// What an opportunity to transmit gives. Optional: only where it makes the encoding shorter.
enum mrp_send {
	MRP_SEND_NONE,
	MRP_SEND_NEW,
	MRP_SEND_JOIN, // JoinIn or JoinMt, by the registrar
	MRP_SEND_LV,
	MRP_SEND_STATE, // In or Mt, by the registrar
	MRP_SEND_JOIN_OPTIONAL,
	MRP_SEND_STATE_OPTIONAL,
};

// What the registrar tells the application of.
enum mrp_indication { MRP_INDICATE_NONE, MRP_INDICATE_NEW, MRP_INDICATE_JOIN, MRP_INDICATE_LV };
enum mrp_leave_timer { MRP_TIMER_AS_IT_IS, MRP_TIMER_START, MRP_TIMER_STOP };

struct mrp_applicant_step {
	uint8_t next; // enum mrp_applicant
	uint8_t send; // enum mrp_send
};

struct mrp_registrar_step {
	uint8_t next;     // enum mrp_registrar
	uint8_t indicate; // enum mrp_indication
	uint8_t timer;    // enum mrp_leave_timer
};

// `point_to_point`: operPointToPointMAC; `registered`: the attribute's registrar is IN (note 8 of the table).
struct mrp_applicant_step mrp_applicant_step(enum mrp_applicant state, enum mrp_input input, bool point_to_point,
					     bool registered);
struct mrp_registrar_step mrp_registrar_step(enum mrp_registrar state, enum mrp_input input);

// Whether the applicant asks for an opportunity to transmit: what it would send is not optional.
bool mrp_applicant_anxious(enum mrp_applicant state);

const char *mrp_applicant_name(enum mrp_applicant state); // "VO"
const char *mrp_registrar_name(enum mrp_registrar state); // "MT"

#endif
