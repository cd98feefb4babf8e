// What methods know of a port beyond what they have sent, as state of the contract.
#include <errno.h>

#include "../../api/state.h"
#include "ce_mvrp.h"

static int add_mvrp(const void *mvrp, struct arena *arena, Sluice__Api__CeNotificationState *state)
{
	struct ce_mvrp_row row = {0};
	Sluice__Api__MvrpVlanState *vlans;
	unsigned count = 0;

	while (ce_mvrp_next(mvrp, &row))
		count++;
	if (count == 0) return 0;
	vlans = arena_alloc(arena, count * sizeof(*vlans));
	state->mvrp_vlans = arena_alloc(arena, count * sizeof(*state->mvrp_vlans));
	if (vlans == NULL || state->mvrp_vlans == NULL) return -ENOMEM;
	row.vid = 0;
	for (Sluice__Api__MvrpVlanState *vlan = vlans; ce_mvrp_next(mvrp, &row); vlan++) {
		*vlan = (Sluice__Api__MvrpVlanState)SLUICE__API__MVRP_VLAN_STATE__INIT;
		vlan->vid = row.vid;
		vlan->applicant = (Sluice__Api__MrpApplicant)row.applicant;
		vlan->registrar = (Sluice__Api__MrpRegistrar)row.registrar;
		state->mvrp_vlans[state->n_mvrp_vlans++] = vlan;
	}
	return 0;
}

static int detail(uint16_t port, struct arena *arena, Sluice__Api__CeNotificationState *state)
{
	return add_mvrp(ce_method_at(port, &ce_mvrp), arena, state);
}

static struct stage ce_state_stage = {
	.name = "ce-state",
	.ce_notification_detail = detail,
};
STAGE_REGISTER(ce_state_stage);
