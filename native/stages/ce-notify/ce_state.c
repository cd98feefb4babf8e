// What methods know of a port beyond what they have sent, as state of the contract.
#include <errno.h>

#include "../../api/state.h"
#include "../e-lmi/uni_n.h"
#include "ce_e_lmi.h"
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

static int add_evcs(const struct uni_n *uni, struct arena *arena, Sluice__Api__ELmiState *state)
{
	uint32_t count = uni->config->evc_count;
	Sluice__Api__ELmiEvcState *evcs;

	if (count == 0) return 0;
	evcs = arena_alloc(arena, count * sizeof(*evcs));
	state->evcs = arena_alloc(arena, count * sizeof(*state->evcs));
	if (evcs == NULL || state->evcs == NULL) return -ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		evcs[i] = (Sluice__Api__ELmiEvcState)SLUICE__API__ELMI_EVC_STATE__INIT;
		evcs[i].reference_id = uni->config->evc[i].reference_id;
		evcs[i].status = (Sluice__Api__ELmiEvcStatus)(uni->evc[i].status | uni->evc[i].is_new);
		evcs[i].told_ns = uni->evc[i].told_ns;
		state->evcs[i] = &evcs[i];
	}
	state->n_evcs = count;
	return 0;
}

static int add_e_lmi(const void *e_lmi, struct arena *arena, Sluice__Api__CeNotificationState *state)
{
	uint64_t last_enquiry_ns = 0;
	const struct uni_n *uni = ce_e_lmi_uni(e_lmi, &last_enquiry_ns);
	Sluice__Api__ELmiState *to;

	if (uni == NULL) return 0;
	to = arena_alloc(arena, sizeof(*to));
	if (to == NULL) return -ENOMEM;
	*to = (Sluice__Api__ELmiState)SLUICE__API__ELMI_STATE__INIT;
	to->operational = uni->operational;
	to->last_enquiry_ns = last_enquiry_ns;
	to->full_enquiries = uni->full_enquiries;
	to->check_enquiries = uni->check_enquiries;
	to->timeouts = uni->timeouts;
	to->sequence_errors = uni->sequence_errors;
	to->protocol_errors = uni->protocol_errors;
	to->asynchronous_sent = uni->asynchronous_sent;
	to->data_instance = uni->data_instance;
	state->e_lmi = to;
	return add_evcs(uni, arena, to);
}

static int detail(uint16_t port, struct arena *arena, Sluice__Api__CeNotificationState *state)
{
	int rc = add_mvrp(ce_method_at(port, &ce_mvrp), arena, state);

	return rc != 0 ? rc : add_e_lmi(ce_method_at(port, &ce_e_lmi), arena, state);
}

static struct stage ce_state_stage = {
	.name = "ce-state",
	.ce_notification_detail = detail,
};
STAGE_REGISTER(ce_state_stage);
