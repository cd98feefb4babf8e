// Collecting what the stages tell of a packet. A bound that is met refuses the record.
#include "record.h"

#include <stdarg.h>
#include <stdio.h>

#include "flow.h"

struct flow_cache *flow_caches[MAX_WORKERS + 1];

struct flow_record *flow_record_at(const struct worker *worker, const struct rte_mbuf *m, uint16_t index)
{
	struct flow_record *record;

	// There it is the path that counts the packet.
	if (packet_meta_of(m)->flags & PACKET_COUNTED) return NULL;
	record = &flow_records(flow_caches[worker->index])[index - 1];
	return record->packet == m ? record : NULL;
}

void record_begin(struct flow_record *record, const struct rte_mbuf *m, const struct flow_parsed *parsed)
{
	memset(record, 0, sizeof(*record));
	record->packet = m;
	record->data_off = m->data_off;
	record->pkt_len = m->pkt_len;
	record->parsed = *parsed;
	record->verdict.largest = UINT32_MAX;
	record->verdict.l3_offset = parsed->l3_offset;
	record->verdict.kind = parsed->key.kind;
	// Who observes a stage is not to be passed by (stages/punt).
	record_element(record, FLOW_OBSERVATION, 0);
}

void record_refuse(struct flow_record *record, const char *why)
{
	if (record->refused == NULL) record->refused = why;
}

void record_stage(struct flow_record *record, uint32_t node)
{
	struct flow_verdict *verdict = &record->verdict;

	if (record->trace != NULL && record->trace->count < TRACE_STEPS)
		record->trace->step[record->trace->count++] = (struct flow_trace_step){.node = (uint16_t)node};
	if (verdict->node_count == FLOW_NODES || node >= FLOW_STAGES)
		record_refuse(record, "too many stages");
	else
		verdict->node[verdict->node_count++] =
			(struct flow_node){.node = (uint16_t)node, .meters = verdict->meter_count};
}

// ---------------------------------------------------------------- what it depends on

static void depend(struct flow_record *record, uint32_t slot)
{
	struct flow_verdict *verdict = &record->verdict;
	uint32_t generation = flow_watch(slot);

	for (unsigned i = 0; i < verdict->element_count; i++) {
		if (verdict->element[i].slot != slot) continue;
		// It has changed between two stages.
		if (verdict->element[i].generation != generation) record_refuse(record, "changed meanwhile");
		return;
	}
	if (verdict->element_count == FLOW_ELEMENTS)
		record_refuse(record, "too many elements");
	else
		verdict->element[verdict->element_count++] = (struct flow_dependency){slot, generation};
}

void record_element(struct flow_record *record, enum flow_element element, uint64_t id)
{
	depend(record, flow_slot(element, id));
}

void record_route(struct flow_record *record, uint32_t vrf, enum ip_version version, const struct ip_address *address)
{
	for (unsigned tier = 0; tier < FLOW_ROUTE_TIERS; tier++)
		depend(record, flow_route_slot(vrf, version, address, tier));
}

static void widen(uint8_t *bits, unsigned by)
{
	if (by > *bits) *bits = (uint8_t)by;
}

void record_source(struct flow_record *record, unsigned leading_bits)
{
	widen(&record->mask.source_bits, leading_bits);
}

void record_destination(struct flow_record *record, unsigned leading_bits)
{
	widen(&record->mask.destination_bits, leading_bits);
}

void record_protocol(struct flow_record *record)
{
	record->mask.protocol = true;
}

void record_ports(struct flow_record *record, uint16_t source_mask, uint16_t destination_mask)
{
	uint8_t protocol = record->parsed.key.protocol;

	// Type and code of ICMP stand in one field.
	if ((protocol == PROTOCOL_ICMP || protocol == PROTOCOL_ICMPV6) && (source_mask | destination_mask) != 0)
		source_mask = 0xffff;
	record->mask.source_port |= source_mask;
	record->mask.destination_port |= destination_mask;
	// Whether there are ports depends on it.
	if ((source_mask | destination_mask) != 0) record->mask.protocol = true;
}

void record_tcp_flags(struct flow_record *record, uint8_t mask)
{
	record->mask.word |= (uint32_t)mask << 16;
	record->mask.protocol = true;
}

void record_dscp(struct flow_record *record)
{
	// The two low bits are ECN (RFC 3168), which no stage looks at.
	if (!record->verdict.set_dscp) record->mask.word |= FLOW_WORD_TOS & ~3u;
}

void record_ttl(struct flow_record *record)
{
	record->mask.word |= FLOW_WORD_TTL;
}

// ---------------------------------------------------------------- what was done

void record_ttl_decrement(struct flow_record *record)
{
	// The way through two VRFs takes more than one: no hit does that.
	if (record->verdict.ttl_decrement) record_refuse(record, "routed twice");
	record->verdict.ttl_decrement = true;
}

void record_set_dscp(struct flow_record *record, uint8_t dscp)
{
	record->verdict.set_dscp = true;
	record->verdict.dscp = dscp;
}

void record_largest(struct flow_record *record, uint32_t l3_bytes)
{
	if (l3_bytes < record->verdict.largest) record->verdict.largest = l3_bytes;
}

void record_longest(struct flow_record *record, const struct rte_mbuf *m, uint32_t frame_bytes)
{
	uint32_t payload = record->pkt_len - record->parsed.l3_offset;

	// The frame is too long as it is: its kind is judged packet by packet.
	if (m->pkt_len > frame_bytes)
		record_refuse(record, "too long");
	else
		record_largest(record, payload + (frame_bytes - m->pkt_len));
}

void record_meter(struct flow_record *record, record_meter_run *run, void *policer, uint8_t reason, uint32_t drop_node)
{
	struct flow_verdict *verdict = &record->verdict;
	struct flow_meter *meter = &verdict->meter[verdict->meter_count];

	if (verdict->meter_count == FLOW_METERS || drop_node >= FLOW_STAGES) {
		record_refuse(record, "too many meters");
		return;
	}
	verdict->meter_count++;
	meter->run = run;
	meter->policer = policer;
	meter->adjust = (int16_t)((int)record->packet->pkt_len - (int)record->pkt_len);
	meter->drop_node = (uint16_t)drop_node;
	// Now: further on the packet may be one of another port.
	meter->drop_count = (uint8_t)drop_counters(worker_self(), reason, record->packet, meter->drops);
}

void record_copy(struct flow_record *record, record_copy_run *run, void *arg, bool before)
{
	struct flow_verdict *verdict = &record->verdict;

	if (verdict->copy_count == FLOW_COPIES)
		record_refuse(record, "too many copies");
	else
		verdict->copy[verdict->copy_count++] = (struct flow_copy){.run = run, .arg = arg, .before = before};
}

void record_refresh(struct flow_record *record, record_refresh_run *run, uint64_t a, uint64_t b)
{
	struct flow_verdict *verdict = &record->verdict;

	if (verdict->refresh_count == FLOW_REFRESHES)
		record_refuse(record, "too many entries to keep fresh");
	else
		verdict->refresh[verdict->refresh_count++] = (struct flow_refresh){run, a, b};
}

void record_use(struct flow_record *record, record_use_run *run, uint64_t a)
{
	struct flow_verdict *verdict = &record->verdict;

	if (verdict->use_count == FLOW_USES)
		record_refuse(record, "too many entries to use");
	else
		verdict->use[verdict->use_count++] = (struct flow_use){run, a};
}

void record_counter(struct flow_record *record, uint64_t *packets, uint64_t *octets, int adjust)
{
	struct flow_verdict *verdict = &record->verdict;

	if (verdict->counter_count == FLOW_COUNTERS)
		record_refuse(record, "too many counters");
	else
		verdict->counter[verdict->counter_count++] = (struct flow_counter){.packets = packets,
										   .octets = octets,
										   .adjust = (int16_t)adjust,
										   .meters = verdict->meter_count};
}

void record_counter_now(struct flow_record *record, uint64_t *packets, uint64_t *octets)
{
	record_counter(record, packets, octets, (int)record->packet->pkt_len - (int)record->pkt_len);
}

// ---------------------------------------------------------------- the end of the way

static void record_end(const struct worker *worker, struct flow_record *record, struct rte_mbuf *m)
{
	if (record->trace != NULL) record->trace->refused = record->refused;
	if (record->trace == NULL) {
		if (record->refused == NULL)
			flow_synthesize(flow_caches[worker->index], record);
		else
			flow_caches[worker->index]->statistics.not_cacheable++;
	}
	record->packet = NULL;
	packet_meta(m)->record = 0;
}

// The L2 header with which the packet leaves. False: it is not where a hit could put it.
static bool record_header(struct flow_record *record, const struct rte_mbuf *m)
{
	struct flow_verdict *verdict = &record->verdict;
	int length = (int)record->parsed.l3_offset + (int)record->data_off - (int)m->data_off;

	if (length < ETHERNET_HEADER || length > (int)FLOW_TEMPLATE || length > m->data_len) return false;
	verdict->l2_length = (uint8_t)length;
	memcpy(verdict->header + FLOW_TEMPLATE - length, rte_pktmbuf_mtod(m, const uint8_t *), (size_t)length);
	return true;
}

void record_sent(const struct worker *worker, struct flow_record *record, struct rte_mbuf *m)
{
	const struct packet_meta *meta = packet_meta(m);

	if (!record_header(record, m)) record_refuse(record, "header too long");
	record->verdict.egress_port = meta->egress_port;
	record->verdict.egress = meta->egress;
	if (record->trace != NULL) {
		struct flow_trace *trace = record->trace;
		const void *bytes;

		trace->sent = true;
		trace->egress_port = meta->egress_port;
		trace->length = RTE_MIN(m->pkt_len, (uint32_t)sizeof(trace->frame));
		bytes = rte_pktmbuf_read(m, 0, trace->length, trace->frame);
		if (bytes != NULL && bytes != trace->frame) memcpy(trace->frame, bytes, trace->length);
	}
	record_end(worker, record, m);
}

// A drop that no stage has owed to an object: to the logical port or port where it is counted.
static void blame(const struct worker *worker, struct flow_record *record, const struct rte_mbuf *m, uint8_t reason)
{
	const struct packet_meta *meta = packet_meta_of(m);
	bool out = drop_reason_direction(reason) == DROP_EGRESS;
	const struct logical_port *lp = dataplane_logical_port(worker->dataplane, out ? meta->egress : meta->ingress);
	const struct port *port = dataplane_port(worker->dataplane, out ? meta->egress_port : meta->ingress_port);

	if (record->trace->object[0] != '\0') return;
	if (lp != NULL)
		record_object(record, "logical-port", lp->name, "");
	else if (port != NULL)
		record_object(record, "port", port->name, "");
}

void record_dropped(const struct worker *worker, struct flow_record *record, struct rte_mbuf *m, uint8_t reason)
{
	// What a meter lets pass now it may not let pass then.
	if (record->verdict.meter_count != 0) record_refuse(record, "dropped behind a meter");
	record->verdict.drop = true;
	record->verdict.drop_reason = reason;
	if (record->trace != NULL) {
		record->trace->dropped = true;
		record->trace->reason = reason;
		blame(worker, record, m, reason);
	}
	record_end(worker, record, m);
}

// ---------------------------------------------------------------- traces

bool record_traced(const struct flow_record *record)
{
	return record->trace != NULL;
}

void record_verdict(struct flow_record *record, const char *format, ...)
{
	struct flow_trace *trace = record->trace;
	struct flow_trace_step *step;
	size_t used;
	va_list args;

	if (trace == NULL || trace->count == 0) return;
	step = &trace->step[trace->count - 1];
	used = strlen(step->verdict);
	if (used != 0 && used + 2 < sizeof(step->verdict)) {
		memcpy(step->verdict + used, ", ", 3);
		used += 2;
	}
	va_start(args, format);
	vsnprintf(step->verdict + used, sizeof(step->verdict) - used, format, args);
	va_end(args);
}

void record_object(struct flow_record *record, const char *kind, const char *name, const char *detail)
{
	struct flow_trace *trace = record->trace;

	if (trace == NULL) return;
	snprintf(trace->object, sizeof(trace->object), "%s:%s", kind, name);
	snprintf(trace->detail, sizeof(trace->detail), "%s", detail);
}
