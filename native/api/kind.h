// A kind of object of the contract that lives with the stage that it configures: what object.c, build.c, state.c and
// query.c know of ports and bridges, such a kind says in one table of its own, which it registers.
#ifndef SLUICE_API_KIND_H
#define SLUICE_API_KIND_H

#include "build.h"
#include "state.h"

struct object_kind {
	Sluice__Api__ObjectKind kind;
	Sluice__Api__Operation__OpCase set;
	Sluice__Api__Query__WhatCase query; // that asks for its state; 0: none
	const char *label;                  // "vrf", as in vrf:blue
	size_t longest_name;                // bytes, at most MAX_OBJECT_NAME
	// What refers to others is built after them, and deleted before: KIND_ORDER_*.
	unsigned order;

	const char *(*name)(const Sluice__Api__Operation *operation);
	// Whether every value is in its range: 0, or -1 with the error (api_refuse, ERROR_INVALID). May be NULL.
	int (*check)(const Sluice__Api__Operation *operation, struct api_error *error);
	// Objects that it needs to exist: calls add(ctx, kind, name) for each; empty names are left out. May be NULL.
	void (*references)(const Sluice__Api__Operation *operation,
			   void (*add)(void *ctx, Sluice__Api__ObjectKind kind, const char *name), void *ctx);
	// What no second object may claim. May be NULL.
	bool (*claim)(const Sluice__Api__Operation *operation, char claim[CLAIM_SIZE]);
	// Builds it into the generation: change->before NULL: new. change->after->runtime and change->object->id are
	// the kind's own. May refuse (generation_refuse). 0 or -errno.
	int (*build)(struct generation *g, struct change *change);
	int (*remove)(struct generation *g, struct change *change);
	// Adds its state to the list of its kind in the part. 0 or -ENOMEM. May be NULL.
	int (*state)(struct arena *arena, const struct object *object, const struct version *version,
		     Sluice__Api__QueryReply *part);
	// Names of what the engine has without an object; NULL behind the last; and the state of one. May be NULL.
	const char *(*built_in)(unsigned i);
	int (*built_in_state)(struct arena *arena, const char *name, Sluice__Api__QueryReply *part);
	struct object_kind *next;
};

enum {
	KIND_ORDER_FIRST = 10,     // refers to nothing: VRFs, policers, access lists
	KIND_ORDER_INTERFACE = 20, // refers to these, to logical ports and bridge domains
	KIND_ORDER_LAST = 30,      // refers to interfaces
};

void kind_register(struct object_kind *kind);
// NULL: not a registered kind.
const struct object_kind *kind_of(Sluice__Api__ObjectKind kind);
const struct object_kind *kind_of_set(Sluice__Api__Operation__OpCase set);
const struct object_kind *kind_of_query(Sluice__Api__Query__WhatCase query);
// By ascending order.
const struct object_kind *kinds_first(void);

#define KIND_REGISTER(kind)                                                                                            \
	RTE_INIT(kind_register_##kind)                                                                                 \
	{                                                                                                              \
		kind_register(&(kind));                                                                                \
	}

// For build(): the id of the object of that kind and name; 0: none of that name (or an empty one).
uint32_t kind_id(Sluice__Api__ObjectKind kind, const char *name);
// The version that is committed: a transaction that is only prepared does not show. NULL: there is none.
const struct version *kind_committed(const struct object *object);
// What the committed object of an owner's is at run time. NULL: it has no such object.
void *kind_runtime(Sluice__Api__ObjectKind kind, const char *name, const struct owner *owner);
// Takes an id, given back if the transaction is aborted; and gives one back once it is committed. 0 or -errno.
struct id_pool;
int kind_take_id(struct generation *g, struct id_pool *pool, const char *what, uint32_t *id);
int kind_give_id(struct generation *g, struct id_pool *pool, uint32_t id);

#endif
