// E-LMI of a CE notification: what may be set, and as the stage takes it.
#ifndef SLUICE_API_E_LMI_H
#define SLUICE_API_E_LMI_H

#include <sluice.pb-c.h>

struct generation;
struct e_lmi_config;

// NULL, or what is wrong with it.
const char *e_lmi_check(const Sluice__Api__ELmi *e_lmi);

// In memory of the generation, with defaults filled in; `port` names the UNI that has no name. NULL: out of memory.
const struct e_lmi_config *e_lmi_build(struct generation *g, const Sluice__Api__ELmi *e_lmi, const char *port);

#endif
