#include "transaction.h"

#include <stdlib.h>
#include <string.h>

#include "../main/clock.h"
#include "build.h"
#include "bulk.h"
#include "event.h"

#define RESOURCE SLUICE__API__ERROR_CODE__ERROR_RESOURCE

struct transaction {
	struct owner *owner;
	bool replay;
	bool built; // its objects are those of the state after it, and a generation is
	bool prepared;
	bool committing;
	const struct bulk *bulk; // whose part is next
	Sluice__Api__Operation **operations;
	uint32_t count, room;
	size_t bytes;
	struct change **changes;
	uint32_t change_count, change_room;
	struct generation *generation;
};

static struct transaction *open;

struct transaction *transaction_begin(struct owner *owner, bool replay, struct api_error *error)
{
	struct transaction *t;

	if (open != NULL) {
		api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_BUSY, 0, "", "a transaction of %s is open",
			   open->owner->name);
		return NULL;
	}
	t = calloc(1, sizeof(*t));
	if (t == NULL) {
		api_refuse(error, RESOURCE, 0, "", "out of memory");
		return NULL;
	}
	t->owner = owner;
	t->replay = replay;
	open = t;
	return t;
}

bool transaction_is_prepared(const struct transaction *t)
{
	return t->prepared;
}

// What is not kept as objects leaves the message here, with its memory.
static int take_bulk(Sluice__Api__Operation **operation, uint32_t index, struct api_error *error)
{
	const struct bulk *bulk = bulk_of_set((*operation)->op_case);

	if (bulk == NULL) return 0;
	if (bulk->add(*operation, index) < 0) return api_refuse(error, RESOURCE, index, "", "out of memory");
	sluice__api__operation__free_unpacked(*operation, NULL);
	*operation = NULL;
	return 0;
}

int transaction_add(struct transaction *t, Sluice__Api__Operations *operations, size_t bytes, struct api_error *error)
{
	uint32_t from = t->count;

	if (t->bytes + bytes > MAX_TRANSACTION_BYTES)
		return api_refuse(error, RESOURCE, t->count, "", "a transaction has at most %u bytes",
				  MAX_TRANSACTION_BYTES);
	if (t->count + operations->n_operations > t->room) {
		uint32_t room = (uint32_t)RTE_MAX(t->count + operations->n_operations, (size_t)t->room * 2);
		Sluice__Api__Operation **grown = realloc(t->operations, room * sizeof(Sluice__Api__Operation *));

		if (grown == NULL) return api_refuse(error, RESOURCE, t->count, "", "out of memory");
		t->operations = grown;
		t->room = room;
	}
	if (operations->n_operations > 0)
		memcpy(t->operations + t->count, operations->operations,
		       operations->n_operations * sizeof(*t->operations));
	t->count += (uint32_t)operations->n_operations;
	t->bytes += bytes;
	operations->n_operations = 0;
	for (uint32_t i = from; i < t->count; i++)
		if (take_bulk(&t->operations[i], i, error) < 0) return -1;
	return 0;
}

// Before the objects that it is about go.
static void forget_bulk(void)
{
	for (const struct bulk *bulk = bulks_first(); bulk != NULL; bulk = bulk->next)
		if (bulk->forget != NULL) bulk->forget();
}

static void transaction_free(struct transaction *t)
{
	forget_bulk();
	for (uint32_t i = 0; i < t->count; i++)
		if (t->operations[i] != NULL) sluice__api__operation__free_unpacked(t->operations[i], NULL);
	for (uint32_t i = 0; i < t->change_count; i++) {
		struct object *object = t->changes[i]->object;

		object->change = NULL;
		if (object->version == NULL) store_forget(object);
		free(t->changes[i]);
	}
	free(t->operations);
	free(t->changes);
	free(t);
	open = NULL;
}

// ---------------------------------------------------------------- staging

static struct change *change_of(struct transaction *t, struct object *object)
{
	struct change *change = object->change;

	if (change != NULL) return change;
	if (t->change_count == t->change_room) {
		uint32_t room = t->change_room ? t->change_room * 2 : 64;
		struct change **grown = realloc(t->changes, room * sizeof(struct change *));

		if (grown == NULL) return NULL;
		t->changes = grown;
		t->change_room = room;
	}
	change = calloc(1, sizeof(*change));
	if (change == NULL) return NULL;
	change->object = object;
	change->before = object->version;
	object->change = change;
	t->changes[t->change_count++] = change;
	return change;
}

// The i-th operation becomes a change, or the last word on one.
static int stage(struct transaction *t, uint32_t i, struct api_error *error)
{
	Sluice__Api__Operation *operation = t->operations[i];
	struct object_name name = {0};
	struct object *object;
	struct change *change;
	struct version *version = NULL;
	bool deletes;

	if (operation_check(operation, error) < 0) {
		if (operation_name(operation, &name, &deletes)) object_text(name, error->object, sizeof(error->object));
		error->operation = i;
		return -1;
	}
	operation_name(operation, &name, &deletes);
	object = store_find(name.kind, name.name);
	if (deletes && (object == NULL || object->owner != t->owner)) return 0;
	object_text(name, error->object, sizeof(error->object));
	if (object != NULL && object->owner != t->owner)
		return api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_CONFLICT, i, error->object,
				  "is an object of %s", object->owner->name);
	object = store_object(t->owner, name.kind, name.name);
	change = object != NULL ? change_of(t, object) : NULL;
	if (change == NULL) {
		if (object != NULL && object->version == NULL && object->change == NULL) store_forget(object);
		return api_refuse(error, RESOURCE, i, error->object, "out of memory");
	}
	if (!deletes) {
		// The version takes the operation over, also when there is no memory for it.
		t->operations[i] = NULL;
		version = version_new(object, operation);
		if (version == NULL) return api_refuse(error, RESOURCE, i, error->object, "out of memory");
	}
	version_free(change->after);
	change->after = version;
	change->operation = i;
	error->object[0] = '\0';
	return 0;
}

static int sweep(struct transaction *t, struct api_error *error)
{
	for (struct object *object = t->owner->objects; object != NULL; object = object->older) {
		struct change *change;

		if (object->version == NULL || object->change != NULL) continue;
		change = change_of(t, object);
		if (change == NULL) return api_refuse(error, RESOURCE, t->count, "", "out of memory");
		change->operation = t->count;
	}
	return 0;
}

// Takes out what changes nothing.
static void prune(struct transaction *t)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < t->change_count; i++) {
		struct change *change = t->changes[i];
		struct object *object = change->object;
		bool same = change->before == NULL && change->after == NULL;

		if (change->before != NULL && change->after != NULL)
			same = version_equal(change->before, change->after);
		if (!same) {
			t->changes[kept++] = change;
			continue;
		}
		version_free(change->after);
		free(change);
		object->change = NULL;
		if (object->version == NULL) store_forget(object);
	}
	t->change_count = kept;
}

// ---------------------------------------------------------------- the state after

static int check_static_mac(const struct version *mac, uint32_t operation, struct api_error *error)
{
	const Sluice__Api__StaticMac *it = mac->operation->set_static_mac;
	const struct object *lp = store_find(SLUICE__API__OBJECT_KIND__KIND_LOGICAL_PORT, it->logical_port);
	char name[300];

	if (lp != NULL && lp->version != NULL &&
	    strcmp(lp->version->operation->set_logical_port->bridge_domain, it->bridge_domain) == 0)
		return 0;
	object_text((struct object_name){mac->object->kind, mac->object->name}, name, sizeof(name));
	return api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_CONFLICT, operation, name,
			  "logical-port:%.63s is not in bridge-domain:%.63s", it->logical_port, it->bridge_domain);
}

// What references alone do not say: nothing refers to what is gone, static addresses are where their port is.
static int check_after(const struct change *change, struct api_error *error)
{
	const struct object *object = change->object;
	char name[300], other[300];

	object_text((struct object_name){object->kind, object->name}, name, sizeof(name));
	if (change->after == NULL && object->referrers != NULL) {
		const struct object *from = object->referrers->from->object;

		object_text((struct object_name){from->kind, from->name}, other, sizeof(other));
		return api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_CONFLICT, change->operation, name,
				  "%.200s refers to it", other);
	}
	if (change->after == NULL) return 0;
	if (object->kind == SLUICE__API__OBJECT_KIND__KIND_STATIC_MAC)
		return check_static_mac(change->after, change->operation, error);
	if (object->kind == SLUICE__API__OBJECT_KIND__KIND_LOGICAL_PORT)
		for (const struct reference *r = object->referrers; r != NULL; r = r->next)
			if (r->from->object->kind == SLUICE__API__OBJECT_KIND__KIND_STATIC_MAC &&
			    check_static_mac(r->from, change->operation, error) < 0)
				return -1;
	return 0;
}

// Puts the objects into the state after the transaction; *attached says how far it came.
static int enter(struct transaction *t, uint32_t *attached, struct api_error *error)
{
	for (uint32_t i = 0; i < t->change_count; i++) {
		if (t->changes[i]->before != NULL) version_detach(t->changes[i]->before);
		t->changes[i]->object->version = t->changes[i]->after;
	}
	for (*attached = 0; *attached < t->change_count; ++*attached) {
		struct change *change = t->changes[*attached];

		if (change->after != NULL && version_attach(change->after, change->operation, error) < 0) return -1;
	}
	for (uint32_t i = 0; i < t->change_count; i++)
		if (check_after(t->changes[i], error) < 0) return -1;
	return 0;
}

// And back into the state before it.
static void leave(struct transaction *t, uint32_t attached)
{
	struct api_error none = {0};

	for (uint32_t i = 0; i < t->change_count; i++) {
		if (i < attached && t->changes[i]->after != NULL) version_detach(t->changes[i]->after);
		t->changes[i]->object->version = t->changes[i]->before;
	}
	for (uint32_t i = 0; i < t->change_count; i++)
		if (t->changes[i]->before != NULL) version_attach(t->changes[i]->before, 0, &none);
}

static void free_after(struct transaction *t)
{
	for (uint32_t i = 0; i < t->change_count; i++) {
		version_free(t->changes[i]->after);
		t->changes[i]->after = NULL;
	}
}

static int build_objects(struct transaction *t, struct api_error *error)
{
	uint32_t attached = 0;

	for (uint32_t i = 0; i < t->count; i++)
		if (t->operations[i] != NULL && stage(t, i, error) < 0) goto refused;
	if (t->replay && sweep(t, error) < 0) goto refused;
	prune(t);
	if (t->change_count > 0) {
		if (enter(t, &attached, error) < 0) goto undo;
		t->generation = generation_begin();
		if (t->generation == NULL) {
			api_refuse(error, RESOURCE, 0, "", "out of memory");
			goto undo;
		}
		if (build_changes(t->generation, t->changes, t->change_count, error) < 0) goto undo;
	}
	t->built = true;
	t->bulk = bulks_first();
	return 0;
undo:
	forget_bulk();
	generation_abort(t->generation);
	leave(t, attached);
refused:
	free_after(t);
	transaction_free(t);
	return -1;
}

int transaction_prepare_part(struct transaction *t, struct api_error *error)
{
	int rc;

	if (!t->built && build_objects(t, error) < 0) return -1;
	for (; t->bulk != NULL; t->bulk = t->bulk->next) {
		if (t->bulk->prepare == NULL) continue;
		rc = t->bulk->prepare(t->generation, t->owner, t->replay, error);
		if (rc == BULK_MORE) return TRANSACTION_MORE;
		if (rc == 0) continue;
		transaction_abort(t);
		return -1;
	}
	t->prepared = true;
	return 0;
}

int transaction_prepare(struct transaction *t, struct api_error *error)
{
	int rc;

	while ((rc = transaction_prepare_part(t, error)) == TRANSACTION_MORE)
		;
	return rc;
}

void transaction_abort(struct transaction *t)
{
	if (t == NULL) return;
	if (t->committing) {
		Sluice__Api__CommitReply nobodys = SLUICE__API__COMMIT_REPLY__INIT;

		transaction_commit(t, &nobodys);
		return;
	}
	forget_bulk();
	if (t->built && t->change_count > 0) {
		generation_abort(t->generation);
		leave(t, t->change_count);
	}
	free_after(t);
	transaction_free(t);
}

static void commit_objects(struct transaction *t, Sluice__Api__CommitReply *reply)
{
	t->committing = true;
	t->bulk = bulks_first();
	reply->effective_at_ns =
		t->generation != NULL ? generation_commit(t->generation, events_of_generation) : clock_realtime_ns();
	for (uint32_t i = 0; i < t->change_count; i++) {
		struct change *change = t->changes[i];

		if (change->before == NULL)
			reply->created++;
		else if (change->after == NULL)
			reply->deleted++;
		else
			reply->changed++;
		version_free(change->before);
		// While routes follow in parts, others see what there is now.
		change->before = change->after;
	}
	t->owner->object_count += reply->created - reply->deleted;
}

int transaction_commit_part(struct transaction *t, Sluice__Api__CommitReply *reply)
{
	if (!t->committing) commit_objects(t, reply);
	for (; t->bulk != NULL; t->bulk = t->bulk->next)
		if (t->bulk->commit != NULL && t->bulk->commit(reply) == BULK_MORE) return TRANSACTION_MORE;
	t->owner->transactions++;
	transaction_free(t);
	return 0;
}

void transaction_commit(struct transaction *t, Sluice__Api__CommitReply *reply)
{
	while (transaction_commit_part(t, reply) == TRANSACTION_MORE)
		;
}

void objects_delete_all(void)
{
	bool moved = true;

	// An owner whose VRF has another's routes comes after that one.
	while (moved) {
		moved = false;
		for (struct owner *owner = store_owners(); owner != NULL; owner = owner->next) {
			Sluice__Api__CommitReply reply = SLUICE__API__COMMIT_REPLY__INIT;
			struct api_error error = {0};
			struct transaction *t = transaction_begin(owner, true, &error);

			if (t == NULL || transaction_prepare(t, &error) < 0) continue;
			transaction_commit(t, &reply);
			moved |= reply.deleted > 0;
		}
	}
}
