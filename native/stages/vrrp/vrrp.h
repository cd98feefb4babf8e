// Virtual routers (RFC 9568) on the control thread.
#ifndef SLUICE_VRRP_H
#define SLUICE_VRRP_H

#include "../../main/stage.h"
#include "machine.h"
#include "packet.h"

#define VRRP_MOST_TRACKS 16

struct vrrp_settings {
	uint32_t interface; // id
	uint8_t vrid;
	uint8_t version; // enum ip_version
	uint8_t priority;
	uint16_t interval; // centiseconds, default filled in
	bool preempt, accept;
	uint32_t hold_ms;
	uint8_t count;
	struct ip_address addresses[VRRP_MOST_ADDRESSES];
	uint8_t track_count;
	struct {
		uint32_t interface;
		uint8_t decrement;
	} tracks[VRRP_MOST_TRACKS];
};

// As RFC 8347 names them.
struct vrrp_counters {
	uint64_t advertisements_sent, advertisements_received;
	uint64_t checksum_errors, version_errors, vrid_errors, interval_errors, address_list_errors;
	uint64_t ttl_errors, packet_length_errors;
	uint64_t priority_zero_sent, priority_zero_received, became_active;
};

struct vrrp_router {
	struct vrrp_router *next;
	char name[256];
	struct vrrp_settings settings;
	struct vrrp_machine machine;
	struct timer timer;
	bool present;             // counts: settings have been committed
	bool shown;               // its addresses and MAC are the interface's
	uint64_t since_ns;        // of the role
	uint64_t started_ms;      // since when it listens
	struct ip_address active; // the active router's address; zero: not known
	struct vrrp_counters counters;
};

extern struct vrrp_router *vrrp_routers;

// A router that does nothing yet; NULL: no memory.
struct vrrp_router *vrrp_new(const char *name);
// Begins, or goes on with other settings. What makes it another virtual router begins anew.
void vrrp_configure(struct vrrp_router *router, const struct vrrp_settings *settings);
// Leaves the network and is freed.
void vrrp_delete(struct vrrp_router *router);

// With what is tracked taken off.
uint8_t vrrp_priority(const struct vrrp_router *router);
// Carries an event out. port_inject_flush() after a batch.
void vrrp_run(struct vrrp_router *router, const struct vrrp_event *event);
// Starts or ends it as the interface is up, and looks at what it tracks.
void vrrp_look(struct vrrp_router *router);

// A packet of the node "vrrp-in"; takes it.
void vrrp_heard(struct rte_mbuf *m);

#endif
