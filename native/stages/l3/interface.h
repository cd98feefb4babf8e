// L3 interfaces: what changes of them without a transaction.
#ifndef SLUICE_L3_INTERFACE_H
#define SLUICE_L3_INTERFACE_H

#include "../../main/stage.h"

// Control thread. Reads link and MAC of the port below and tells the stages (interface_changed) if one is another, or
// `always`.
void interface_refresh(const struct l3_interface *interface, bool always);

#endif
