// Routes operations: what the open transaction says of routes, and how it takes effect.
//
// Operations are cut down to a record a route as they arrive. Prepare finds prefix, route and group of each, makes what
// is missing (which nobody sees while it has no route), and counts what would be; so Commit only links. Both go in
// parts of some milliseconds, between which the control thread does what else there is.
#include "../../api/bulk.h"
#include "../../api/kind.h"

#include <errno.h>
#include <stdio.h>

#include "../../main/clock.h"
#include "rib.h"
#include "route_query.h"

#define KIND(name) SLUICE__API__OBJECT_KIND__KIND_##name
#define CODE(name) SLUICE__API__ERROR_CODE__ERROR_##name

struct staged {
	struct prefix prefix;
	uint32_t vrf, group; // names[]
	uint32_t preference;
	uint32_t operation;
	uint8_t version;
	bool deletes, invalid;
	// From prepare on.
	bool dead; // a later operation is about the same prefix, or nothing changes
	bool fresh;
	struct rib *rib;
	struct rib_entry *entry;
	struct rib_route *route; // there already, or reserved (fresh); NULL: deletes what is not there
	struct group *to;
};

static struct staged *staged;
static uint32_t staged_count, staged_room;
static char **names;         // of VRFs and groups, each once
static struct group **found; // the group that a name stands for
static uint32_t name_count, name_room, last_vrf, last_group;
static uint32_t *name_slots, name_slot_count; // hash: 1 + index
static bool prepared;
static const struct owner *owner_of_staged;
static Sluice__Api__CommitReply counts;

// ---------------------------------------------------------------- names

static uint32_t hash(const char *name)
{
	uint32_t h = 2166136261u;

	for (; *name != '\0'; name++)
		h = (h ^ (uint8_t)*name) * 16777619u;
	return h;
}

static int grow_names(void)
{
	uint32_t room = name_room ? name_room * 2 : 64, slots = room * 2;
	char **grown = realloc(names, room * sizeof(char *));

	if (grown == NULL) return -ENOMEM;
	names = grown;
	uint32_t *fresh = calloc(slots, sizeof(*fresh));
	if (fresh == NULL) return -ENOMEM;
	free(name_slots);
	name_slots = fresh;
	name_slot_count = slots;
	name_room = room;
	for (uint32_t i = 0; i < name_count; i++) {
		uint32_t at = hash(names[i]) % slots;

		while (name_slots[at] != 0)
			at = (at + 1) % slots;
		name_slots[at] = i + 1;
	}
	return 0;
}

// Its number; `last`: that of the name before, which it mostly is again. 0 or -ENOMEM.
static int intern(const char *name, uint32_t *last)
{
	uint32_t at;

	if (*last < name_count && strcmp(names[*last], name) == 0) return 0;
	if (name_count == name_room && grow_names() < 0) return -ENOMEM;
	for (at = hash(name) % name_slot_count; name_slots[at] != 0; at = (at + 1) % name_slot_count) {
		*last = name_slots[at] - 1;
		if (strcmp(names[*last], name) == 0) return 0;
	}
	names[name_count] = strdup(name);
	if (names[name_count] == NULL) return -ENOMEM;
	*last = name_count++;
	name_slots[at] = name_count;
	return 0;
}

// ---------------------------------------------------------------- arriving

static struct staged *stage(void)
{
	if (staged_count == staged_room) {
		uint32_t room = staged_room ? staged_room * 2 : 256;
		struct staged *grown = realloc(staged, (size_t)room * sizeof(*grown));

		if (grown == NULL) return NULL;
		staged = grown;
		staged_room = room;
	}
	staged[staged_count] = (struct staged){.vrf = last_vrf, .group = last_group};
	return &staged[staged_count++];
}

static void read_prefix(struct staged *it, const Sluice__Api__RoutePrefix *from)
{
	struct ip_address address = {{0}};
	unsigned most = from != NULL ? (unsigned)from->address.len * 8 : 0;

	if (from == NULL || (most != 32 && most != 128) || from->length > most) {
		it->invalid = true;
		return;
	}
	memcpy(address.bytes, from->address.data, from->address.len);
	it->version = most == 32 ? IP_V4 : IP_V6;
	it->prefix = prefix_of(it->version, &address, from->length);
	struct prefix whole = prefix_of(it->version, &address, most);
	it->invalid = whole.high != it->prefix.high || whole.low != it->prefix.low;
}

static int routes_add(const Sluice__Api__Operation *operation, uint32_t index)
{
	const Sluice__Api__Routes *routes = operation->set_routes;
	struct staged *it;

	if (intern(routes->vrf, &last_vrf) < 0) return -ENOMEM;
	for (size_t i = 0; i < routes->n_set; i++) {
		if (intern(routes->set[i]->next_hop_group, &last_group) < 0 || (it = stage()) == NULL) return -ENOMEM;
		it->operation = index;
		it->preference = routes->set[i]->preference;
		read_prefix(it, routes->set[i]->prefix);
	}
	for (size_t i = 0; i < routes->n_delete_; i++) {
		if ((it = stage()) == NULL) return -ENOMEM;
		it->operation = index;
		it->deletes = true;
		read_prefix(it, routes->delete_[i]);
	}
	return 0;
}

// ---------------------------------------------------------------- preparing

static struct rib_route *route_of(const struct rib_entry *entry, const struct owner *owner)
{
	struct rib_route *route = entry->routes;

	while (route != NULL && (route->source != ROUTE_OWNER || route->owner != owner))
		route = route->next;
	return route;
}

static struct rib_table *table_of(const struct staged *it)
{
	return &it->rib->table[it->version];
}

static int refuse(struct api_error *error, Sluice__Api__ErrorCode code, uint32_t operation,
		  Sluice__Api__ObjectKind kind, const char *name, const char *text)
{
	char object[300] = "";

	if (name != NULL) object_text((struct object_name){kind, name}, object, sizeof(object));
	return api_refuse(error, code, operation, object, "%s", text);
}

static int no_memory(struct api_error *error, uint32_t operation)
{
	return refuse(error, CODE(RESOURCE), operation, 0, NULL, "out of memory");
}

// The VRF may be another owner's: routes of several owners meet there. Routes can be taken from one that goes.
static struct rib *vrf_named(const char *name, bool may_go)
{
	const struct object *object = store_find(KIND(VRF), name);

	return object != NULL && (may_go || object->version != NULL) ? rib_of(object->id) : NULL;
}

static int find_vrf(struct staged *it, const struct owner *owner, struct api_error *error)
{
	const struct staged *last = it > staged ? it - 1 : NULL;

	if (it->invalid)
		return refuse(error, CODE(INVALID), it->operation, KIND(VRF), names[it->vrf],
			      "a prefix is 4 or 16 bytes with no bits set beyond its length");
	it->rib = last != NULL && last->vrf == it->vrf && last->deletes == it->deletes
			  ? last->rib
			  : vrf_named(names[it->vrf], it->deletes);
	it->dead = it->rib == NULL;
	if (it->dead && !it->deletes)
		return refuse(error, CODE(NOT_FOUND), it->operation, KIND(VRF), names[it->vrf], "there is no such VRF");
	return 0;
}

// The last operation about a prefix is the one that counts.
static int find_entry(struct staged *it, const struct owner *owner, struct api_error *error)
{
	if (it->dead) return 0;
	// A table does not grow step by step while a million come. To make a full one larger is a step too long, and
	// most of what is said anew is in it already.
	if (it == staged && table_of(it)->count < staged_count / 8 && entries_expect(table_of(it), staged_count) < 0)
		return no_memory(error, it->operation);
	it->entry = it->deletes ? entry_find(table_of(it), &it->prefix) : entry_take(table_of(it), &it->prefix);
	if (it->entry == NULL && !it->deletes) return no_memory(error, it->operation);
	if (it->entry == NULL) {
		it->dead = true;
		return 0;
	}
	if (it->entry->staged != 0) staged[it->entry->staged - 1].dead = true;
	it->entry->staged = (uint32_t)(it - staged) + 1;
	return 0;
}

// Of those that count: what a later one overrules may name what is not there any more.
static int find_group(struct staged *it, const struct owner *owner, struct api_error *error)
{
	if (found == NULL) found = calloc(name_count + 1, sizeof(struct group *));
	if (found == NULL) return no_memory(error, 0);
	if (it->dead || it->deletes) return 0;
	if (found[it->group] == NULL) found[it->group] = group_named(names[it->group], owner);
	it->to = found[it->group];
	if (it->to == NULL)
		return refuse(error, CODE(NOT_FOUND), it->operation, KIND(NEXT_HOP_GROUP), names[it->group],
			      "there is no such next hop group");
	if (it->to->rib != it->rib)
		return refuse(error, CODE(CONFLICT), it->operation, KIND(NEXT_HOP_GROUP), names[it->group],
			      "the next hop group is in another VRF");
	return 0;
}

static int sweep_bucket(struct rib *rib, struct rib_table *table, uint32_t bucket, const struct owner *owner)
{
	for (struct rib_entry *entry = table->buckets[bucket]; entry != NULL; entry = entry->next) {
		struct staged *it;

		if (entry->staged != 0 || route_of(entry, owner) == NULL) continue;
		if ((it = stage()) == NULL) return -ENOMEM;
		*it = (struct staged){.prefix = entry->prefix,
				      .version = table->version,
				      .rib = rib,
				      .entry = entry,
				      .deletes = true};
		entry->staged = staged_count;
	}
	return 0;
}

static int count_route(struct staged *it, const struct owner *owner, struct api_error *error)
{
	if (it->dead) return 0;
	it->route = route_of(it->entry, owner);
	if (it->deletes) {
		it->dead = it->route == NULL;
		if (it->dead) return 0;
		it->route->group->coming--;
		it->rib->coming--;
		return 0;
	}
	if (it->route == NULL) {
		it->route = route_alloc();
		if (it->route == NULL) return no_memory(error, it->operation);
		it->fresh = true;
		it->rib->coming++;
		table_of(it)->coming++;
	} else if (it->route->group == it->to && it->route->preference == it->preference) {
		it->dead = true;
		return 0;
	} else {
		it->route->group->coming--;
	}
	it->to->coming++;
	return 0;
}

static int check_limits(struct generation *g, struct api_error *error)
{
	const struct dataplane *dp = g != NULL ? generation_next(g) : dataplane_current();
	const struct group *group;
	unsigned at = 0;

	for (uint32_t i = 0; i < staged_count; i++) {
		const struct rib *rib = staged[i].rib;
		const struct vrf *vrf;

		if (rib == NULL || (i > 0 && staged[i - 1].rib == rib)) continue;
		vrf = dataplane_vrf(dp, rib->id);
		if (vrf != NULL && rib->coming > 0 && rib->routes + (uint32_t)rib->coming > vrf->route_limit)
			return refuse(error, CODE(RESOURCE), staged[i].operation, KIND(VRF), vrf->name,
				      "more routes than the VRF's limit");
	}
	while ((group = group_removed(&at)) != NULL)
		if ((int64_t)group->route_count + group->coming > 0)
			return refuse(error, CODE(CONFLICT), group->operation, KIND(NEXT_HOP_GROUP), group->name,
				      "routes use it");
	return 0;
}

// ---------------------------------------------------------------- in parts

// Each goes over all that is staged; what a replay does not name is staged in between.
static int (*const steps[])(struct staged *it, const struct owner *owner, struct api_error *error) = {
	find_vrf, find_entry, find_group, NULL, count_route,
};
#define FIND_ENTRIES 1
#define SWEEP        3

// How far Prepare and Commit have come. A transaction has the tables' entries for itself as long as it is open, and
// what others do meanwhile (interfaces' and neighbours' routes) drops none that are staged.
static struct {
	unsigned step;
	uint32_t at;
	// Of the sweep. A table that grows meanwhile splits buckets into themselves and later ones.
	uint32_t rib, version, bucket;
	bool groups_done;
	bool whole; // no parts: a VRF or an interface goes with the transaction
	uint64_t began_ns;
} progress;

#define LOOK 256 // routes between looks at the clock

static bool part_is_over(uint32_t n)
{
	return n % LOOK == 0 && !progress.whole && clock_ns(CLOCK_MONOTONIC) - progress.began_ns >= BULK_PART_NS;
}

void routes_whole(void)
{
	progress.whole = true;
}

static int sweep_part(const struct owner *owner, struct api_error *error)
{
	struct rib *rib;

	for (uint32_t n = 1; (rib = rib_next(RTE_MAX(progress.rib, 1u))) != NULL; n++) {
		struct rib_table *table = &rib->table[progress.version];

		if (rib->id != progress.rib) {
			progress.rib = rib->id;
			progress.version = progress.bucket = 0;
			continue;
		}
		if (progress.bucket >= table->bucket_count) {
			progress.bucket = 0;
			if (++progress.version < IP_VERSIONS) continue;
			progress.version = 0;
			progress.rib = rib->id + 1;
			continue;
		}
		if (sweep_bucket(rib, table, progress.bucket++, owner) < 0) return no_memory(error, 0);
		if (part_is_over(n)) return BULK_MORE;
	}
	return 0;
}

// A table for what may be, while there is little in it: of the first one, which mostly is the only one.
static bool expect_part(void)
{
	const struct staged *it = &staged[0];

	if (staged_count == 0 || it->dead || it->deletes) return false;
	while (table_expect_part(it->rib, table_of(it), staged_count))
		if (part_is_over(0)) return true;
	return false;
}

static int routes_prepare(struct generation *g, const struct owner *owner, bool replay, struct api_error *error)
{
	int rc;

	owner_of_staged = owner;
	progress.began_ns = clock_ns(CLOCK_MONOTONIC);
	for (; progress.step < RTE_DIM(steps); progress.step++, progress.at = 0) {
		if (progress.step == SWEEP) {
			rc = replay ? sweep_part(owner, error) : 0;
			if (rc != 0) return rc;
			continue;
		}
		if (progress.step == FIND_ENTRIES && progress.at == 0 && expect_part()) return BULK_MORE;
		while (progress.at < staged_count) {
			if (steps[progress.step](&staged[progress.at], owner, error) < 0) return -1;
			if (part_is_over(++progress.at)) return BULK_MORE;
		}
	}
	if (check_limits(g, error) < 0) return -1;
	progress.at = 0;
	prepared = true;
	return 0;
}

// ---------------------------------------------------------------- the end of it

static void clear(void)
{
	for (uint32_t i = 0; i < name_count; i++)
		free(names[i]);
	free(names);
	free(found);
	free(name_slots);
	free(staged);
	names = NULL;
	found = NULL;
	name_slots = NULL;
	staged = NULL;
	staged_count = staged_room = name_count = name_room = name_slot_count = last_vrf = last_group = 0;
	for (struct rib *rib = rib_next(1); rib != NULL; rib = rib_next(rib->id + 1))
		fib_unexpect(rib->table[IP_V4].fib);
	prepared = false;
	memset(&progress, 0, sizeof(progress));
}

static void clear_counts(const struct staged *it)
{
	if (it->rib != NULL) {
		it->rib->coming = 0;
		table_of(it)->coming = 0;
	}
	if (it->to != NULL) it->to->coming = 0;
	if (it->route != NULL && !it->fresh && it->route->group != NULL) it->route->group->coming = 0;
}

static void routes_forget(void)
{
	for (uint32_t i = 0; i < staged_count; i++)
		clear_counts(&staged[i]);
	for (uint32_t i = 0; i < staged_count; i++) {
		struct staged *it = &staged[i];

		if (it->fresh) route_free(it->route);
		// Several may have been about it: only one that is marked is still there.
		if (it->entry == NULL || it->entry->staged != i + 1) continue;
		it->entry->staged = 0;
		entry_drop(table_of(it), it->entry);
	}
	clear();
}

static void apply(struct staged *it)
{
	struct rib_route *route = it->route;
	struct rib_entry *entry = it->entry;

	it->rib->coming = 0;
	if (it->fresh) table_of(it)->coming--;
	if (!it->fresh) {
		route->group->coming = 0;
		route_unlink(it->rib, route);
	}
	if (it->deletes) {
		route_free(route);
		counts.deleted++;
	} else {
		it->to->coming = 0;
		route->entry = entry;
		route->group = it->to;
		route->owner = owner_of_staged;
		route->preference = it->preference;
		route->source = ROUTE_OWNER;
		route->version = it->version;
		route_link(it->rib, route);
		if (it->fresh)
			counts.created++;
		else
			counts.changed++;
	}
}

static void commit_route(uint32_t i)
{
	struct staged *it = &staged[i];

	// The last operation about an entry is the one that may end it.
	if (it->entry != NULL && it->entry->staged == i + 1) it->entry->staged = 0;
	if (!it->dead) {
		apply(it);
		entry_refresh(it->rib, table_of(it), it->entry);
	} else if (it->entry != NULL && it->entry->staged == 0) {
		entry_drop(table_of(it), it->entry);
	}
}

static int commit_part(void)
{
	if (!prepared) return 0;
	progress.began_ns = clock_ns(CLOCK_MONOTONIC);
	if (!progress.groups_done) groups_commit();
	progress.groups_done = true;
	while (progress.at < staged_count) {
		commit_route(progress.at);
		if (part_is_over(++progress.at)) return BULK_MORE;
	}
	rib_settle();
	groups_remove();
	rib_settle();
	clear();
	return 0;
}

void routes_commit(void)
{
	if (!prepared) return;
	if (progress.whole) {
		commit_part();
		return;
	}
	if (!progress.groups_done) groups_commit();
	progress.groups_done = true;
}

static int routes_done(Sluice__Api__CommitReply *reply)
{
	if (commit_part() == BULK_MORE) return BULK_MORE;
	reply->created += counts.created;
	reply->changed += counts.changed;
	reply->deleted += counts.deleted;
	counts = (Sluice__Api__CommitReply)SLUICE__API__COMMIT_REPLY__INIT;
	return 0;
}

static struct bulk routes_bulk = {
	.set = SLUICE__API__OPERATION__OP_SET_ROUTES,
	.query = SLUICE__API__QUERY__WHAT_ROUTES,
	.add = routes_add,
	.prepare = routes_prepare,
	.commit = routes_done,
	.forget = routes_forget,
	.query_new = route_query_new,
	.query_part = route_query_part,
	.query_free = free,
};
BULK_REGISTER(routes_bulk);
