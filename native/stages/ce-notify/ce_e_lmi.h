// What the method "e-lmi" knows of a port.
#ifndef SLUICE_CE_E_LMI_H
#define SLUICE_CE_E_LMI_H

#include "ce_method.h"

struct uni_n;

// `state` is the method's at a port, or NULL. NULL: it does not run there.
const struct uni_n *ce_e_lmi_uni(const void *state, uint64_t *last_enquiry_ns);

#endif
