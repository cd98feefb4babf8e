#include "machine.h"

uint32_t vrrp_skew(const struct vrrp_machine *machine, const struct vrrp_parameters *parameters)
{
	return (256u - parameters->priority) * machine->active_interval / 256;
}

uint32_t vrrp_down_interval(const struct vrrp_machine *machine, const struct vrrp_parameters *parameters)
{
	return 3u * machine->active_interval + vrrp_skew(machine, parameters);
}

static void advertise(struct vrrp_result *result, const struct vrrp_parameters *parameters)
{
	result->next.role = VRRP_ROLE_ACTIVE;
	result->send = true;
	result->priority = parameters->priority;
	result->timer = parameters->interval;
}

static void back_up(struct vrrp_result *result, const struct vrrp_parameters *parameters, uint16_t interval)
{
	result->next.role = VRRP_ROLE_BACKUP;
	result->next.active_interval = interval;
	result->timer = vrrp_down_interval(&result->next, parameters);
}

static void initialize(struct vrrp_result *result, const struct vrrp_parameters *parameters,
		       const struct vrrp_event *event)
{
	if (event->what != VRRP_STARTUP) return;
	if (parameters->priority == VRRP_OWNER)
		advertise(result, parameters);
	else
		back_up(result, parameters, parameters->interval);
}

static void backup(struct vrrp_result *result, const struct vrrp_parameters *parameters, const struct vrrp_event *event)
{
	if (event->what == VRRP_TIMER) {
		advertise(result, parameters);
	} else if (event->what == VRRP_ADVERTISEMENT && event->priority == 0) {
		result->timer = vrrp_skew(&result->next, parameters);
		// A timer of 0 would be none.
		if (result->timer == 0) result->timer = 1;
	} else if (event->what == VRRP_ADVERTISEMENT &&
		   (!parameters->preempt || event->held || event->priority >= parameters->priority)) {
		back_up(result, parameters, event->interval);
	}
}

static void active(struct vrrp_result *result, const struct vrrp_parameters *parameters, const struct vrrp_event *event)
{
	bool better =
		event->priority > parameters->priority || (event->priority == parameters->priority && event->greater);

	if (event->what == VRRP_TIMER)
		advertise(result, parameters);
	else if (event->what == VRRP_ADVERTISEMENT && event->priority != 0 && better)
		back_up(result, parameters, event->interval);
	else if (event->what == VRRP_ADVERTISEMENT)
		// Of one that leaves, or is worse: it and the bridges between us learn who is active (RFC 9568, 6.4.3).
		advertise(result, parameters);
}

struct vrrp_result vrrp_step(const struct vrrp_machine *machine, const struct vrrp_parameters *parameters,
			     const struct vrrp_event *event)
{
	struct vrrp_result result = {.next = *machine, .timer = VRRP_TIMER_KEEP};

	if (event->what == VRRP_SHUTDOWN) {
		result.send = machine->role == VRRP_ROLE_ACTIVE;
		result.next.role = VRRP_ROLE_INITIALIZE;
		result.timer = 0;
		return result;
	}
	switch ((enum vrrp_role)machine->role) {
	case VRRP_ROLE_INITIALIZE:
		initialize(&result, parameters, event);
		break;
	case VRRP_ROLE_BACKUP:
		backup(&result, parameters, event);
		break;
	case VRRP_ROLE_ACTIVE:
		active(&result, parameters, event);
		break;
	}
	return result;
}
