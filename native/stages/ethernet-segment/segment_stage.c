// Segments in the generations: what a transaction blocks and releases.
#include <string.h>

#include "../../api/store.h"
#include "../../main/stages.h"
#include "../block-point/block_in.h"
#include "../ip/packet.h"
#include "block_changes.h"
#include "held.h"
#include "probe_heard.h"
#include "segment.h"

const struct segment_view *segment_on(const struct dataplane *dp, uint16_t port)
{
	const struct port *it = dataplane_port(dp, port);

	return it != NULL && it->blocks != NULL && it->blocks->vlans != NULL ? segment_view_of(it->blocks->vlans)
									     : NULL;
}

const struct segment_view *segment_named(const struct owner *owner, const char *name, struct api_error *error)
{
	const struct object *object = store_find(SLUICE__API__OBJECT_KIND__KIND_ETHERNET_SEGMENT, name);
	const struct dataplane *dp = dataplane_current();

	snprintf(error->object, sizeof(error->object), "ethernet-segment:%.255s", name);
	// What a transaction under way makes of it does not count yet.
	for (uint16_t i = 0; object != NULL && object->owner == owner && i < dp->port_count; i++) {
		const struct segment_view *view = segment_on(dp, dp->port_ids[i]);

		if (view != NULL && strcmp(view->segment->gate.name, name) == 0) return view;
	}
	api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_NOT_FOUND, 0, error->object, "there is no such segment");
	return NULL;
}

const char *segment_set_parse(const ProtobufCBinaryData *bytes, uint64_t words[GATE_WORDS])
{
	memset(words, 0, GATE_WORDS * sizeof(*words));
	if (bytes->len > SEGMENT_SET_BYTES) return "a set of VLANs has at most 512 bytes";
	for (size_t i = 0; i < bytes->len; i++)
		words[i / 8] |= (uint64_t)bytes->data[i] << (i % 8 * 8);
	if (words[0] & 1 || words[GATE_WORDS - 1] >> 63) return "VLANs are 1 to 4094";
	return NULL;
}

int segment_vlans_take(const struct segment_view *view, const char *what, const ProtobufCBinaryData *bytes,
		       uint64_t words[GATE_WORDS], struct api_error *error)
{
	const char *wrong = segment_set_parse(bytes, words);

	if (wrong != NULL)
		return api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_INVALID, 0, error->object, "%s: %s", what,
				  wrong);
	for (unsigned i = 0; i < GATE_WORDS; i++) {
		uint64_t foreign = words[i] & ~view->vlans.word[i];

		if (foreign != 0)
			return api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_INVALID, 0, error->object,
					  "%s: VLAN %u is not the segment's", what,
					  i * 64 + (unsigned)__builtin_ctzll(foreign));
	}
	return 0;
}

// ---------------------------------------------------------------- generations

static bool is_shut(const struct block_map *map, uint16_t vid)
{
	const struct gate *gate = block_map_gate(map, vid);

	return gate != NULL && !gate_is_open(gate, vid);
}

// VLANs that have left the set are closed when they come back; those that have come begin now.
static void settle(const struct segment_view *old, const struct segment_view *new, uint64_t now)
{
	struct segment *segment = new->segment;

	for (unsigned i = 0; i < GATE_WORDS; i++) {
		atomic_fetch_and(&segment->gate.open[i], new->vlans.word[i]);
		atomic_fetch_and(&segment->gate.redirects[i], new->vlans.word[i]);
		atomic_fetch_and(&segment->gate.doubled[i], new->vlans.word[i]);
	}
	for (uint16_t vid = 0; vid < GATE_VIDS; vid++) {
		bool had = old != NULL && old->segment == segment && vid_is_in(old->vlans.word, vid);

		if (vid_is_in(new->vlans.word, vid) && !had) segment->since_ns[vid] = now;
	}
}

static void port_published(struct generation *g, const struct port *before, const struct port *after)
{
	static struct block_changes changes;
	const struct block_map *old = before != NULL ? before->blocks : NULL,
			       *new = after != NULL ? after->blocks : NULL;
	const struct gate_vlans *had = old != NULL ? old->vlans : NULL, *has = new != NULL ? new->vlans : NULL;

	if (had == has) return;
	block_changes_begin(&changes, after != NULL ? after : before);
	for (uint16_t vid = 0; vid < GATE_VIDS; vid++)
		if (is_shut(old, vid) != is_shut(new, vid))
			block_changes_add(&changes, vid, is_shut(new, vid),
					  block_map_get(old, vid) != NULL || block_map_get(new, vid) != NULL);
	changes.effective_at_ns = generation_effective_at_ns(g);
	if (has != NULL)
		settle(had != NULL ? segment_view_of(had) : NULL, segment_view_of(has), changes.effective_at_ns);
	block_changes_tell(&changes);
}

static void published(struct generation *g)
{
	const struct dataplane *before = generation_before(g), *after = generation_next(g);

	for (uint16_t id = 1; id < MAX_PORTS; id++)
		if (before->ports[id] != after->ports[id]) port_published(g, before->ports[id], after->ports[id]);
}

static int start(void)
{
	int rc;

	node_wire("block-in", BLOCK_IN_PROBE, "segment-probe-in");
	node_wire("block-in", BLOCK_IN_REDIRECT, "segment-redirect");
	node_wire("block-in", BLOCK_IN_COPY, "drop-segment-redirect-copy");
	node_wire("block-out", BLOCK_OUT_REDIRECT, "segment-redirect");
	rc = held_start();
	return rc < 0 ? rc : probe_heard_start();
}

static void stop(void)
{
	probe_heard_stop();
	held_stop();
}

static void poll(void)
{
	probe_heard_poll();
	held_poll();
}

static struct stage segment_stage = {
	.name = "ethernet-segment",
	.start = start,
	.stop = stop,
	.poll = poll,
	.published = published,
	// Behind CE notification, whose configuration has changed then; before the bridge's sweep and the flow cache.
	.order = 60,
};
STAGE_REGISTER(segment_stage);
