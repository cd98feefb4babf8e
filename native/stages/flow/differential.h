// The parts of the differential test: one network of bridge domains (differential_l2.c) and one of routed interfaces
// above and beside it (differential_l3.c), whose hosts answer (differential_hosts.c).
#ifndef SLUICE_FLOW_DIFFERENTIAL_H
#define SLUICE_FLOW_DIFFERENTIAL_H

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../main/stages.h"
#include "../../main/worker.h"
#include "../../testing/random.h"
#include "../../testing/router.h"
#include "control.h"

#define PORTS   4 // of the bridge domains: p0 to p3
#define TENANTS 3
#define HOSTS   3 // of each tenant at each port, and of each routed interface

#define ROUTED_PORTS 2 // q0 and q1
#define INTERFACES   7
#define VRFS         2

// ---------------------------------------------------------------- the run (differential_test.c)

uint32_t below(uint32_t n);
// One transaction. What is refused, and why, has to be the same in both runs; whether it was taken.
bool attempt(Sluice__Api__Operation *operation);
// The same of what must not be refused.
void apply(Sluice__Api__Operation *operation);
// "what", a and b in one word, in static memory of which the last few are kept.
const char *name_of(const char *what, unsigned a, unsigned b);
// Sends a frame, and remembers it to be sent again after a change.
void send_frame(const char *port, const uint8_t *frame, uint16_t length);
// What has left is added to what both runs must have sent, and forgotten; the hosts note what they are asked.
void collect(void);
// A number that has to be the same in both runs.
void value(const char *object, const char *name, uint64_t number);
// Several: of a structure of such, and drops by reason.
void numbers(const char *object, const char *name, const void *counters, size_t size);
void drop_values(const char *object, const uint64_t *drops);

// ---------------------------------------------------------------- bridge domains (differential_l2.c)

extern const char *const l2_port_names[PORTS];

void l2_configure(void);
void l2_change(void);
// Nothing is in the way of hosts any more.
void l2_repair(void);
void l2_send(void);
void l2_say_all(void);
// A host is heard elsewhere, spoken to there, and comes home.
void l2_move(void);
void l2_values(void);
// `vid` 0: untagged.
unsigned l2_vid(unsigned port, unsigned tenant);
void l2_mac(uint8_t *at, unsigned port, unsigned host);

// Header and checksum; where the payload begins.
uint8_t *put_ipv4(uint8_t *ip, unsigned total);
void ip_checksum(uint8_t *ip);

// ---------------------------------------------------------------- routed interfaces (differential_l3.c)

struct test_interface {
	const char *name;
	unsigned vrf, subnet;
	int port, vid; // of a routed one
	int tenant;    // of the bridge domain of the others, else -1
	// Settings.
	bool disabled, redirects_off, unreachables_off, second_address;
	unsigned urpf[2], mtu, mac;
	int acl[4];     // in and out, IPv4 and IPv6; -1: none
	int policer[2]; // -1: none
};

extern struct test_interface test_interface[INTERFACES];
extern const char *const l3_port_names[ROUTED_PORTS];

// Gives a field of an operation a text of its own.
void set_text(char **place, const char *text);

void l3_configure(void);
void l3_change(void);
void l3_repair(void);
void l3_values(void);

// ---------------------------------------------------------------- their lists (differential_lists.c)

#define LISTS    3 // of each version
#define POLICERS 2

void l3_set_list(unsigned version, unsigned number);
void l3_set_policer(unsigned number);

// ---------------------------------------------------------------- their packets (differential_packets.c)

void l3_send(void);

// ---------------------------------------------------------------- their hosts (differential_hosts.c)

struct test_host {
	unsigned mac; // which one it has now
	bool dead;
};

extern struct test_host test_host[INTERFACES][HOSTS];

// 10.0.subnet.10 and on, 2001:db8:subnet::10 and on.
void host_address4(unsigned interface, unsigned host, uint8_t at[4]);
void host_address6(unsigned interface, unsigned host, uint8_t at[16]);
void host_mac(unsigned interface, unsigned host, uint8_t at[6]);
// Port and VID behind which a host is.
const char *host_port(unsigned interface, unsigned host, unsigned *vid);
// Destination, source, tag and type: a frame of a host begins. Where its payload goes.
uint8_t *host_frame(uint8_t *frame, const uint8_t *to, unsigned interface, unsigned host, unsigned type);

// A frame that the router has sent: whether it asks a host.
void hosts_hear(const char *port, const uint8_t *frame, uint16_t length);
// They answer until nothing is asked any more.
void hosts_answer(void);
// Every live host asks for its router, which learns it by that.
void hosts_say(void);
bool hosts_any_dead(void);
// Whether the router knows every host of the interfaces that are on.
bool hosts_all_known(void);
// Time passes; hosts answer meanwhile.
void hosts_wait(unsigned seconds);

#endif
