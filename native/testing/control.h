// The engine without worker threads and sockets of its own, for tests of the control side: EAL on a little memory,
// the real stages, one worker's slots. Ports are rings.
#ifndef SLUICE_TESTING_CONTROL_H
#define SLUICE_TESTING_CONTROL_H

#include "../api/object.h"

// Once a process.
void control_start(void);
// Deletes all objects and ends the stages; leaks show then.
void control_stop(void);

// Operations, freshly allocated as a decoder does.
Sluice__Api__Operation *op_port(const char *name, const char *ring);
// Without frames.
Sluice__Api__Operation *op_memory_port(const char *name);
Sluice__Api__Operation *op_logical_port(const char *name, const char *port, unsigned vid, const char *bridge_domain);
Sluice__Api__Operation *op_bridge_domain(const char *name, unsigned ageing_seconds);
Sluice__Api__Operation *op_static_mac(const char *name, const char *bridge_domain, const char *logical_port,
				      uint8_t last_byte);
Sluice__Api__Operation *op_block_point(const char *name, const char *port, unsigned vid);
Sluice__Api__Operation *op_cross_connect(const char *name, const char *a, const char *b);
Sluice__Api__Operation *op_vrf(const char *name);
// On the logical port or in the bridge domain (the other is ""); `addresses`: "10.0.0.1/24 2001:db8::1/64".
Sluice__Api__Operation *op_l3_interface(const char *name, const char *vrf, const char *logical_port,
					const char *bridge_domain, const char *addresses);
// An interface with the MAC 02-00-00-00-01-xx.
Sluice__Api__Operation *op_with_mac(Sluice__Api__Operation *interface, uint8_t last_byte);
// `hops`: "10.0.0.2@a 10.0.0.3" (with and without interface), "@a", "blackhole".
Sluice__Api__Operation *op_next_hop_group(const char *name, const char *vrf, const char *hops);
// `prefix`: "10.0.0.0/8".
Sluice__Api__Operation *op_route(const char *vrf, const char *prefix, const char *next_hop_group);
Sluice__Api__Operation *op_delete_route(const char *vrf, const char *prefix);
Sluice__Api__Operation *op_static_neighbour(const char *interface, const char *address, uint8_t last_byte);
Sluice__Api__Operation *op_delete(Sluice__Api__ObjectKind kind, const char *name);
// An operation as it comes from the wire: what a test builds on the stack is packed and unpacked.
Sluice__Api__Operation *op_fresh(const Sluice__Api__Operation *built);

#endif
