// What the method "mvrp" knows of the VLANs of a port.
#ifndef SLUICE_CE_MVRP_H
#define SLUICE_CE_MVRP_H

#include "ce_method.h"

struct ce_mvrp_row {
	uint16_t vid;      // 0 before the first
	uint8_t applicant; // enum mrp_applicant
	uint8_t registrar; // enum mrp_registrar
};

// The next VLAN that the port has, or that somebody declares. `state` is the method's at a port, or NULL. False: there
// is none.
bool ce_mvrp_next(const void *state, struct ce_mvrp_row *row);

#endif
