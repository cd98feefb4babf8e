// The list of a port that says where copies of its frames go (port/mirror.h): mirrors and observation points have their
// entries there, each found by its owner.
#ifndef SLUICE_MIRROR_LIST_H
#define SLUICE_MIRROR_LIST_H

#include "../../main/stage.h"
#include "../../port/mirror.h"

// Into a generation that is being built. 0 or -ENOMEM; taking off what is not there, or of a port that goes, is 0.
int mirror_list_add(struct generation *g, uint16_t port, const struct mirror_entry *entry);
int mirror_list_remove(struct generation *g, uint16_t port, const void *owner);

// Whether a mirror copies the port's frames: it cannot be the destination of one.
bool mirror_list_has_mirrors(const struct port *port);

#endif
