// Segments as tests wish them, on the whole engine (testing/router.h), and what became of them.
#ifndef SLUICE_ETHERNET_SEGMENT_TESTING_H
#define SLUICE_ETHERNET_SEGMENT_TESTING_H

#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>

#include "../../api/store.h"
#include "../../testing/applied.h"
#include "order.h"
#include "segment.h"

static const uint8_t segment_esi[SEGMENT_ESI_SIZE] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};

struct segment_wish {
	const char *name, *port;
	uint16_t first, last; // VLANs
	const char *local;    // NULL: 192.0.2.1
	const char *peer;     // NULL: none
	const char *key;      // NULL: none
	const char *vrf;
	uint32_t vni, hold_limit, hold_ms;
};

static inline ProtobufCBinaryData segment_set(uint8_t bytes[SEGMENT_SET_BYTES], uint16_t first, uint16_t last)
{
	memset(bytes, 0, SEGMENT_SET_BYTES);
	for (unsigned vid = first; vid <= last && first != 0; vid++)
		bytes[vid >> 3] |= (uint8_t)(1 << (vid & 7));
	return (ProtobufCBinaryData){SEGMENT_SET_BYTES, bytes};
}

static inline ProtobufCBinaryData segment_address(const char *text, uint8_t bytes[16])
{
	bool v6 = strchr(text, ':') != NULL;

	assert_int_equal(inet_pton(v6 ? AF_INET6 : AF_INET, text, bytes), 1);
	return (ProtobufCBinaryData){v6 ? 16 : 4, bytes};
}

static inline Sluice__Api__Operation *op_segment(struct segment_wish w)
{
	Sluice__Api__EthernetSegment it = SLUICE__API__ETHERNET_SEGMENT__INIT;
	Sluice__Api__Operation operation = SLUICE__API__OPERATION__INIT;
	uint8_t vlans[SEGMENT_SET_BYTES], local[16], peer[16];
	ProtobufCBinaryData peers;

	it.name = (char *)(uintptr_t)w.name;
	it.port = (char *)(uintptr_t)w.port;
	it.esi = (ProtobufCBinaryData){sizeof(segment_esi), (uint8_t *)(uintptr_t)segment_esi};
	it.vlans = segment_set(vlans, w.first, w.last);
	it.local_address = segment_address(w.local != NULL ? w.local : "192.0.2.1", local);
	if (w.peer != NULL) {
		peers = segment_address(w.peer, peer);
		it.n_peers = 1;
		it.peers = &peers;
	}
	if (w.key != NULL) it.probe_key = (ProtobufCBinaryData){strlen(w.key), (uint8_t *)(uintptr_t)w.key};
	if (w.vrf != NULL) it.vrf = (char *)(uintptr_t)w.vrf;
	it.vni = w.vni;
	it.hold_limit = w.hold_limit;
	it.hold_ms = w.hold_ms;
	operation.op_case = SLUICE__API__OPERATION__OP_SET_ETHERNET_SEGMENT;
	operation.set_ethernet_segment = &it;
	return op_fresh(&operation);
}

// NULL: carried out.
static inline const struct api_error *segment_ordered_by(const char *name, uint16_t block_first, uint16_t block_last,
							 uint16_t release_first, uint16_t release_last,
							 const char *redirect_to, uint32_t peers_redirect_ms)
{
	static struct api_error error;
	Sluice__Api__SegmentOrder order = SLUICE__API__SEGMENT_ORDER__INIT;
	uint8_t block[SEGMENT_SET_BYTES], release[SEGMENT_SET_BYTES], to[16];
	uint64_t at = 0;

	error = (struct api_error){0};
	order.segment = (char *)(uintptr_t)name;
	order.block = segment_set(block, block_first, block_last);
	order.release = segment_set(release, release_first, release_last);
	if (redirect_to != NULL) order.redirect_to = segment_address(redirect_to, to);
	order.peers_redirect_ms = peers_redirect_ms;
	if (segment_order(store_find_owner("test"), &order, &at, &error) < 0) return &error;
	assert_true(at != 0);
	segment_order_told();
	return NULL;
}

static inline const struct api_error *segment_ordered(const char *name, uint16_t block_first, uint16_t block_last,
						      uint16_t release_first, uint16_t release_last,
						      const char *redirect_to)
{
	return segment_ordered_by(name, block_first, block_last, release_first, release_last, redirect_to, 0);
}

static inline void segment_blocks(const char *name, uint16_t first, uint16_t last)
{
	applied(segment_ordered(name, first, last, 0, 0, NULL));
}

static inline void segment_releases(const char *name, uint16_t first, uint16_t last)
{
	applied(segment_ordered(name, 0, 0, first, last, NULL));
}

// A VLAN of the customer's: logical ports of "ce" and "core" in a bridge domain of its own.
static inline void segment_vlan(uint16_t vid)
{
	char bd[16], lp[16];

	snprintf(bd, sizeof(bd), "bd%u", vid);
	apply(op_bridge_domain(bd, 300));
	snprintf(lp, sizeof(lp), "ce.%u", vid);
	apply(op_logical_port(lp, "ce", vid, bd));
	snprintf(lp, sizeof(lp), "core.%u", vid);
	apply(op_logical_port(lp, "core", vid, bd));
}

static inline const struct port *port_named(const char *name)
{
	for (uint16_t id = 1; id < MAX_PORTS; id++) {
		const struct port *port = dataplane_port(dataplane_current(), id);

		if (port != NULL && strcmp(port->name, name) == 0) return port;
	}
	return NULL;
}

static inline const struct segment_view *segment_at(const char *port)
{
	return segment_on(dataplane_current(), port_named(port)->id);
}

#endif
