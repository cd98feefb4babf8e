// Rules with `log`: workers put what they have seen into rings of their own, the control thread makes events of it.
#include <stdatomic.h>
#include <string.h>

#include "acl.h"

#define RING          32  // a worker's; a power of two
#define MOST_A_SECOND 100 // events of all lists and rules together

struct entry {
	char acl[ACL_NAME], rule[ACL_NAME];
	uint32_t interface;
	uint16_t length;
	uint8_t head[ACL_LOG_HEAD];
};

// One writer, one reader.
static struct ring {
	_Atomic uint32_t written __rte_cache_aligned, read __rte_cache_aligned;
	struct entry entry[RING];
} rings[MAX_WORKERS + 1];

static uint64_t second_began_ms;
static uint32_t this_second;

void acl_log(struct worker *worker, const struct acl *acl, const struct acl_rule *rule, uint32_t interface,
	     struct rte_mbuf *m)
{
	struct ring *ring = &rings[worker->index];
	uint32_t written = atomic_load_explicit(&ring->written, memory_order_relaxed);
	struct entry *entry = &ring->entry[written % RING];
	unsigned offset = packet_meta(m)->l3_offset;

	// A trace tells its steps itself.
	if (worker_traces(worker)) return;
	if (written - atomic_load_explicit(&ring->read, memory_order_acquire) == RING) return;
	memcpy(entry->acl, acl->name, sizeof(entry->acl));
	memccpy(entry->rule, rule->name, '\0', sizeof(entry->rule));
	entry->interface = interface;
	entry->length = (uint16_t)RTE_MIN(m->data_len - offset, (unsigned)ACL_LOG_HEAD);
	memcpy(entry->head, rte_pktmbuf_mtod_offset(m, const uint8_t *, offset), entry->length);
	atomic_store_explicit(&ring->written, written + 1, memory_order_release);
	control_wake();
}

static void tell(struct entry *entry)
{
	const struct l3_interface *interface = dataplane_interface(dataplane_current(), entry->interface);
	Sluice__Api__AccessListEvent what = SLUICE__API__ACCESS_LIST_EVENT__INIT;
	Sluice__Api__Event event = SLUICE__API__EVENT__INIT;

	what.access_list = entry->acl;
	what.rule = entry->rule;
	if (interface != NULL) what.interface = (char *)(uintptr_t)interface->name;
	what.head.data = entry->head;
	what.head.len = entry->length;
	event.at_ns = control_realtime_ns();
	event.what_case = SLUICE__API__EVENT__WHAT_ACCESS_LIST;
	event.access_list = &what;
	event_emit(&event);
}

static void poll_rings(void)
{
	for (unsigned w = 0; w < worker_count; w++) {
		struct ring *ring = &rings[w];
		uint32_t read = atomic_load_explicit(&ring->read, memory_order_relaxed);

		for (; read != atomic_load_explicit(&ring->written, memory_order_acquire); read++) {
			if (control_now_ms() - second_began_ms >= 1000) {
				second_began_ms = control_now_ms();
				this_second = 0;
			}
			if (this_second++ < MOST_A_SECOND) tell(&ring->entry[read % RING]);
			atomic_store_explicit(&ring->read, read + 1, memory_order_release);
		}
	}
}

static struct stage acl_stage = {.name = "acl", .poll = poll_rings};
STAGE_REGISTER(acl_stage);
