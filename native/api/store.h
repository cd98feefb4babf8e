// The objects of all owners: identities with references between them, found by kind and name. What an object is
// changes in two steps, so that a transaction can be judged on the state after it and undone.
#ifndef SLUICE_API_STORE_H
#define SLUICE_API_STORE_H

#include "object.h"

struct owner;
struct object;

// An edge from the version of one object to another object.
struct reference {
	struct object *to;
	struct version *from;
	struct reference *next, **back; // in to's list of referrers
};

// One state of an object, as a client set it.
struct version {
	struct object *object;
	Sluice__Api__Operation *operation;
	uint8_t *packed; // for comparison
	size_t packed_size;
	struct reference *references; // as many as the operation names
	unsigned reference_count;
	char *claim;   // NULL: none
	void *runtime; // block points, static MACs, CE notifications: generation memory (main/build.c)
};

struct object {
	Sluice__Api__ObjectKind kind;
	char *name;
	struct owner *owner;
	struct version *version; // NULL: does not exist (yet, or any more)
	struct reference *referrers;
	uint32_t id;                   // runtime id of ports, logical ports, bridge domains
	struct change *change;         // of the transaction that is being prepared
	struct object *next;           // in the bucket
	struct object *older, **newer; // in the owner's list
};

struct owner {
	char name[32];
	struct object *objects; // newest first
	uint32_t object_count;  // of those with a version
	uint64_t transactions;
	void *client; // connected
	struct owner *next;
};

int store_start(void); // 0 or -errno
void store_stop(void);

// The owner of that name; made if there is none. NULL: too many owners, or no memory.
struct owner *store_owner(const char *name);
// NULL: not known.
struct owner *store_find_owner(const char *name);
struct owner *store_owners(void);

struct object *store_find(Sluice__Api__ObjectKind kind, const char *name);
// Finds it or makes it without a version. NULL: no memory.
struct object *store_object(struct owner *owner, Sluice__Api__ObjectKind kind, const char *name);
// Frees an object that has no version.
void store_forget(struct object *object);

// Takes the operation over in every case. NULL: no memory.
struct version *version_new(struct object *object, Sluice__Api__Operation *operation);
void version_free(struct version *version);
bool version_equal(const struct version *a, const struct version *b);

// Takes a version out of the references and claims / puts it in. Attach resolves references among the objects of
// the same owner that have a version; 0, or -1 with the error (nothing is left attached then).
void version_detach(struct version *version);
int version_attach(struct version *version, uint32_t operation, struct api_error *error);

#endif
