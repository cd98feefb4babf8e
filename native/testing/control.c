#include "control.h"

#include <assert.h>
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

// An operation as it comes from the wire: what a test builds on the stack is packed and unpacked.
static Sluice__Api__Operation *fresh(const Sluice__Api__Operation *built)
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
	return fresh(&operation)

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

Sluice__Api__Operation *op_delete(Sluice__Api__ObjectKind kind, const char *name)
{
	Sluice__Api__ObjectName it = SLUICE__API__OBJECT_NAME__INIT;

	it.kind = kind;
	it.name = text(name);
	BUILT(delete_, DELETE);
}
