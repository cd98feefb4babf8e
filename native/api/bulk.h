// What comes by the million is not kept as objects: its stage takes it out of the operations as they arrive, and has
// its own part in the transaction and in queries.
#ifndef SLUICE_API_BULK_H
#define SLUICE_API_BULK_H

#include "state.h"

struct generation;

#define BULK_MORE 1
// How long one part takes, about.
#define BULK_PART_NS 2000000u

struct bulk {
	Sluice__Api__Operation__OpCase set; // NOT_SET: only queries
	Sluice__Api__Query__WhatCase query;

	// Takes what it needs out of an operation of the open transaction; checks nothing. 0 or -ENOMEM.
	int (*add)(const Sluice__Api__Operation *operation, uint32_t index);
	// Everything that was added, after the objects have been built: g is their generation (NULL: no object
	// changes). Checks and reserves; 0: commit cannot fail. -1 with the error. BULK_MORE: a part is done, to be
	// called again with the same; the control thread does something else in between.
	int (*prepare)(struct generation *g, const struct owner *owner, bool replay, struct api_error *error);
	// Adds to the counts of the reply. 0 or BULK_MORE.
	int (*commit)(Sluice__Api__CommitReply *reply);
	// Forgets all of the open transaction, in whatever state it is.
	void (*forget)(void);

	// NULL with the error. What `what` asks; takes nothing over.
	void *(*query_new)(const struct owner *owner, const Sluice__Api__Query *what, struct api_error *error);
	// The next part, with at most PART_ENTRIES entries; sets part->last. 0 or -ENOMEM.
	int (*query_part)(void *query, struct arena *arena, Sluice__Api__QueryReply *part);
	void (*query_free)(void *query);
	struct bulk *next;
};

void bulk_register(struct bulk *bulk);
const struct bulk *bulks_first(void);
const struct bulk *bulk_of_set(Sluice__Api__Operation__OpCase set);
const struct bulk *bulk_of_query(Sluice__Api__Query__WhatCase query);

#define BULK_REGISTER(bulk)                                                                                            \
	RTE_INIT(bulk_register_##bulk)                                                                                 \
	{                                                                                                              \
		bulk_register(&(bulk));                                                                                \
	}

#endif
