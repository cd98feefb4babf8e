// From the workers to the control thread: packets that wait for a neighbour, and messages of protocols. A ring a
// worker and kind; what does not fit is dropped by the worker and counted.
#ifndef SLUICE_NEIGHBOUR_INBOX_H
#define SLUICE_NEIGHBOUR_INBOX_H

#include "../../main/stage.h"

enum inbox { INBOX_HOLD, INBOX_ARP, INBOX_ND, INBOX_VRRP, INBOX_DHCP, INBOXES };

int inbox_start(void); // 0 or -errno
// Frees what is in them.
void inbox_stop(void);

// Worker. False: full, the packet stays the caller's. One that is only traced ends here.
bool inbox_put(const struct worker *worker, enum inbox inbox, struct rte_mbuf *m);
// Control thread. Calls `take` for everything that is there now; it takes the packet.
void inbox_empty(enum inbox inbox, void (*take)(struct rte_mbuf *m));

#endif
