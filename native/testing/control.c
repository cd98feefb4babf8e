#include "control.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>

#include "../api/build.h"
#include "../api/transaction.h"
#include "../main/buffers.h"
#include "../main/generation.h"
#include "../main/log.h"
#include "../main/loop.h"
#include "../main/stages.h"
#include "../main/worker.h"

static void must(int rc)
{
	assert(rc >= 0);
	(void)rc;
}

void control_start(void)
{
	static char *args[] = {"test", "--no-huge", "--no-shconf", "--no-pci",      "--no-telemetry", "-m",
			       "96",   "--lcores",  "0",           "--log-level=4", "--iova-mode=va", NULL};

	log_set_level(LOG_LEVEL_ERROR);
	must(rte_eal_init((int)(sizeof(args) / sizeof(args[0])) - 1, args));
	must(loop_start());
	must(buffers_start(64));
	must(store_start());
	build_start();
	must(dataplane_start());
	must(workers_start(1));
	must(stages_start());
}

void control_stop(void)
{
	objects_delete_all();
	workers_stop();
	stages_stop();
	dataplane_stop();
	build_stop();
	store_stop();
	loop_stop();
	rte_eal_cleanup();
}

Sluice__Api__Operation *op_fresh(const Sluice__Api__Operation *built)
{
	size_t size = sluice__api__operation__get_packed_size(built);
	uint8_t *packed = malloc(size + 1);

	assert(packed != NULL);
	sluice__api__operation__pack(built, packed);
	Sluice__Api__Operation *operation = sluice__api__operation__unpack(NULL, size, packed);
	free(packed);
	assert(operation != NULL);
	return operation;
}

static char *text(const char *name)
{
	return (char *)(uintptr_t)name;
}

#define BUILT(field, body)                                                                                             \
	Sluice__Api__Operation operation = SLUICE__API__OPERATION__INIT;                                               \
	operation.op_case = SLUICE__API__OPERATION__OP_##body;                                                         \
	operation.field = &it;                                                                                         \
	return op_fresh(&operation)

Sluice__Api__Operation *op_port(const char *name, const char *ring)
{
	Sluice__Api__Port it = SLUICE__API__PORT__INIT;

	it.name = text(name);
	it.device_case = SLUICE__API__PORT__DEVICE_RING;
	it.ring = text(ring);
	it.enabled = true;
	BUILT(set_port, SET_PORT);
}

Sluice__Api__Operation *op_memory_port(const char *name)
{
	Sluice__Api__Port it = SLUICE__API__PORT__INIT;
	Sluice__Api__MemoryFrames memory = SLUICE__API__MEMORY_FRAMES__INIT;

	it.name = text(name);
	it.device_case = SLUICE__API__PORT__DEVICE_MEMORY;
	it.memory = &memory;
	it.enabled = true;
	BUILT(set_port, SET_PORT);
}

Sluice__Api__Operation *op_logical_port(const char *name, const char *port, unsigned vid, const char *bridge_domain)
{
	Sluice__Api__LogicalPort it = SLUICE__API__LOGICAL_PORT__INIT;
	Sluice__Api__VlanTag tag = SLUICE__API__VLAN_TAG__INIT, *tags[] = {&tag};

	tag.vid = vid;
	it.name = text(name);
	it.port = text(port);
	it.n_match = vid != 0;
	it.match = tags;
	it.bridge_domain = text(bridge_domain);
	it.enabled = true;
	BUILT(set_logical_port, SET_LOGICAL_PORT);
}

Sluice__Api__Operation *op_bridge_domain(const char *name, unsigned ageing_seconds)
{
	Sluice__Api__BridgeDomain it = SLUICE__API__BRIDGE_DOMAIN__INIT;

	it.name = text(name);
	it.learning = true;
	it.flood_unknown_unicast = true;
	it.ageing_seconds = ageing_seconds;
	BUILT(set_bridge_domain, SET_BRIDGE_DOMAIN);
}

Sluice__Api__Operation *op_static_mac(const char *name, const char *bridge_domain, const char *logical_port,
				      uint8_t last_byte)
{
	Sluice__Api__StaticMac it = SLUICE__API__STATIC_MAC__INIT;
	uint8_t mac[6] = {2, 0, 0, 0, 0, last_byte};

	it.name = text(name);
	it.bridge_domain = text(bridge_domain);
	it.logical_port = text(logical_port);
	it.mac = (ProtobufCBinaryData){sizeof(mac), mac};
	BUILT(set_static_mac, SET_STATIC_MAC);
}

Sluice__Api__Operation *op_block_point(const char *name, const char *port, unsigned vid)
{
	Sluice__Api__BlockPoint it = SLUICE__API__BLOCK_POINT__INIT;

	it.name = text(name);
	it.port = text(port);
	it.vid = vid;
	it.cause = SLUICE__API__BLOCK_CAUSE__BLOCK_CAUSE_CONFIGURATION;
	BUILT(set_block_point, SET_BLOCK_POINT);
}

Sluice__Api__Operation *op_cross_connect(const char *name, const char *a, const char *b)
{
	Sluice__Api__CrossConnect it = SLUICE__API__CROSS_CONNECT__INIT;

	it.name = text(name);
	it.logical_port_a = text(a);
	it.logical_port_b = text(b);
	BUILT(set_cross_connect, SET_CROSS_CONNECT);
}

#define MOST 64

// "10.0.0.1/24" or an address alone; at[16] gets the bytes. The length of the prefix, all bits where none is said.
static unsigned parse_prefix(const char *word, uint8_t at[16], size_t *size)
{
	char address[64];
	const char *slash = strchr(word, '/');

	snprintf(address, sizeof(address), "%.*s", slash != NULL ? (int)(slash - word) : 63, word);
	*size = strchr(address, ':') != NULL ? 16 : 4;
	assert(inet_pton(*size == 16 ? AF_INET6 : AF_INET, address, at) == 1);
	return slash != NULL ? (unsigned)atoi(slash + 1) : (unsigned)*size * 8;
}

Sluice__Api__Operation *op_vrf(const char *name)
{
	Sluice__Api__Vrf it = SLUICE__API__VRF__INIT;

	it.name = text(name);
	BUILT(set_vrf, SET_VRF);
}

Sluice__Api__Operation *op_l3_interface(const char *name, const char *vrf, const char *logical_port,
					const char *bridge_domain, const char *addresses)
{
	Sluice__Api__L3Interface it = SLUICE__API__L3_INTERFACE__INIT;
	Sluice__Api__InterfaceAddress address[MOST], *list[MOST];
	uint8_t bytes[MOST][16];
	char words[1024], *rest = words;

	it.name = text(name);
	it.vrf = text(vrf);
	it.enabled = true;
	it.attachment_case = SLUICE__API__L3_INTERFACE__ATTACHMENT_LOOPBACK;
	it.loopback = true;
	if (logical_port[0] != '\0') {
		it.attachment_case = SLUICE__API__L3_INTERFACE__ATTACHMENT_LOGICAL_PORT;
		it.logical_port = text(logical_port);
	} else if (bridge_domain[0] != '\0') {
		it.attachment_case = SLUICE__API__L3_INTERFACE__ATTACHMENT_BRIDGE_DOMAIN;
		it.bridge_domain = text(bridge_domain);
	}
	it.addresses = list;
	snprintf(words, sizeof(words), "%s", addresses);
	for (char *word; (word = strsep(&rest, " ")) != NULL && word[0] != '\0';) {
		size_t i = it.n_addresses++, size;

		assert(i < MOST);
		address[i] = (Sluice__Api__InterfaceAddress)SLUICE__API__INTERFACE_ADDRESS__INIT;
		address[i].prefix_length = parse_prefix(word, bytes[i], &size);
		address[i].address = (ProtobufCBinaryData){size, bytes[i]};
		list[i] = &address[i];
	}
	BUILT(set_l3_interface, SET_L3_INTERFACE);
}

Sluice__Api__Operation *op_with_mac(Sluice__Api__Operation *interface, uint8_t last_byte)
{
	const uint8_t mac[] = {2, 0, 0, 0, 1, last_byte};
	ProtobufCBinaryData *it = &interface->set_l3_interface->mac;

	it->len = sizeof(mac);
	it->data = malloc(sizeof(mac));
	assert(it->data != NULL);
	memcpy(it->data, mac, sizeof(mac));
	return interface;
}

Sluice__Api__Operation *op_next_hop_group(const char *name, const char *vrf, const char *hops)
{
	Sluice__Api__NextHopGroup it = SLUICE__API__NEXT_HOP_GROUP__INIT;
	Sluice__Api__NextHop hop[MOST], *list[MOST];
	uint8_t bytes[MOST][16];
	char words[1024], *rest = words;

	it.name = text(name);
	it.vrf = text(vrf);
	it.next_hops = list;
	snprintf(words, sizeof(words), "%s", hops);
	for (char *word; (word = strsep(&rest, " ")) != NULL && word[0] != '\0';) {
		size_t i = it.n_next_hops++, size;
		char *at = strchr(word, '@');

		assert(i < MOST);
		hop[i] = (Sluice__Api__NextHop)SLUICE__API__NEXT_HOP__INIT;
		list[i] = &hop[i];
		if (strcmp(word, "blackhole") == 0) {
			hop[i].special = SLUICE__API__NEXT_HOP__SPECIAL__BLACKHOLE;
			continue;
		}
		if (at != NULL) {
			*at = '\0';
			hop[i].interface = at + 1;
		}
		if (word[0] == '\0') continue;
		parse_prefix(word, bytes[i], &size);
		hop[i].gateway = (ProtobufCBinaryData){size, bytes[i]};
	}
	BUILT(set_next_hop_group, SET_NEXT_HOP_GROUP);
}

static Sluice__Api__Operation *op_routes(const char *vrf, const char *prefix, const char *next_hop_group)
{
	Sluice__Api__Routes it = SLUICE__API__ROUTES__INIT;
	Sluice__Api__Route route = SLUICE__API__ROUTE__INIT, *routes[] = {&route};
	Sluice__Api__RoutePrefix at = SLUICE__API__ROUTE_PREFIX__INIT, *prefixes[] = {&at};
	uint8_t bytes[16];
	size_t size;

	at.length = parse_prefix(prefix, bytes, &size);
	at.address = (ProtobufCBinaryData){size, bytes};
	it.vrf = text(vrf);
	if (next_hop_group == NULL) {
		it.n_delete_ = 1;
		it.delete_ = prefixes;
	} else {
		route.prefix = &at;
		route.next_hop_group = text(next_hop_group);
		it.n_set = 1;
		it.set = routes;
	}
	BUILT(set_routes, SET_ROUTES);
}

Sluice__Api__Operation *op_route(const char *vrf, const char *prefix, const char *next_hop_group)
{
	return op_routes(vrf, prefix, next_hop_group);
}

Sluice__Api__Operation *op_delete_route(const char *vrf, const char *prefix)
{
	return op_routes(vrf, prefix, NULL);
}

Sluice__Api__Operation *op_static_neighbour(const char *interface, const char *address, uint8_t last_byte)
{
	Sluice__Api__StaticNeighbour it = SLUICE__API__STATIC_NEIGHBOUR__INIT;
	uint8_t bytes[16], mac[] = {2, 0, 0, 0, 0, last_byte};
	char name[160];
	size_t size;

	snprintf(name, sizeof(name), "%s/%s", interface, address);
	it.name = name;
	it.interface = text(interface);
	parse_prefix(address, bytes, &size);
	it.address = (ProtobufCBinaryData){size, bytes};
	it.mac = (ProtobufCBinaryData){sizeof(mac), mac};
	BUILT(set_static_neighbour, SET_STATIC_NEIGHBOUR);
}

Sluice__Api__Operation *op_delete(Sluice__Api__ObjectKind kind, const char *name)
{
	Sluice__Api__ObjectName it = SLUICE__API__OBJECT_NAME__INIT;

	it.kind = kind;
	it.name = text(name);
	BUILT(delete_, DELETE);
}
