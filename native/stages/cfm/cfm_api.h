// The contract's side of MEPs.
#ifndef SLUICE_CFM_CFM_API_H
#define SLUICE_CFM_CFM_API_H

#include "../../api/later.h"
#include "cfm.h"

// `state` refers to what `remote` holds.
void cfm_remote_state(const struct cfm_remote *remote, Sluice__Api__CfmRemoteMepState *state);

// struct stage, request.
int cfm_request(const Sluice__Api__Request *request, const struct owner *owner, struct later *later,
		struct api_error *error);

#endif
