#include "probe_send.h"

#include "../../main/clock.h"
#include "../ce-notify/ce_method.h"
#include "../classify/tag_map.h"
#include "probe.h"
#include "segment.h"

// A frame on a wire: with FCS, preamble and gap.
#define WIRE_BITS ((PROBE_FRAME + 24) * 8)

// Frames a millisecond: half of what the port takes. An unknown speed counts as 1 Gbit/s.
static unsigned share_of(uint16_t port)
{
	uint64_t speed = port_speed_mbps(port);

	return (unsigned)((speed != 0 ? speed : 1000) * 1000 / WIRE_BITS / 2 + 1);
}

static void take_tpid(void *ctx, uint32_t logical_port)
{
	const struct logical_port *lp = dataplane_logical_port(dataplane_current(), logical_port);

	if (lp != NULL && lp->matches != 0) *(uint16_t *)ctx = lp->match[0].tpid;
}

static int send_one(struct segment *segment, const struct segment_view *view, struct probe *probe,
		    const struct rte_ether_addr *source)
{
	const struct port *port = dataplane_port(dataplane_current(), segment->port);
	uint16_t tpid = RTE_ETHER_TYPE_VLAN;
	struct rte_mbuf *m = packet_alloc();

	if (m == NULL) return -1;
	tag_map_each(port->tags, probe->vid, take_tpid, &tpid);
	probe->sequence = ++segment->sequence;
	probe_write(probe, &view->key, source, tpid, (uint8_t *)rte_pktmbuf_append(m, PROBE_FRAME));
	return port_inject(segment->port, m);
}

// Sends of a job what the share allows.
static void run_job(struct segment *segment, const struct segment_view *view, struct probe_job *job, unsigned *share)
{
	struct probe probe = {.kind = job->kind, .version = view->version, .stamp = job->stamp, .from = view->local};
	struct rte_ether_addr source;

	memcpy(probe.esi, view->esi, sizeof(probe.esi));
	ce_own_address(segment->port, &source);
	for (unsigned i = 0; i < GATE_WORDS; i++)
		for (; job->vlans[i] != 0 && *share != 0; job->vlans[i] &= job->vlans[i] - 1, --*share) {
			probe.vid = (uint16_t)(i * 64 + (unsigned)__builtin_ctzll(job->vlans[i]));
			if (!view->vlans.probes || !vid_is_in(view->vlans.word, probe.vid) ||
			    send_one(segment, view, &probe, &source) < 0)
				segment->probes_dropped++;
			else
				segment->probes_sent++;
		}
}

static bool job_has_ended(const struct probe_job *job)
{
	uint64_t any = 0;

	for (unsigned i = 0; i < GATE_WORDS; i++)
		any |= job->vlans[i];
	return any == 0;
}

static void run(struct segment *segment)
{
	const struct segment_view *view = segment_on(dataplane_current(), segment->port);
	unsigned share = share_of(segment->port);

	// Above what an engine before this one has used, as long as the clock was not set back meanwhile.
	segment->sequence = RTE_MAX(segment->sequence, clock_realtime_ns());
	while (segment->jobs != 0 && share != 0) {
		struct probe_job *job = &segment->job[segment->first];

		run_job(segment, view, job, &share);
		if (!job_has_ended(job)) break;
		segment->first = (segment->first + 1) % SEGMENT_JOBS;
		segment->jobs--;
	}
	port_inject_flush();
	if (segment->jobs != 0) timer_arm(&segment->send, control_now_ms() + 1);
}

void probe_send_due(struct timer *timer)
{
	run((struct segment *)(void *)((uint8_t *)timer - offsetof(struct segment, send)));
}

// With the segment's stamp.
static void add(struct segment *segment, uint8_t kind, const uint64_t *vlans)
{
	struct probe_job *job;

	if (segment->jobs == SEGMENT_JOBS) {
		for (unsigned i = 0; i < GATE_WORDS; i++)
			segment->probes_dropped += (unsigned)__builtin_popcountll(vlans[i]);
		return;
	}
	job = &segment->job[(segment->first + segment->jobs++) % SEGMENT_JOBS];
	*job = (struct probe_job){.kind = kind, .stamp = segment->stamp};
	memcpy(job->vlans, vlans, sizeof(job->vlans));
	// One that waits has its own time.
	if (segment->jobs == 1) run(segment);
}

int segment_probe(const struct owner *owner, const Sluice__Api__SegmentProbe *probe, struct api_error *error)
{
	const struct segment_view *view = segment_named(owner, probe->segment, error);
	uint64_t vlans[GATE_WORDS];

	if (view == NULL || segment_vlans_take(view, "vlans", &probe->vlans, vlans, error) < 0) return -1;
	if (probe->kind < 1 || probe->kind > PROBE_KINDS)
		return api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_INVALID, 0, error->object, "kind is not known");
	if (!view->vlans.probes)
		return api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_INVALID, 0, error->object,
				  "it has no probe_key");
	view->segment->stamp = probe->stamp;
	add(view->segment, (uint8_t)probe->kind, vlans);
	return 0;
}

void probe_answer(const struct segment_view *view, const uint64_t *asked)
{
	uint64_t vlans[GATE_WORDS], any = 0;

	for (unsigned i = 0; i < GATE_WORDS; i++) {
		vlans[i] = asked[i] & atomic_load_explicit(&view->segment->gate.open[i], memory_order_relaxed);
		any |= vlans[i];
	}
	if (any != 0 && view->segment->stamp != 0)
		add(view->segment, SLUICE__API__SEGMENT_PROBE_KIND__PROBE_FORWARDING, vlans);
}
