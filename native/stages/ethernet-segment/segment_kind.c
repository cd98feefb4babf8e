// Segments, as objects of the contract. A version's runtime is its struct segment, which lives as long as the segment
// is on that port.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../api/kind.h"
#include "../block-point/block_map.h"
#include "../block-point/copies.h"
#include "held.h"
#include "probe_send.h"
#include "redirect.h"
#include "segment.h"
#include "segment_state.h"

#define KIND(name)      SLUICE__API__OBJECT_KIND__KIND_##name
#define MOST_HOLD       16384
#define MOST_HOLD_MS    10000
#define MOST_VNI        0xffffffu
#define DEFAULT_HOLD    4096
#define DEFAULT_HOLD_MS 500
#define LEAST_KEY       16
#define MOST_KEY        64

static const char *segment_name(const Sluice__Api__Operation *operation)
{
	return operation->set_ethernet_segment->name;
}

static const char *wrong_peers(const Sluice__Api__EthernetSegment *it)
{
	size_t length = it->local_address.len;

	if (length != 4 && length != 16) return "local_address is 4 bytes, or 16";
	if (it->n_peers > SEGMENT_MOST_PEERS) return "a segment has at most 15 peers";
	for (size_t i = 0; i < it->n_peers; i++) {
		if (it->peers[i].len != length) return "peers are as long as local_address";
		if (memcmp(it->peers[i].data, it->local_address.data, length) == 0)
			return "local_address is not one of the peers";
		for (size_t j = 0; j < i; j++)
			if (memcmp(it->peers[i].data, it->peers[j].data, length) == 0) return "a peer is there twice";
	}
	return NULL;
}

static const char *wrong_values(const Sluice__Api__EthernetSegment *it)
{
	static const uint8_t none[SEGMENT_ESI_SIZE];
	uint64_t words[GATE_WORDS];

	if (it->port[0] == '\0') return "a segment needs a port";
	if (it->esi.len != SEGMENT_ESI_SIZE || memcmp(it->esi.data, none, sizeof(none)) == 0)
		return "esi is 10 bytes, not all zero";
	if (it->probe_key.len != 0 && (it->probe_key.len < LEAST_KEY || it->probe_key.len > MOST_KEY))
		return "probe_key is 16 to 64 bytes, or empty";
	if (it->vni > MOST_VNI || (it->vni == 0 && it->vrf[0] != '\0')) return "vni is 1 to 16777215";
	if (it->hold_limit > MOST_HOLD) return "hold_limit is at most 16384";
	if (it->hold_ms > MOST_HOLD_MS) return "hold_ms is at most 10000";
	return segment_set_parse(&it->vlans, words);
}

static int segment_check(const Sluice__Api__Operation *operation, struct api_error *error)
{
	const Sluice__Api__EthernetSegment *it = operation->set_ethernet_segment;
	const char *wrong = wrong_values(it);

	if (wrong == NULL) wrong = wrong_peers(it);
	return wrong == NULL ? 0 : api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_INVALID, 0, "", "%s", wrong);
}

static void segment_references(const Sluice__Api__Operation *operation,
			       void (*add)(void *ctx, Sluice__Api__ObjectKind kind, const char *name), void *ctx)
{
	const Sluice__Api__EthernetSegment *it = operation->set_ethernet_segment;

	add(ctx, KIND(PORT), it->port);
	add(ctx, KIND(VRF), it->vrf);
}

static bool segment_claim(const Sluice__Api__Operation *operation, char claim[CLAIM_SIZE])
{
	snprintf(claim, CLAIM_SIZE, "ethernet segment of port %s", operation->set_ethernet_segment->port);
	return true;
}

// ---------------------------------------------------------------- building

static void segment_free(void *arg)
{
	struct segment *segment = arg;

	if (segment == NULL) return;
	timer_disarm(&segment->send);
	term_stop(&segment->redirects);
	term_stop(&segment->doubles);
	free(segment->counters);
	free(segment->gate.counters);
	free(segment->gate.seen);
	free(segment->gate.copies);
	free(segment);
}

static struct ip_address address_of(const ProtobufCBinaryData *bytes)
{
	struct ip_address address = {0};

	memcpy(address.bytes, bytes->data, bytes->len);
	return address;
}

// Zeroed, a slot a worker. NULL: no memory.
static void *slots(size_t size)
{
	void *memory = aligned_alloc(RTE_CACHE_LINE_SIZE, COUNTER_SLOTS * size);

	if (memory != NULL) memset(memory, 0, COUNTER_SLOTS * size);
	return memory;
}

static struct segment *segment_new(struct generation *g, const char *name, uint16_t port)
{
	struct segment *segment = calloc(1, sizeof(*segment));

	if (segment == NULL) return NULL;
	segment->port = port;
	segment->send.run = probe_send_due;
	term_init(&segment->redirects, segment, segment->gate.redirects, redirect_ended);
	term_init(&segment->doubles, segment, segment->gate.doubled, NULL);
	snprintf(segment->gate.name, sizeof(segment->gate.name), "%s", name);
	segment->gate.counters = slots(sizeof(struct gate_counters));
	segment->gate.seen = calloc(GATE_SEEN, sizeof(*segment->gate.seen));
	segment->gate.copies = copies_new();
	segment->counters = slots(sizeof(struct segment_counters));
	if (segment->gate.counters == NULL || segment->gate.seen == NULL || segment->gate.copies == NULL ||
	    segment->counters == NULL || generation_on_abort(g, segment_free, segment) != 0) {
		segment_free(segment);
		return NULL;
	}
	return segment;
}

// The segment as it was before this generation; NULL: it was not there.
static const struct segment_view *view_before(struct generation *g, const struct segment *segment)
{
	return segment != NULL ? segment_on(generation_before(g), segment->port) : NULL;
}

static struct segment_peer *peer_of(const struct segment_view *view, const struct ip_address *address)
{
	for (unsigned i = 0; view != NULL && i < view->peer_count; i++)
		if (memcmp(&view->peer[i]->address, address, sizeof(*address)) == 0) return view->peer[i];
	return NULL;
}

// Peers that stay keep what was heard of them.
static int set_peers(struct generation *g, const struct segment_view *old, struct segment_view *new,
		     const Sluice__Api__EthernetSegment *it)
{
	for (size_t i = 0; i < it->n_peers; i++) {
		struct ip_address address = address_of(&it->peers[i]);
		struct segment_peer *peer = peer_of(old, &address);

		if (peer == NULL) {
			peer = calloc(1, sizeof(*peer));
			if (peer == NULL || generation_on_abort(g, free, peer) != 0) {
				free(peer);
				return -ENOMEM;
			}
			peer->address = address;
		}
		new->peer[new->peer_count++] = peer;
	}
	return 0;
}

// `new` NULL: all of them go.
static int free_peers(struct generation *g, const struct segment_view *old, const struct segment_view *new)
{
	for (unsigned i = 0; old != NULL && i < old->peer_count; i++)
		if (peer_of(new, &old->peer[i]->address) == NULL && generation_on_commit(g, free, old->peer[i]) != 0)
			return -ENOMEM;
	return 0;
}

// A hold of the same size stays, with what it holds.
static int set_hold(struct generation *g, const struct segment_view *old, struct segment_view *new,
		    const Sluice__Api__EthernetSegment *it)
{
	struct segment_hold *had = old != NULL ? old->hold : NULL;
	uint32_t limit = it->hold_limit != 0 ? it->hold_limit : DEFAULT_HOLD;
	bool stays = had != NULL && new->vrf != 0 && old->segment == new->segment &&held_limit(had) == limit;

	if (stays) new->hold = had;
	if (had != NULL && !stays && generation_on_commit(g, held_free, had) != 0) return -ENOMEM;
	if (stays || new->vrf == 0) return 0;
	new->hold = held_new(limit);
	if (new->hold != NULL && generation_on_abort(g, held_free, new->hold) == 0) return 0;
	held_free(new->hold);
	return -ENOMEM;
}

static void fill(struct segment_view *view, const Sluice__Api__EthernetSegment *it)
{
	segment_set_parse(&it->vlans, view->vlans.word);
	memcpy(view->esi, it->esi.data, sizeof(view->esi));
	view->version = it->local_address.len == 4 ? IP_V4 : IP_V6;
	view->local = address_of(&it->local_address);
	view->vlans.probes = it->probe_key.len != 0;
	view->vrf = kind_id(KIND(VRF), it->vrf);
	view->vni = it->vni;
	view->hold_ms = it->hold_ms != 0 ? it->hold_ms : DEFAULT_HOLD_MS;
	if (view->vlans.probes) hmac_key_set(&view->key, it->probe_key.data, it->probe_key.len);
}

// Takes the segment from a port, unless another has taken its place in this generation.
static int leave_port(struct generation *g, const struct segment *segment)
{
	struct port *port = generation_port(g, segment->port);

	if (port == NULL || port->blocks == NULL || port->blocks->vlans == NULL ||
	    port->blocks->vlans->gate != &segment->gate)
		return 0;
	return block_map_set_vlans(g, &port->blocks, NULL);
}

static int segment_build(struct generation *g, struct change *change)
{
	const Sluice__Api__EthernetSegment *it = change->after->operation->set_ethernet_segment;
	uint16_t id = (uint16_t)kind_id(KIND(PORT), it->port);
	struct port *port = generation_port(g, id);
	struct segment *old = change->before != NULL ? change->before->runtime : NULL, *segment = old;
	const struct segment_view *before = view_before(g, old);
	struct segment_view *view = generation_alloc(g, sizeof(*view));

	if (port == NULL || view == NULL) return -ENOMEM;
	if (port->bundle != 0)
		return generation_refuse(g, -EINVAL, "ethernet segment %s: port %s is a link of a bundle", it->name,
					 it->port);
	if (old == NULL || old->port != id) {
		segment = segment_new(g, it->name, id);
		if (segment == NULL) return -ENOMEM;
	}
	view->segment = segment;
	view->vlans.gate = &segment->gate;
	fill(view, it);
	if (set_peers(g, before, view, it) < 0 || free_peers(g, before, view) < 0 || set_hold(g, before, view, it) < 0)
		return -ENOMEM;
	change->after->runtime = segment;
	if (block_map_set_vlans(g, &port->blocks, &view->vlans) < 0) return -ENOMEM;
	if (old == NULL || old == segment) return 0;
	return leave_port(g, old) < 0 ? -ENOMEM : generation_on_commit(g, segment_free, old);
}

static int segment_remove(struct generation *g, struct change *change)
{
	const struct segment_view *before = view_before(g, change->before->runtime);

	if (leave_port(g, change->before->runtime) < 0 || free_peers(g, before, NULL) < 0 ||
	    generation_on_commit(g, held_free, before->hold) != 0)
		return -ENOMEM;
	return generation_on_commit(g, segment_free, change->before->runtime);
}

static struct object_kind segment_kind = {
	.kind = KIND(ETHERNET_SEGMENT),
	.set = SLUICE__API__OPERATION__OP_SET_ETHERNET_SEGMENT,
	.query = SLUICE__API__QUERY__WHAT_ETHERNET_SEGMENTS,
	.label = "ethernet-segment",
	.longest_name = MAX_OBJECT_NAME,
	.order = KIND_ORDER_INTERFACE,
	.name = segment_name,
	.check = segment_check,
	.references = segment_references,
	.claim = segment_claim,
	.build = segment_build,
	.remove = segment_remove,
	.state = segment_state,
};
KIND_REGISTER(segment_kind);
