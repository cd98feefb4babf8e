#include "route_query.h"

#include <errno.h>

#include "../../api/query.h"
#include "rib.h"

// The VRF by its id: it may go while a slow client reads.
struct route_query {
	uint32_t vrf;
	uint32_t version; // 4, 6; 0: both
	const struct owner *only;
	bool lookup;
	enum ip_version lookup_version;
	struct ip_address address;
	unsigned table;
	uint64_t entry; // number in the table's pool
};

void *route_query_new(const struct owner *owner, const Sluice__Api__Query *what, struct api_error *error)
{
	const Sluice__Api__RouteQuery *wanted = what->routes;
	const struct object *vrf = store_find(SLUICE__API__OBJECT_KIND__KIND_VRF, wanted->vrf);
	struct route_query *query;
	char object[300];

	object_text((struct object_name){SLUICE__API__OBJECT_KIND__KIND_VRF, wanted->vrf}, object, sizeof(object));
	if (vrf == NULL || vrf->version == NULL || rib_of(vrf->id) == NULL) {
		api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_NOT_FOUND, 0, object, "there is no such VRF");
		return NULL;
	}
	if ((wanted->version != 0 && wanted->version != 4 && wanted->version != 6) ||
	    (wanted->lookup.len != 0 && wanted->lookup.len != 4 && wanted->lookup.len != 16)) {
		api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_INVALID, 0, object,
			   "version is 4, 6 or 0, and an address is 4 or 16 bytes");
		return NULL;
	}
	query = calloc(1, sizeof(*query));
	if (query == NULL) {
		api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_RESOURCE, 0, "", "out of memory");
		return NULL;
	}
	query->vrf = vrf->id;
	query->version = wanted->version;
	query->only = wanted->own ? owner : NULL;
	query->lookup = wanted->lookup.len > 0;
	query->lookup_version = wanted->lookup.len == 16 ? IP_V6 : IP_V4;
	if (query->lookup) memcpy(query->address.bytes, wanted->lookup.data, wanted->lookup.len);
	return query;
}

static int add(struct arena *arena, const struct rib_route *route, Sluice__Api__QueryReply *part)
{
	static const Sluice__Api__RouteEntry__Source sources[] = {
		[ROUTE_LOCAL] = SLUICE__API__ROUTE_ENTRY__SOURCE__SOURCE_LOCAL,
		[ROUTE_CONNECTED] = SLUICE__API__ROUTE_ENTRY__SOURCE__SOURCE_CONNECTED,
		[ROUTE_NEIGHBOUR] = SLUICE__API__ROUTE_ENTRY__SOURCE__SOURCE_NEIGHBOUR,
		[ROUTE_OWNER] = SLUICE__API__ROUTE_ENTRY__SOURCE__SOURCE_OWNER,
	};
	const struct l3_interface *it = dataplane_interface(dataplane_current(), route->interface);
	struct {
		Sluice__Api__RouteEntry entry;
		Sluice__Api__RoutePrefix prefix;
		struct ip_address address;
	} *made = arena_alloc(arena, sizeof(*made));

	if (made == NULL) return -ENOMEM;
	made->prefix = (Sluice__Api__RoutePrefix)SLUICE__API__ROUTE_PREFIX__INIT;
	made->entry = (Sluice__Api__RouteEntry)SLUICE__API__ROUTE_ENTRY__INIT;
	prefix_bytes(&route->entry->prefix, &made->address);
	made->prefix.address.data = made->address.bytes;
	made->prefix.address.len = route->version == IP_V4 ? 4 : 16;
	made->prefix.length = route->entry->prefix.length;
	made->entry.prefix = &made->prefix;
	if (route->group != NULL) made->entry.next_hop_group = route->group->name;
	if (route->owner != NULL) made->entry.owner = (char *)(uintptr_t)route->owner->name;
	if (it != NULL) made->entry.interface = (char *)(uintptr_t)it->name;
	made->entry.preference = route->preference;
	made->entry.active = entry_best(route->entry) == route;
	made->entry.last_change_ns = route->changed_ns;
	made->entry.source = sources[route->source];
	part->routes[part->n_routes++] = &made->entry;
	return 0;
}

static int lookup(const struct route_query *query, const struct rib *rib, struct arena *arena,
		  Sluice__Api__QueryReply *part)
{
	unsigned bits = query->lookup_version == IP_V4 ? 32 : 128;
	struct prefix host = prefix_of(query->lookup_version, &query->address, bits);
	const struct rib_entry *entry = entry_cover(&rib->table[query->lookup_version], &host, bits + 1);

	return entry != NULL ? add(arena, entry_best(entry), part) : 0;
}

int route_query_part(void *arg, struct arena *arena, Sluice__Api__QueryReply *part)
{
	struct route_query *query = arg;
	const struct rib *rib = rib_of(query->vrf);

	part->routes = arena_alloc(arena, PART_ENTRIES * sizeof(Sluice__Api__RouteEntry *));
	if (part->routes == NULL) return -ENOMEM;
	part->last = true;
	if (rib == NULL) return 0;
	if (query->lookup) return lookup(query, rib, arena, part);
	for (; query->table < IP_VERSIONS; query->table++, query->entry = 0) {
		const struct rib_table *table = &rib->table[query->table];

		if (query->version == (query->table == IP_V4 ? 6 : 4)) continue;
		for (; query->entry < pool_end(&table->entries); query->entry++) {
			const struct rib_entry *entry = pool_at(&table->entries, query->entry);
			unsigned count = 0;

			if (!entry->used) continue;
			for (const struct rib_route *route = entry->routes; route != NULL; route = route->next)
				count++;
			// An entry goes whole, or into the next part; more owners than a part holds there are not.
			if (part->n_routes + count > PART_ENTRIES) {
				part->last = false;
				return 0;
			}
			for (const struct rib_route *route = entry->routes; route != NULL; route = route->next)
				if ((query->only == NULL || route->owner == query->only) && add(arena, route, part) < 0)
					return -ENOMEM;
		}
	}
	return 0;
}
