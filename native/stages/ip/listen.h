// Who takes packets for the router itself: by protocol, and by port of UDP. Written before the first graph is made.
#ifndef SLUICE_STAGES_IP_LISTEN_H
#define SLUICE_STAGES_IP_LISTEN_H

#include "ip.h"

// The edges of ip-local; those of listeners follow.
enum {
	LOCAL_FRAGMENT4,
	LOCAL_FRAGMENT6,
	LOCAL_ICMP4,
	LOCAL_ICMP6,
	LOCAL_ERROR,
	LOCAL_MULTICAST,
	LOCAL_BROADCAST,
	LOCAL_NO_LISTENER,
	LOCAL_EXTENSION,
	LOCAL_PUNT, // "punt", once it is there
	LOCAL_EDGES,
};

struct listener {
	uint8_t edge; // 0: none
	bool groups;
};

// Worker. The interface by whose TAP the kernel gets a packet that came in by `it`; NULL: by none.
const struct l3_interface *punt_interface(const struct worker *worker, const struct l3_interface *it,
					  struct rte_mbuf *m);

// Once the nodes are there: gives ip-local its edges to the listeners.
void listen_start(void);

// The listener of a packet; 0 as edge where there is none.
struct listener listener_of(enum ip_version version, uint8_t protocol, uint16_t destination_port);

#endif
