// Between the method "cfm" and the MEPs (stages/cfm), which need more of the engine than methods do.
#ifndef SLUICE_CE_CFM_H
#define SLUICE_CE_CFM_H

#include <stdint.h>

// Tells the MEP of a VLAN at a port that its block may have changed: CCMs that it sent for it, 0 or 1, and when. NULL:
// no MEPs here.
extern unsigned (*ce_cfm_send)(uint16_t port, uint16_t vid, uint64_t *sent_ns);

// CCMs with a new port status that MEPs of a port have sent, or could not.
void ce_cfm_sent(uint16_t port, uint64_t frames, uint64_t dropped, uint64_t last_ns, uint16_t last_vid);

#endif
