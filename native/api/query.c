#include "query.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../main/stages.h"
#include "build.h"
#include "bulk.h"
#include "kind.h"

#define WHAT(name) SLUICE__API__QUERY__WHAT_##name
#define KIND(name) SLUICE__API__OBJECT_KIND__KIND_##name

struct entry {
	Sluice__Api__ObjectKind kind;
	char *name;
};

// Objects are remembered by name: they may go while a slow client reads.
struct query {
	Sluice__Api__Query__WhatCase what;
	const struct owner *owner;
	struct entry *entries;
	size_t count, at;
	char *bridge_domain;
	char *interface; // of a query for neighbours
	uint64_t cursor;
	const struct bulk *bulk; // that answers it, by `answer`
	void *answer;
	char *port; // of a trace, and its frame
	uint8_t *frame;
	size_t length;
};

static int add_entry(struct query *query, size_t *room, Sluice__Api__ObjectKind kind, const char *name)
{
	if (query->count == *room) {
		size_t more = *room ? *room * 2 : 64;
		struct entry *grown = realloc(query->entries, more * sizeof(*grown));

		if (grown == NULL) return -ENOMEM;
		query->entries = grown;
		*room = more;
	}
	query->entries[query->count] = (struct entry){kind, strdup(name)};
	return query->entries[query->count].name != NULL ? (query->count++, 0) : -ENOMEM;
}

static int entry_order(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return x->kind != y->kind ? (int)x->kind - (int)y->kind : strcmp(x->name, y->name);
}

// What a kind has without an object. NULL: no more.
static const char *built_in_name(Sluice__Api__ObjectKind kind, unsigned i)
{
	const struct object_kind *registered = kind_of(kind);

	return registered != NULL && registered->built_in != NULL ? registered->built_in(i) : NULL;
}

static bool is_visible(Sluice__Api__ObjectKind kind, const char *name)
{
	const struct object *object = store_find(kind, name);

	return object != NULL && kind_committed(object) != NULL;
}

static int built_in_state(struct arena *arena, const struct entry *entry, Sluice__Api__QueryReply *part)
{
	for (unsigned i = 0; built_in_name(entry->kind, i) != NULL; i++)
		if (strcmp(built_in_name(entry->kind, i), entry->name) == 0)
			return kind_of(entry->kind)->built_in_state(arena, entry->name, part);
	return 0;
}

// All objects of a kind (KIND_UNSPECIFIED: of every kind), in order; or those that are named.
static int collect(struct query *query, Sluice__Api__ObjectKind kind, const Sluice__Api__Names *names)
{
	size_t room = 0;
	int rc = 0;

	for (size_t i = 0; names != NULL && rc == 0 && i < names->n_names; i++)
		rc = add_entry(query, &room, kind, names->names[i]);
	if (rc != 0 || (names != NULL && names->n_names > 0)) return rc;
	for (const struct object *o = query->owner != NULL ? query->owner->objects : NULL; rc == 0 && o != NULL;
	     o = o->older)
		if (kind_committed(o) != NULL && (kind == KIND(UNSPECIFIED) || o->kind == kind))
			rc = add_entry(query, &room, o->kind, o->name);
	for (unsigned i = 0; rc == 0 && built_in_name(kind, i) != NULL; i++)
		if (!is_visible(kind, built_in_name(kind, i)))
			rc = add_entry(query, &room, kind, built_in_name(kind, i));
	if (query->count > 0) qsort(query->entries, query->count, sizeof(*query->entries), entry_order);
	return rc;
}

static const struct object *bridge_domain_of(const struct query *query)
{
	const struct object *object = store_find(KIND(BRIDGE_DOMAIN), query->bridge_domain);

	return object != NULL && kind_committed(object) != NULL && object->owner == query->owner ? object : NULL;
}

static const struct port *port_named(const char *name)
{
	const struct object *object = store_find(KIND(PORT), name);

	return object != NULL && kind_committed(object) != NULL
		       ? dataplane_port(dataplane_current(), (uint16_t)object->id)
		       : NULL;
}

// 0, -ENOMEM, or -EINVAL with the error.
static int take_frame(struct query *query, const Sluice__Api__TraceQuery *trace, struct api_error *error)
{
	if (trace->frame.len < 14 || trace->frame.len > 9234) {
		api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_INVALID, 0, "", "a frame has 14 to 9,234 bytes");
		return -EINVAL;
	}
	if (port_named(trace->port) == NULL) {
		api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_NOT_FOUND, 0, "", "there is no port %s", trace->port);
		return -EINVAL;
	}
	query->port = strdup(trace->port);
	query->frame = malloc(trace->frame.len);
	if (query->port == NULL || query->frame == NULL) return -ENOMEM;
	memcpy(query->frame, trace->frame.data, trace->frame.len);
	query->length = trace->frame.len;
	return 0;
}

static const struct object *interface_of(const struct query *query)
{
	const struct object *object = store_find(KIND(L3_INTERFACE), query->interface);

	return object != NULL && kind_committed(object) != NULL && object->owner == query->owner ? object : NULL;
}

struct query *query_new(const struct owner *owner, const Sluice__Api__Query *what, struct api_error *error)
{
	const struct object_kind *registered = kind_of_query(what->what_case);
	const struct bulk *bulk = bulk_of_query(what->what_case);
	struct query *query = calloc(1, sizeof(*query));
	int rc = query == NULL ? -ENOMEM : 0;

	STAGES_CALL_NONE(counters_wanted);
	if (query != NULL) {
		query->what = what->what_case;
		query->owner = what->owner[0] == '\0' ? owner : store_find_owner(what->owner);
	}
	switch (rc < 0 ? WHAT(_NOT_SET) : what->what_case) {
	case WHAT(PORTS):
		rc = collect(query, KIND(PORT), what->ports);
		break;
	case WHAT(LOGICAL_PORTS):
		rc = collect(query, KIND(LOGICAL_PORT), what->logical_ports);
		break;
	case WHAT(BRIDGE_DOMAINS):
		rc = collect(query, KIND(BRIDGE_DOMAIN), what->bridge_domains);
		break;
	case WHAT(BLOCK_POINTS):
		rc = collect(query, KIND(BLOCK_POINT), what->block_points);
		break;
	case WHAT(CE_NOTIFICATIONS):
		rc = collect(query, KIND(CE_NOTIFICATION), what->ce_notifications);
		break;
	case WHAT(OBJECTS):
		rc = collect(query, KIND(UNSPECIFIED), NULL);
		break;
	case WHAT(FDB):
		query->bridge_domain = strdup(what->fdb->bridge_domain);
		if (query->bridge_domain == NULL) {
			rc = -ENOMEM;
		} else if (query->bridge_domain[0] != '\0' && bridge_domain_of(query) == NULL) {
			object_text((struct object_name){KIND(BRIDGE_DOMAIN), query->bridge_domain}, error->object,
				    sizeof(error->object));
			api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_NOT_FOUND, 0, error->object,
				   "there is no such bridge domain");
			query_free(query);
			return NULL;
		}
		break;
	case WHAT(NEIGHBOURS):
		query->interface = strdup(what->neighbours->interface);
		if (query->interface == NULL) {
			rc = -ENOMEM;
		} else if (query->interface[0] != '\0' && interface_of(query) == NULL) {
			object_text((struct object_name){KIND(L3_INTERFACE), query->interface}, error->object,
				    sizeof(error->object));
			api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_NOT_FOUND, 0, error->object,
				   "there is no such interface");
			query_free(query);
			return NULL;
		}
		break;
	case WHAT(STAGES):
	case WHAT(ENGINE):
	case WHAT(FLOW_CACHE):
		break;
	case WHAT(TRACE):
		rc = take_frame(query, what->trace, error);
		if (rc == -EINVAL) {
			query_free(query);
			return NULL;
		}
		break;
	default:
		// All queries for objects of one kind are a Names.
		if (rc == 0 && bulk != NULL) {
			query->bulk = bulk;
			query->answer = bulk->query_new(query->owner, what, error);
			if (query->answer == NULL) {
				query_free(query);
				return NULL;
			}
		} else if (rc == 0 && registered != NULL) {
			rc = collect(query, registered->kind, what->ports);
		} else if (rc == 0) {
			api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_PROTOCOL, 0, "",
				   "a query that this engine does not know");
			query_free(query);
			return NULL;
		}
	}
	if (rc < 0) {
		api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_RESOURCE, 0, "", "out of memory");
		query_free(query);
		return NULL;
	}
	return query;
}

void query_free(struct query *query)
{
	if (query == NULL) return;
	if (query->answer != NULL) query->bulk->query_free(query->answer);
	for (size_t i = 0; i < query->count; i++)
		free(query->entries[i].name);
	free(query->entries);
	free(query->bridge_domain);
	free(query->interface);
	free(query->port);
	free(query->frame);
	free(query);
}

// ---------------------------------------------------------------- parts

static int objects_part(struct query *query, struct arena *arena, Sluice__Api__QueryReply *part)
{
	bool as_set = query->what == WHAT(OBJECTS);
	void **list = arena_alloc(arena, PART_ENTRIES * sizeof(void *));

	if (list == NULL) return -ENOMEM;
	part->objects = (Sluice__Api__Operation **)list;
	part->ports = (Sluice__Api__PortState **)list;
	part->logical_ports = (Sluice__Api__LogicalPortState **)list;
	part->bridge_domains = (Sluice__Api__BridgeDomainState **)list;
	part->block_points = (Sluice__Api__BlockPointState **)list;
	part->ce_notifications = (Sluice__Api__CeNotificationState **)list;
	part->vrfs = (Sluice__Api__VrfState **)list;
	part->l3_interfaces = (Sluice__Api__L3InterfaceState **)list;
	part->next_hop_groups = (Sluice__Api__NextHopGroupState **)list;
	part->access_lists = (Sluice__Api__AccessListState **)list;
	part->policers = (Sluice__Api__PolicerState **)list;
	part->vrrp = (Sluice__Api__VrrpState **)list;
	part->dhcp_relays = (Sluice__Api__DhcpRelayState **)list;
	part->observations = (Sluice__Api__ObservationState **)list;
	part->control_plane_policers = (Sluice__Api__ControlPlanePolicerState **)list;
	part->mirrors = (Sluice__Api__MirrorState **)list;
	part->bfd_sessions = (Sluice__Api__BfdSessionState **)list;
	part->ethernet_segments = (Sluice__Api__EthernetSegmentState **)list;
	part->cfm_meps = (Sluice__Api__CfmMepState **)list;
	for (unsigned n = 0; n < PART_ENTRIES && query->at < query->count; n++) {
		const struct entry *entry = &query->entries[query->at++];
		const struct object *object = store_find(entry->kind, entry->name);
		const struct version *version;

		if (!as_set && !is_visible(entry->kind, entry->name) && built_in_state(arena, entry, part) < 0)
			return -ENOMEM;
		if (object == NULL || object->owner != query->owner || (version = kind_committed(object)) == NULL)
			continue;
		if (as_set)
			part->objects[part->n_objects++] = version->operation;
		else if (state_add(arena, object, version, part) < 0)
			return -ENOMEM;
	}
	part->last = query->at == query->count;
	return 0;
}

static bool visible_to(const struct query *query, const struct bridge_domain *bd)
{
	const struct object *object = store_find(KIND(BRIDGE_DOMAIN), bd->name);

	return object != NULL && object->owner == query->owner;
}

static int fdb_part(struct query *query, struct arena *arena, Sluice__Api__QueryReply *part)
{
	const struct dataplane *dp = dataplane_current();
	const struct stage *stage = stages_first();
	const struct object *only = query->bridge_domain[0] != '\0' ? bridge_domain_of(query) : NULL;
	struct fdb_row *rows = arena_alloc(arena, PART_ENTRIES * sizeof(*rows));
	Sluice__Api__FdbEntry *entries = arena_alloc(arena, PART_ENTRIES * sizeof(*entries));
	unsigned count = 0;

	part->fdb = arena_alloc(arena, PART_ENTRIES * sizeof(Sluice__Api__FdbEntry *));
	if (rows == NULL || entries == NULL || part->fdb == NULL) return -ENOMEM;
	while (stage != NULL && stage->fdb_read == NULL)
		stage = stage->next;
	// A bridge domain that went meanwhile has no more entries.
	if (stage != NULL && (only != NULL || query->bridge_domain[0] == '\0'))
		count = stage->fdb_read(only != NULL ? only->id : 0, &query->cursor, rows, PART_ENTRIES);
	for (unsigned i = 0; i < count; i++) {
		const struct bridge_domain *bd = dataplane_bridge_domain(dp, rows[i].bridge_domain);
		const struct logical_port *lp = dataplane_logical_port(dp, rows[i].logical_port);
		Sluice__Api__FdbEntry *entry = &entries[part->n_fdb];

		if (bd == NULL || lp == NULL || !visible_to(query, bd)) continue;
		*entry = (Sluice__Api__FdbEntry)SLUICE__API__FDB_ENTRY__INIT;
		entry->bridge_domain = (char *)(uintptr_t)bd->name;
		entry->logical_port = (char *)(uintptr_t)lp->name;
		entry->mac.len = sizeof(rows[i].mac);
		entry->mac.data = rows[i].mac.addr_bytes;
		entry->type = rows[i].is_static ? SLUICE__API__FDB_ENTRY_TYPE__FDB_STATIC
						: SLUICE__API__FDB_ENTRY_TYPE__FDB_LEARNED;
		entry->age_seconds = rows[i].age_seconds;
		part->fdb[part->n_fdb++] = entry;
	}
	part->last = count == 0;
	return 0;
}

static int trace_part(const struct query *query, struct arena *arena, Sluice__Api__QueryReply *part)
{
	const struct port *port = port_named(query->port);

	// A port that went meanwhile: no steps.
	if (port == NULL) return 0;
	for (const struct stage *stage = stages_first(); stage != NULL; stage = stage->next)
		if (stage->trace != NULL) return stage->trace(port, query->frame, query->length, arena, part);
	return 0;
}

static void neighbour_entry(const struct neighbour_row *row, const struct l3_interface *interface,
			    Sluice__Api__NeighbourEntry *entry)
{
	*entry = (Sluice__Api__NeighbourEntry)SLUICE__API__NEIGHBOUR_ENTRY__INIT;
	entry->interface = (char *)(uintptr_t)interface->name;
	entry->address.len = row->version == IP_V4 ? 4 : 16;
	entry->address.data = (uint8_t *)(uintptr_t)row->address.bytes;
	entry->mac.len = row->has_mac ? sizeof(row->mac) : 0;
	entry->mac.data = (uint8_t *)(uintptr_t)row->mac.addr_bytes;
	entry->status = (Sluice__Api__NeighbourStatus)row->status;
	entry->is_static = row->is_static;
	entry->is_router = row->is_router;
	entry->age_seconds = row->age_seconds;
}

static int neighbours_part(struct query *query, struct arena *arena, Sluice__Api__QueryReply *part)
{
	const struct stage *stage = stages_first();
	const struct object *only = query->interface[0] != '\0' ? interface_of(query) : NULL;
	struct neighbour_row *rows = arena_alloc(arena, PART_ENTRIES * sizeof(*rows));
	Sluice__Api__NeighbourEntry *entries = arena_alloc(arena, PART_ENTRIES * sizeof(*entries));
	unsigned count = 0;

	part->neighbours = arena_alloc(arena, PART_ENTRIES * sizeof(Sluice__Api__NeighbourEntry *));
	if (rows == NULL || entries == NULL || part->neighbours == NULL) return -ENOMEM;
	while (stage != NULL && stage->neighbours_read == NULL)
		stage = stage->next;
	// An interface that went meanwhile has no more neighbours.
	if (stage != NULL && (only != NULL || query->interface[0] == '\0'))
		count = stage->neighbours_read(only != NULL ? only->id : 0, &query->cursor, rows, PART_ENTRIES);
	for (unsigned i = 0; i < count; i++) {
		const struct l3_interface *it = dataplane_interface(dataplane_current(), rows[i].interface);
		const struct object *object = it != NULL ? store_find(KIND(L3_INTERFACE), it->name) : NULL;

		if (object == NULL || object->owner != query->owner) continue;
		neighbour_entry(&rows[i], it, &entries[part->n_neighbours]);
		part->neighbours[part->n_neighbours] = &entries[part->n_neighbours];
		part->n_neighbours++;
	}
	part->last = count == 0;
	return 0;
}

int query_part(struct query *query, struct arena *arena, Sluice__Api__QueryReply *part)
{
	*part = (Sluice__Api__QueryReply)SLUICE__API__QUERY_REPLY__INIT;
	if (query->bulk != NULL) return query->bulk->query_part(query->answer, arena, part);
	switch (query->what) {
	case WHAT(FDB):
		return fdb_part(query, arena, part);
	case WHAT(NEIGHBOURS):
		return neighbours_part(query, arena, part);
	case WHAT(STAGES):
		part->last = true;
		return state_stages(arena, part);
	case WHAT(FLOW_CACHE):
		part->last = true;
		part->flow_cache = arena_alloc(arena, sizeof(*part->flow_cache));
		if (part->flow_cache == NULL) return -ENOMEM;
		*part->flow_cache = (Sluice__Api__FlowCacheState)SLUICE__API__FLOW_CACHE_STATE__INIT;
		STAGES_CALL(flow_cache_state, part->flow_cache);
		return 0;
	case WHAT(TRACE):
		part->last = true;
		return trace_part(query, arena, part);
	case WHAT(ENGINE):
		part->last = true;
		part->engine = state_engine(arena);
		return part->engine != NULL ? 0 : -ENOMEM;
	default:
		return objects_part(query, arena, part);
	}
}
