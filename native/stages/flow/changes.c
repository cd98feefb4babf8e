// What hangs from the root and has changed with it, as elements. Other stages tell of their own tables.
#include "../block-point/block_map.h"
#include "control.h"

// Of a segment: which VLANs it has, and with which gate.
static void vlans_changed(uint16_t id, const struct gate_vlans *before, const struct gate_vlans *after)
{
	const struct gate *old = before != NULL ? before->gate : NULL, *new = after != NULL ? after->gate : NULL;

	if (before == after) return;
	for (uint16_t vid = 0; vid < GATE_VIDS; vid++) {
		bool was = before != NULL && vid_is_in(before->word, vid),
		     is = after != NULL && vid_is_in(after->word, vid);

		if (was != is || (is && old != new)) flow_element_changed(FLOW_BLOCK, flow_tag_id(id, vid));
	}
}

static void port_changed(uint16_t id, const struct port *old, const struct port *new)
{
	const struct block_map *before = old != NULL ? old->blocks : NULL, *after = new != NULL ? new->blocks : NULL;

	if (old == NULL || new == NULL || old->enabled != new->enabled || old->mtu != new->mtu || old->io != new->io ||
	    old->counters != new->counters || (before == NULL) != (after == NULL))
		flow_element_changed(FLOW_PORT, id);
	vlans_changed(id, before != NULL ? before->vlans : NULL, after != NULL ? after->vlans : NULL);
	for (unsigned page = 0; before != after && page < BLOCK_PAGES; page++) {
		if (before != NULL && after != NULL && before->page[page] == after->page[page]) continue;
		for (unsigned i = 0; i < BLOCK_PAGE; i++) {
			uint16_t vid = (uint16_t)(page * BLOCK_PAGE + i);

			if (block_map_get(before, vid) != block_map_get(after, vid))
				flow_element_changed(FLOW_BLOCK, flow_tag_id(id, vid));
		}
	}
}

static void tags_changed(const struct logical_port *lp)
{
	if (lp != NULL) flow_element_changed(FLOW_TAGS, flow_tag_id(lp->port, logical_port_vid(lp)));
}

static void logical_port_changed(uint32_t id, const void *before, const void *after)
{
	const struct logical_port *old = before, *new = after;

	flow_element_changed(FLOW_LOGICAL_PORT, id);
	if (old == NULL || new == NULL || old->port != new->port || old->matches != new->matches ||
	    memcmp(old->match, new->match, sizeof(old->match)) != 0) {
		tags_changed(old);
		tags_changed(new);
	}
}

static void bridge_domain_changed(uint32_t id, const void *before, const void *after)
{
	const struct bridge_domain *old = before, *new = after;
	struct bridge_domain same;

	if (old != NULL && new != NULL) {
		// Who else is a member does not matter to a packet with one destination.
		memcpy(&same, old, sizeof(same));
		same.members = new->members;
		if (memcmp(&same, new, sizeof(same)) == 0) return;
	}
	flow_element_changed(FLOW_BRIDGE_DOMAIN, id);
}

static void interface_changed(uint32_t id, const void *before, const void *after)
{
	RTE_SET_USED(before);
	RTE_SET_USED(after);
	flow_element_changed(FLOW_INTERFACE, id);
}

// Each object that is not the same in both. Chunks that are shared hold none.
static void differences(const struct id_map *before, const struct id_map *after,
			void (*visit)(uint32_t id, const void *old, const void *new))
{
	for (uint32_t chunk = 0; chunk < ID_CHUNKS; chunk++) {
		if (before->chunk[chunk] == after->chunk[chunk]) continue;
		for (uint32_t i = 0; i < ID_CHUNK; i++) {
			uint32_t id = chunk * ID_CHUNK + i;
			const void *old = id_map_get(before, id), *new = id_map_get(after, id);

			if (old != new) visit(id, old, new);
		}
	}
}

void flow_changes_published(struct generation *g)
{
	const struct dataplane *before = generation_before(g), *after = generation_next(g);

	for (uint16_t id = 1; id < MAX_PORTS; id++)
		if (before->ports[id] != after->ports[id]) port_changed(id, before->ports[id], after->ports[id]);
	differences(&before->logical_ports, &after->logical_ports, logical_port_changed);
	differences(&before->bridge_domains, &after->bridge_domains, bridge_domain_changed);
	differences(&before->interfaces, &after->interfaces, interface_changed);
}
