// Neighbour unreachability detection (RFC 4861, 7.3) for both protocols, as a function of state and event.
#ifndef SLUICE_NEIGHBOUR_NUD_H
#define SLUICE_NEIGHBOUR_NUD_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>

// RFC 4861, 10.
#define NUD_MULTICAST_SOLICIT 3
#define NUD_UNICAST_SOLICIT   3
#define NUD_RETRANS_MS        1000u
#define NUD_DELAY_MS          5000u
// Our own: a neighbour to which nothing has gone for that long is forgotten.
#define NUD_STALE_MS (20u * 60 * 1000)

enum nud_state { NUD_INCOMPLETE, NUD_REACHABLE, NUD_STALE, NUD_DELAY, NUD_PROBE }; // as NeighbourStatus

// INCOMPLETE with sent 0: nobody asks.
struct nud {
	uint8_t state; // enum nud_state
	uint8_t sent;  // requests since the state began
	bool router;
	struct rte_ether_addr mac; // not in INCOMPLETE
};

enum nud_what {
	NUD_WANTED, // a packet waits for it
	NUD_USED,   // packets have gone to it
	NUD_TIMER,
	// It told its MAC unasked: ARP request or gratuitous ARP, source option of a solicitation (7.2.3).
	NUD_HEARD,
	// A neighbour advertisement (7.2.5), or an ARP reply (solicited and override where it was asked for).
	NUD_ADVERTISED,
};

struct nud_event {
	enum nud_what what;
	bool has_mac; // HEARD: always
	struct rte_ether_addr mac;
	bool solicited, override, router; // ADVERTISED
};

#define NUD_TIMER_KEEP UINT32_MAX

struct nud_result {
	struct nud next;
	bool ask_all, ask_one; // send a request: to the group (or broadcast), to its MAC
	bool known;            // was INCOMPLETE and has a MAC now: what waits can go
	bool changed;          // another MAC than before
	bool failed;           // does not answer: next is INCOMPLETE with nobody asking
	uint32_t timer_ms;     // from now; 0: none; NUD_TIMER_KEEP: as it was
};

// `reachable_ms`: ReachableTime of the interface, with its random factor (6.3.2).
struct nud_result nud_step(const struct nud *nud, const struct nud_event *event, uint32_t reachable_ms);

#endif
