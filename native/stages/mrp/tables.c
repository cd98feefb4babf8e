#include "tables.h"

// One row an event, one column a state, in the order of the enum, as the standard prints them.
#define SAME 0xff
#define ROW(...)                                                                                                       \
	{                                                                                                              \
		__VA_ARGS__                                                                                            \
	}
#define ____ SAME
#define VO   MRP_VO
#define VP   MRP_VP
#define VN   MRP_VN
#define AN   MRP_AN
#define AA   MRP_AA
#define QA   MRP_QA
#define LA   MRP_LA
#define AO   MRP_AO
#define QO   MRP_QO
#define AP   MRP_AP
#define QP   MRP_QP
#define LO   MRP_LO

// clang-format off
static const uint8_t applicant_next[MRP_INPUTS][MRP_APPLICANTS] = {
	//                       VO    VP    VN    AN    AA    QA    LA    AO    QO    AP    QP    LO
	[MRP_BEGIN]        = ROW(VO,   VO,   VO,   VO,   VO,   VO,   VO,   VO,   VO,   VO,   VO,   VO),
	[MRP_REQUEST_NEW]  = ROW(VN,   VN,   ____, ____, VN,   VN,   VN,   VN,   VN,   VN,   VN,   VN),
	[MRP_REQUEST_JOIN] = ROW(VP,   ____, ____, ____, ____, ____, AA,   AP,   QP,   ____, ____, VP),
	[MRP_REQUEST_LV]   = ROW(____, VO,   LA,   LA,   LA,   LA,   ____, ____, ____, AO,   QO,   ____),
	[MRP_R_NEW]        = ROW(____, ____, ____, ____, ____, ____, ____, ____, ____, ____, ____, ____),
	[MRP_R_JOIN_IN]    = ROW(AO,   AP,   ____, ____, QA,   ____, ____, QO,   ____, QP,   ____, ____),
	[MRP_R_IN]         = ROW(____, ____, ____, ____, QA,   ____, ____, ____, ____, ____, ____, ____),
	[MRP_R_JOIN_MT]    = ROW(____, ____, ____, ____, ____, AA,   ____, ____, AO,   ____, AP,   VO),
	[MRP_R_MT]         = ROW(____, ____, ____, ____, ____, AA,   ____, ____, AO,   ____, AP,   VO),
	[MRP_R_LV]         = ROW(LO,   ____, ____, VN,   VP,   VP,   ____, LO,   LO,   VP,   VP,   ____),
	[MRP_R_LA]         = ROW(LO,   ____, ____, VN,   VP,   VP,   ____, LO,   LO,   VP,   VP,   ____),
	[MRP_REDECLARE]    = ROW(LO,   ____, ____, VN,   VP,   VP,   ____, LO,   LO,   VP,   VP,   ____),
	[MRP_PERIODIC]     = ROW(____, ____, ____, ____, ____, AA,   ____, ____, ____, ____, AP,   ____),
	[MRP_TX]           = ROW(____, AA,   AN,   QA,   QA,   ____, VO,   ____, ____, QA,   ____, VO),
	[MRP_TX_LA]        = ROW(LO,   AA,   AN,   QA,   QA,   ____, LO,   LO,   LO,   QA,   QA,   ____),
	[MRP_TX_LAF]       = ROW(LO,   ____, ____, VN,   VP,   VP,   LO,   LO,   LO,   VP,   VP,   ____),
	[MRP_FLUSH]        = ROW(____, ____, ____, ____, ____, ____, ____, ____, ____, ____, ____, ____),
	[MRP_LEAVE_TIMER]  = ROW(____, ____, ____, ____, ____, ____, ____, ____, ____, ____, ____, ____),
};

#define NEW   MRP_SEND_NEW
#define JOIN  MRP_SEND_JOIN
#define LEAVE MRP_SEND_LV
#define STATE MRP_SEND_STATE
#define JOIN_ MRP_SEND_JOIN_OPTIONAL
#define STAT_ MRP_SEND_STATE_OPTIONAL

static const uint8_t sends_tx[MRP_APPLICANTS] = {
	//  VO     VP    VN   AN   AA    QA     LA     AO     QO     AP    QP     LO
	    STAT_, JOIN, NEW, NEW, JOIN, JOIN_, LEAVE, STAT_, STAT_, JOIN, STAT_, STATE};
static const uint8_t sends_tx_la[MRP_APPLICANTS] = {
	    STAT_, STATE, NEW, NEW, JOIN, JOIN, STAT_, STAT_, STAT_, JOIN, JOIN, STAT_};
// clang-format on

struct mrp_applicant_step mrp_applicant_step(enum mrp_applicant state, enum mrp_input input, bool point_to_point,
					     bool registered)
{
	struct mrp_applicant_step step = {applicant_next[input][state], MRP_SEND_NONE};

	if (step.next == SAME) step.next = (uint8_t)state;
	// Note 4: what another one declares spares an observer nothing where there is no third one.
	if (input == MRP_R_JOIN_IN && point_to_point && (state == MRP_VO || state == MRP_VP))
		step.next = (uint8_t)state;
	// Note 5: In may come from a bystander unless there is none.
	if (input == MRP_R_IN && !point_to_point) step.next = (uint8_t)state;
	// Note 8.
	if (input == MRP_TX && state == MRP_AN && !registered) step.next = MRP_AA;
	if (input == MRP_TX) step.send = sends_tx[state];
	if (input == MRP_TX_LA) step.send = sends_tx_la[state];
	return step;
}

#define STEP(state, indication, timer)                                                                                 \
	{                                                                                                              \
		MRP_REGISTRAR_##state, MRP_INDICATE_##indication, MRP_TIMER_##timer                                    \
	}
#define STAYS                                                                                                          \
	{                                                                                                              \
		SAME, MRP_INDICATE_NONE, MRP_TIMER_AS_IT_IS                                                            \
	}
#define STAY                                                                                                           \
	{                                                                                                              \
		STAYS, STAYS, STAYS                                                                                    \
	}
#define LEAVES                                                                                                         \
	{                                                                                                              \
		STAYS, STAYS, STEP(LV, NONE, START)                                                                    \
	}
#define JOINS                                                                                                          \
	{                                                                                                              \
		STEP(IN, JOIN, AS_IT_IS), STEP(IN, NONE, STOP), STAYS                                                  \
	}

static const struct mrp_registrar_step registrar_steps[MRP_INPUTS][MRP_REGISTRARS] = {
	[MRP_BEGIN] = {STEP(MT, NONE, STOP), STEP(MT, NONE, STOP), STEP(MT, NONE, STOP)},
	[MRP_REQUEST_NEW] = STAY,
	[MRP_REQUEST_JOIN] = STAY,
	[MRP_REQUEST_LV] = STAY,
	[MRP_R_NEW] = {STEP(IN, NEW, AS_IT_IS), STEP(IN, NEW, STOP), STEP(IN, NEW, AS_IT_IS)},
	[MRP_R_JOIN_IN] = JOINS,
	[MRP_R_IN] = STAY,
	[MRP_R_JOIN_MT] = JOINS,
	[MRP_R_MT] = STAY,
	[MRP_R_LV] = LEAVES,
	[MRP_R_LA] = LEAVES,
	[MRP_REDECLARE] = LEAVES,
	[MRP_PERIODIC] = STAY,
	[MRP_TX] = STAY,
	[MRP_TX_LA] = LEAVES,
	[MRP_TX_LAF] = STAY,
	[MRP_FLUSH] = {STAYS, STEP(MT, LV, STOP), STEP(MT, LV, AS_IT_IS)},
	[MRP_LEAVE_TIMER] = {STAYS, STEP(MT, LV, AS_IT_IS), STAYS},
};

struct mrp_registrar_step mrp_registrar_step(enum mrp_registrar state, enum mrp_input input)
{
	struct mrp_registrar_step step = registrar_steps[input][state];

	if (step.next == SAME) step.next = (uint8_t)state;
	return step;
}

bool mrp_applicant_anxious(enum mrp_applicant state)
{
	return sends_tx[state] <= MRP_SEND_STATE && sends_tx[state] != MRP_SEND_NONE;
}

const char *mrp_applicant_name(enum mrp_applicant state)
{
	static const char *const names[] = {"VO", "VP", "VN", "AN", "AA", "QA", "LA", "AO", "QO", "AP", "QP", "LO"};

	return names[state];
}

const char *mrp_registrar_name(enum mrp_registrar state)
{
	static const char *const names[] = {"MT", "LV", "IN"};

	return names[state];
}
