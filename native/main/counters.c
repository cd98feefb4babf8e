#include "counters.h"

#include <assert.h>
#include <string.h>

static struct {
	const char *name;
	enum drop_direction direction;
} reasons[MAX_DROP_REASONS];
static unsigned reason_count;

uint8_t drop_reason_register(const char *name, enum drop_direction direction)
{
	for (unsigned i = 0; i < reason_count; i++)
		if (strcmp(reasons[i].name, name) == 0 && reasons[i].direction == direction) return (uint8_t)i;
	assert(reason_count < MAX_DROP_REASONS);
	reasons[reason_count].name = name;
	reasons[reason_count].direction = direction;
	return (uint8_t)reason_count++;
}

unsigned drop_reason_count(void)
{
	return reason_count;
}

const char *drop_reason_name(unsigned reason)
{
	return reason < reason_count ? reasons[reason].name : "";
}

enum drop_direction drop_reason_direction(unsigned reason)
{
	return reasons[reason].direction;
}

unsigned drop_counters(struct worker *worker, uint8_t reason, const struct rte_mbuf *m, uint64_t *counters[3])
{
	const struct packet_meta *meta = packet_meta_of(m);
	const struct dataplane *dp = worker->dataplane;
	bool out = reasons[reason].direction == DROP_EGRESS;
	const struct port *port = dataplane_port(dp, out ? meta->egress_port : meta->ingress_port);
	const struct logical_port *lp = dataplane_logical_port(dp, out ? meta->egress : meta->ingress);
	const struct l3_interface *interface = dataplane_interface(dp, out ? meta->egress_interface : meta->interface);
	unsigned count = 0;

	if (interface != NULL) counters[count++] = &interface->counters[worker->index].drops[reason];
	if (lp != NULL) counters[count++] = &lp->counters[worker->index].drops[reason];
	if (port == NULL && lp != NULL) port = dataplane_port(dp, lp->port);
	counters[count++] = port != NULL ? &port->counters[worker->index].drops[reason] : &worker->drops[reason];
	return count;
}

void (*drop_observed)(const struct worker *worker, struct rte_mbuf *m);

void drop_count(struct worker *worker, uint8_t reason, struct rte_mbuf *m)
{
	uint64_t *counters[3];
	unsigned count = drop_counters(worker, reason, m, counters);

	for (unsigned i = 0; i < count; i++)
		++*counters[i];
	if (unlikely(drop_observed != NULL)) drop_observed(worker, m);
}

void counters_sum(const struct counters *slots, struct counters *sum)
{
	memset(sum, 0, sizeof(*sum));
	for (unsigned w = 0; w < worker_count; w++) {
		const struct counters *c = &slots[w];

		sum->in_octets += c->in_octets;
		sum->in_unicast += c->in_unicast;
		sum->in_multicast += c->in_multicast;
		sum->in_broadcast += c->in_broadcast;
		sum->out_octets += c->out_octets;
		sum->out_unicast += c->out_unicast;
		sum->out_multicast += c->out_multicast;
		sum->out_broadcast += c->out_broadcast;
		for (unsigned r = 0; r < reason_count; r++)
			sum->drops[r] += c->drops[r];
	}
}
