// The continuity check of one MEP (IEEE 802.1Q-2018, 20.11 to 20.37: CCI, receiver, remote MEPs, error and cross
// connect, fault notification generator) as a function of what it is, what happens and when. Times are microseconds.
#ifndef SLUICE_CFM_MACHINE_H
#define SLUICE_CFM_MACHINE_H

#include "pdu.h"

#define CFM_NEVER        UINT64_MAX
#define CFM_MOST_REMOTES 64
// Of those that are taken in because they are heard.
#define CFM_MOST_HEARD 8
// A change of the port status is sent so often more.
#define CFM_REPEATS 2

// Bits; the priority of a defect (table 20-1) is the number of its bit, from 1.
enum {
	CFM_DEFECT_RDI = 1,
	CFM_DEFECT_MAC_STATUS = 2,
	CFM_DEFECT_REMOTE_CCM = 4,
	CFM_DEFECT_ERROR_CCM = 8,
	CFM_DEFECT_XCON_CCM = 16,
};

enum cfm_fng { CFM_FNG_RESET, CFM_FNG_DEFECT, CFM_FNG_REPORT, CFM_FNG_REPORTED, CFM_FNG_CLEARING };
enum cfm_remote_state { CFM_RMEP_IDLE, CFM_RMEP_START, CFM_RMEP_FAILED, CFM_RMEP_OK };

struct cfm_parameters {
	uint8_t level, interval; // interval: 1 to 7
	uint16_t mep_id;
	uint8_t maid[CFM_MAID];
	bool ccm_enabled, interface_status;
	uint8_t lowest_alarm; // 1 to 6
	uint32_t alarm_time, reset_time;
	bool heard; // remote MEPs are those that are heard
};

// 20.19. The one who owns the machine gives the memory.
struct cfm_remote {
	uint16_t id;
	uint8_t state; // enum cfm_remote_state
	bool rdi;
	uint8_t port_status, interface_status;
	uint8_t mac[6];
	bool changed; // for who reads it after CFM_REMOTES
	bool has_sequence;
	uint32_t sequence;
	uint64_t expires_at;
	uint64_t ccms;
	// The caller's.
	uint8_t told_state;
	uint64_t since_ns;
};

struct cfm_machine {
	struct cfm_parameters parameters;
	struct cfm_remote *remotes;
	uint16_t remote_count, remote_room;
	bool up;           // what the port status says
	uint32_t sequence; // CCIsentCCMs
	uint64_t send_at, repeat_at;
	uint8_t repeats;                  // left
	uint64_t error_until, xcon_until; // 0: no such defect
	uint8_t defects;
	uint8_t fng; // enum cfm_fng
	uint8_t fng_priority, highest;
	uint64_t fng_at;
	uint64_t ccms_received, sequence_errors, error_ccms, xcon_ccms, refused;
};

// What the caller has to do. CFM_ERROR and CFM_XCON: the CCM just received made the defect.
enum {
	CFM_SEND = 1,        // a CCM
	CFM_SEND_STATUS = 2, // one that tells a new port status
	CFM_DEFECTS = 4,     // they have changed
	CFM_ALARM = 8,       // a fault alarm for `highest`
	CFM_REMOTES = 16,    // remotes with `changed` have
	CFM_ERROR = 32,
	CFM_XCON = 64,
};

uint64_t cfm_interval(uint8_t code); // 1 to 7

// `remotes` has room for as many; the first `count` are set to their ids.
void cfm_begin(struct cfm_machine *machine, const struct cfm_parameters *parameters, struct cfm_remote *remotes,
	       uint16_t count, uint16_t room, bool up, uint64_t now);
// Others with the same level, names and MEP id; `remotes` as above replace those that were. Who stays keeps what is
// known of it.
unsigned cfm_change(struct cfm_machine *machine, const struct cfm_parameters *parameters, struct cfm_remote *remotes,
		    uint16_t count, uint16_t room, uint64_t now);
// A CCM of the MEP's level, or of a lower one.
unsigned cfm_receive(struct cfm_machine *machine, const struct cfm_ccm *ccm, bool is_lower, const uint8_t mac[6],
		     uint64_t now);
// The effective block of the VLAN.
unsigned cfm_port(struct cfm_machine *machine, bool up, uint64_t now);
// What is due at `now`.
unsigned cfm_time(struct cfm_machine *machine, uint64_t now);
// When cfm_time() is to be called; CFM_NEVER.
uint64_t cfm_due(const struct cfm_machine *machine);
// The CCM to send; counts it.
void cfm_compose(struct cfm_machine *machine, struct cfm_ccm *ccm);
// presentRDI, 20.9.6.
bool cfm_rdi(const struct cfm_machine *machine);
// NULL: no such remote MEP.
struct cfm_remote *cfm_remote(const struct cfm_machine *machine, uint16_t id);

#endif
