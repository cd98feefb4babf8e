// The state machine of VRRP (RFC 9568, 6.4; RFC 5798) as a function of state and event. Times are centiseconds.
#ifndef SLUICE_VRRP_MACHINE_H
#define SLUICE_VRRP_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#define VRRP_OWNER 255

enum vrrp_role { VRRP_ROLE_INITIALIZE, VRRP_ROLE_BACKUP, VRRP_ROLE_ACTIVE }; // as VrrpRole of the contract

struct vrrp_parameters {
	uint8_t priority;  // effective: 1 to 255
	uint16_t interval; // Advertisement_Interval
	bool preempt;
};

struct vrrp_machine {
	uint8_t role;             // enum vrrp_role
	uint16_t active_interval; // Active_Adver_Interval
};

enum vrrp_what { VRRP_STARTUP, VRRP_SHUTDOWN, VRRP_TIMER, VRRP_ADVERTISEMENT };

struct vrrp_event {
	enum vrrp_what what;
	// ADVERTISEMENT
	uint8_t priority;
	uint16_t interval;
	bool greater; // its sender's primary address is greater than ours
	// The hold before an active one of lower priority is replaced is not over.
	bool held;
};

#define VRRP_TIMER_KEEP UINT32_MAX

struct vrrp_result {
	struct vrrp_machine next;
	bool send;        // an advertisement, with
	uint8_t priority; // this priority
	uint32_t timer;   // from now; 0: none; VRRP_TIMER_KEEP: as it was
};

struct vrrp_result vrrp_step(const struct vrrp_machine *machine, const struct vrrp_parameters *parameters,
			     const struct vrrp_event *event);

// 6.1: Skew_Time and Active_Down_Interval.
uint32_t vrrp_skew(const struct vrrp_machine *machine, const struct vrrp_parameters *parameters);
uint32_t vrrp_down_interval(const struct vrrp_machine *machine, const struct vrrp_parameters *parameters);

#endif
