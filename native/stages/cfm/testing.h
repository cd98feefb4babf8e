// MEPs in the whole router, for tests: the CE behind port a is the test, which also keeps the time.
#ifndef SLUICE_CFM_TESTING_H
#define SLUICE_CFM_TESTING_H

#include <stdlib.h>
#include <string.h>

#include "../../main/worker.h"
#include "../../testing/applied.h"
#include "cfm.h"

#define MS     1000u
#define SECOND 1000000u

static const uint8_t ce_mac[6] = {2, 0, 0, 0, 0, 9};
static uint8_t own_mac[6];

// ---------------------------------------------------------------- objects

struct wish {
	const char *name, *port;
	uint32_t vid, level, id, interval;
	uint32_t remote; // 0: who is heard
	bool service_tag, interface_status;
};

static inline Sluice__Api__Operation *mep_op(struct wish w)
{
	Sluice__Api__CfmMep it = SLUICE__API__CFM_MEP__INIT;
	Sluice__Api__Operation operation = SLUICE__API__OPERATION__INIT;

	it.name = (char *)(uintptr_t)w.name;
	it.port = (char *)(uintptr_t)w.port;
	it.vid = w.vid;
	it.tag_type = w.service_tag ? SLUICE__API__TAG_TYPE__S_VLAN : SLUICE__API__TAG_TYPE__C_VLAN;
	it.md_level = w.level;
	it.md_name_format = 4;
	it.md_name = (ProtobufCBinaryData){2, (uint8_t *)(uintptr_t) "md"};
	it.ma_name_format = 2;
	it.ma_name = (ProtobufCBinaryData){2, (uint8_t *)(uintptr_t) "ma"};
	it.mep_id = w.id;
	it.ccm_interval = w.interval;
	it.priority = 6;
	it.interface_status = w.interface_status;
	it.n_remote_meps = w.remote != 0;
	it.remote_meps = &w.remote;
	operation.op_case = SLUICE__API__OPERATION__OP_SET_CFM_MEP;
	operation.set_cfm_mep = &it;
	return op_fresh(&operation);
}

static inline struct cfm_mep *mep_named(const char *name)
{
	struct cfm_mep *mep;

	for (uint32_t slot = 0; (mep = cfm_next(&slot)) != NULL;)
		if (strcmp(mep->name, name) == 0) return mep;
	return NULL;
}

static inline void delete (Sluice__Api__ObjectKind kind, const char *name)
{
	apply(op_delete(kind, name));
}

#define DELETE(kind, name) delete (SLUICE__API__OBJECT_KIND__KIND_##kind, name)

static const struct wish ten = {.name = "ten", .port = "a", .vid = 10, .level = 3, .id = 1, .interval = 3, .remote = 2};

// ---------------------------------------------------------------- frames

// Of the VLAN (0: untagged), priority 5.
static inline uint16_t frame_of(uint8_t *frame, const uint8_t destination[6], uint16_t vid, const uint8_t *pdu,
				uint32_t length)
{
	uint8_t *at = frame + 12;

	memcpy(frame, destination, 6);
	memcpy(frame + 6, ce_mac, 6);
	if (vid != 0) {
		memcpy(at, (uint8_t[]){0x81, 0, (uint8_t)(0xa0 | vid >> 8), (uint8_t)vid}, 4);
		at += 4;
	}
	memcpy(at, (uint8_t[]){0x89, 2}, 2);
	memcpy(at + 2, pdu, length);
	return (uint16_t)(at + 2 + length - frame);
}

static inline void ce_sends(const uint8_t destination[6], uint16_t vid, const uint8_t *pdu, uint32_t length)
{
	uint8_t frame[2048];
	bool changed;

	router_receive("a", frame, frame_of(frame, destination, vid, pdu, length));
	cfm_round(urgent_by_hand, &changed);
	router_run();
}

static inline const uint8_t *group_of(uint8_t level, bool class2)
{
	static uint8_t group[6];

	memcpy(group, cfm_group, 6);
	group[5] |= (uint8_t)(level | (class2 ? 8 : 0));
	return group;
}

static inline void ce_sends_ccm(uint8_t level, uint16_t id)
{
	struct cfm_ccm ccm = {.interval = 3, .mep_id = id, .port_status = CFM_PORT_UP};
	uint8_t pdu[CFM_CCM_LONGEST];

	assert_true(cfm_maid(4, (const uint8_t *)"md", 2, 2, (const uint8_t *)"ma", 2, ccm.maid));
	ce_sends(group_of(level, false), 10, pdu, cfm_write_ccm(&ccm, level, pdu));
}

// The only frame that has left by port a, tagged with VID 10 and the priority: its PDU.
static inline const uint8_t *only_frame(const uint8_t destination[6], uint8_t priority)
{
	const struct router_frame *frame = router_frame("a", 0);

	assert_int_equal(router_frames("a"), 1);
	assert_memory_equal(frame->bytes, destination, 6);
	assert_memory_equal(frame->bytes + 6, own_mac, 6);
	assert_memory_equal(frame->bytes + 12, ((uint8_t[]){0x81, 0, (uint8_t)(priority << 5), 10, 0x89, 2}), 6);
	assert_true(frame->length >= 60);
	router_forget();
	return frame->bytes + 18;
}

// Time goes on by steps of a millisecond.
static inline void go_on(uint32_t ms)
{
	bool changed;

	for (; ms != 0; ms--) {
		urgent_by_hand += MS;
		cfm_round(urgent_by_hand, &changed);
		router_run();
	}
}

static inline int setup(void **state)
{
	urgent_by_hand = 1000 * SECOND;
	router_start();
	applied(router_apply(router_port("a"), router_port("b"), op_bridge_domain("bd", 300),
			     op_logical_port("a.10", "a", 10, "bd"), op_logical_port("b.10", "b", 10, "bd"), NULL));
	router_run();
	return 0;
}

static inline int teardown(void **state)
{
	router_stop();
	return 0;
}

static inline struct cfm_mep *begin(const struct wish *wish)
{
	struct cfm_mep *mep;

	apply(mep_op(*wish));
	mep = mep_named(wish->name);
	assert_non_null(mep);
	cfm_mac(mep, own_mac);
	router_forget();
	return mep;
}

static inline void end(void)
{
	DELETE(CFM_MEP, "ten");
	assert_null(mep_named("ten"));
	router_forget();
}

#endif
