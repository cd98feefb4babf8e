#include "store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_OWNERS    64
#define FIRST_BUCKETS 1024

static struct object **buckets;
static size_t bucket_count, object_count;
static struct owner *owners;
static unsigned owner_count;

// Claims: text -> version that holds it.
struct claim {
	struct version *version;
	struct claim *next;
};
static struct claim **claims;
static size_t claim_buckets, claim_count;

// FNV-1a, 64 bits.
static uint64_t hash(unsigned salt, const char *text)
{
	uint64_t h = UINT64_C(14695981039346656037) ^ salt;

	for (; *text != '\0'; text++)
		h = (h ^ (uint8_t)*text) * UINT64_C(1099511628211);
	return h ^ h >> 32;
}

int store_start(void)
{
	bucket_count = claim_buckets = FIRST_BUCKETS;
	buckets = calloc(bucket_count, sizeof(struct object *));
	claims = calloc(claim_buckets, sizeof(struct claim *));
	return buckets != NULL && claims != NULL ? 0 : -ENOMEM;
}

void store_stop(void)
{
	for (struct owner *owner = owners, *next; owner != NULL; owner = next) {
		next = owner->next;
		for (struct object *object = owner->objects, *older; object != NULL; object = older) {
			older = object->older;
			version_free(object->version);
			free(object->name);
			free(object);
		}
		free(owner);
	}
	for (size_t i = 0; i < claim_buckets; i++)
		for (struct claim *claim = claims[i], *next; claim != NULL; claim = next) {
			next = claim->next;
			free(claim);
		}
	free(buckets);
	free(claims);
	buckets = NULL;
	claims = NULL;
	owners = NULL;
	owner_count = 0;
	object_count = claim_count = 0;
}

// ---------------------------------------------------------------- owners

struct owner *store_owners(void)
{
	return owners;
}

struct owner *store_find_owner(const char *name)
{
	for (struct owner *owner = owners; owner != NULL; owner = owner->next)
		if (strcmp(owner->name, name) == 0) return owner;
	return NULL;
}

// A place that an owner without client and objects no longer needs.
static struct owner *owner_recycle(void)
{
	for (struct owner *owner = owners; owner != NULL; owner = owner->next)
		if (owner->client == NULL && owner->objects == NULL) {
			owner->transactions = 0;
			return owner;
		}
	return NULL;
}

struct owner *store_owner(const char *name)
{
	struct owner *owner = store_find_owner(name);

	if (owner != NULL) return owner;
	if (owner_count >= MAX_OWNERS) {
		owner = owner_recycle();
	} else if ((owner = calloc(1, sizeof(*owner))) != NULL) {
		owner->next = owners;
		owners = owner;
		owner_count++;
	}
	if (owner != NULL) snprintf(owner->name, sizeof(owner->name), "%s", name);
	return owner;
}

// ---------------------------------------------------------------- objects

struct object *store_find(Sluice__Api__ObjectKind kind, const char *name)
{
	struct object *object = buckets[hash(kind, name) % bucket_count];

	while (object != NULL && (object->kind != kind || strcmp(object->name, name) != 0))
		object = object->next;
	return object;
}

static void grow_objects(void)
{
	size_t more = bucket_count * 2;
	struct object **grown = calloc(more, sizeof(struct object *));

	if (grown == NULL) return;
	for (size_t i = 0; i < bucket_count; i++)
		for (struct object *object = buckets[i], *next; object != NULL; object = next) {
			struct object **at = &grown[hash(object->kind, object->name) % more];

			next = object->next;
			object->next = *at;
			*at = object;
		}
	free(buckets);
	buckets = grown;
	bucket_count = more;
}

struct object *store_object(struct owner *owner, Sluice__Api__ObjectKind kind, const char *name)
{
	struct object *object = store_find(kind, name);

	if (object != NULL) return object;
	object = calloc(1, sizeof(*object));
	if (object == NULL || (object->name = strdup(name)) == NULL) {
		free(object);
		return NULL;
	}
	object->kind = kind;
	object->owner = owner;
	object->older = owner->objects;
	object->newer = &owner->objects;
	if (object->older != NULL) object->older->newer = &object->older;
	owner->objects = object;
	if (++object_count > bucket_count) grow_objects();
	struct object **at = &buckets[hash(kind, name) % bucket_count];
	object->next = *at;
	*at = object;
	return object;
}

void store_forget(struct object *object)
{
	struct object **at = &buckets[hash(object->kind, object->name) % bucket_count];

	while (*at != object)
		at = &(*at)->next;
	*at = object->next;
	*object->newer = object->older;
	if (object->older != NULL) object->older->newer = object->newer;
	object_count--;
	free(object->name);
	free(object);
}

// ---------------------------------------------------------------- versions

struct version *version_new(struct object *object, Sluice__Api__Operation *operation)
{
	struct version *version = calloc(1, sizeof(*version));
	struct object_name names[MAX_REFERENCES];
	unsigned references = operation_references(operation, names);
	char claim[CLAIM_SIZE];

	if (version == NULL) goto fail;
	if (references > 0 && (version->references = calloc(references, sizeof(*version->references))) == NULL)
		goto fail;
	version->packed_size = sluice__api__operation__get_packed_size(operation);
	version->packed = malloc(version->packed_size + 1);
	if (version->packed == NULL) goto fail;
	sluice__api__operation__pack(operation, version->packed);
	if (operation_claim(operation, claim) && (version->claim = strdup(claim)) == NULL) goto fail;
	version->object = object;
	version->operation = operation;
	return version;
fail:
	if (version != NULL) {
		free(version->references);
		free(version->packed);
	}
	free(version);
	sluice__api__operation__free_unpacked(operation, NULL);
	return NULL;
}

void version_free(struct version *version)
{
	if (version == NULL) return;
	sluice__api__operation__free_unpacked(version->operation, NULL);
	free(version->references);
	free(version->packed);
	free(version->claim);
	free(version);
}

bool version_equal(const struct version *a, const struct version *b)
{
	return a->packed_size == b->packed_size && memcmp(a->packed, b->packed, a->packed_size) == 0;
}

// ---------------------------------------------------------------- claims

static struct claim **claim_at(const char *text)
{
	struct claim **at = &claims[hash(0, text) % claim_buckets];

	while (*at != NULL && strcmp((*at)->version->claim, text) != 0)
		at = &(*at)->next;
	return at;
}

static void grow_claims(void)
{
	size_t more = claim_buckets * 2;
	struct claim **grown = calloc(more, sizeof(struct claim *));

	if (grown == NULL) return;
	for (size_t i = 0; i < claim_buckets; i++)
		for (struct claim *claim = claims[i], *next; claim != NULL; claim = next) {
			struct claim **at = &grown[hash(0, claim->version->claim) % more];

			next = claim->next;
			claim->next = *at;
			*at = claim;
		}
	free(claims);
	claims = grown;
	claim_buckets = more;
}

static int claim_take(struct version *version, uint32_t operation, struct api_error *error)
{
	struct claim **at = claim_at(version->claim), *claim;
	char other[300];

	if (*at != NULL) {
		const struct object *holder = (*at)->version->object;

		object_text((struct object_name){holder->kind, holder->name}, other, sizeof(other));
		return api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_CONFLICT, operation, error->object,
				  "%.120s is taken by %.100s", version->claim, other);
	}
	claim = malloc(sizeof(*claim));
	if (claim == NULL)
		return api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_RESOURCE, operation, error->object,
				  "out of memory");
	*claim = (struct claim){version, NULL};
	*at = claim;
	if (++claim_count > claim_buckets) grow_claims();
	return 0;
}

static void claim_leave(struct version *version)
{
	struct claim **at = claim_at(version->claim), *claim = *at;

	if (claim == NULL || claim->version != version) return;
	*at = claim->next;
	claim_count--;
	free(claim);
}

// ---------------------------------------------------------------- attach and detach

void version_detach(struct version *version)
{
	for (unsigned i = 0; i < version->reference_count; i++) {
		struct reference *reference = &version->references[i];

		*reference->back = reference->next;
		if (reference->next != NULL) reference->next->back = reference->back;
	}
	version->reference_count = 0;
	if (version->claim != NULL) claim_leave(version);
}

// Where routes of several owners meet. Such an object cannot go while another owner's refers to it.
static bool is_shared(Sluice__Api__ObjectKind kind)
{
	return kind == SLUICE__API__OBJECT_KIND__KIND_VRF || kind == SLUICE__API__OBJECT_KIND__KIND_L3_INTERFACE;
}

int version_attach(struct version *version, uint32_t operation, struct api_error *error)
{
	struct object_name names[MAX_REFERENCES];
	unsigned count = operation_references(version->operation, names);
	struct object *object = version->object;
	char other[300];

	object_text((struct object_name){object->kind, object->name}, error->object, sizeof(error->object));
	for (unsigned i = 0; i < count; i++) {
		struct object *to = store_find(names[i].kind, names[i].name);
		struct reference *reference = &version->references[i];

		if (to == NULL || to->version == NULL || (to->owner != object->owner && !is_shared(names[i].kind))) {
			version_detach(version);
			object_text(names[i], other, sizeof(other));
			return api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_NOT_FOUND, operation, error->object,
					  "there is no %.200s", other);
		}
		*reference = (struct reference){to, version, to->referrers, &to->referrers};
		if (to->referrers != NULL) to->referrers->back = &reference->next;
		to->referrers = reference;
		version->reference_count++;
	}
	if (version->claim != NULL && claim_take(version, operation, error) < 0) {
		version_detach(version);
		return -1;
	}
	error->object[0] = '\0';
	return 0;
}
